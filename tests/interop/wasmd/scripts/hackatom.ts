import { MsgSudoContract } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { addressOf, funds, json, message, type Script } from "../script.ts";

/** The contract that is there to fail: loops, memory, panics, sudo and migration. */
export async function hackatom(script: Script): Promise<void> {
  const [alice, bob, carol] = ["alice", "bob", "carol"].map(addressOf) as [string, string, string];
  const code = await script.store("alice", "hackatom.wasm");
  await script.store("alice", "hackatom.wasm.gzip");
  const init = { verifier: bob, beneficiary: carol };
  await script.instantiate("alice", code, { verifier: "nobody", beneficiary: carol }, { funds: "3ucat" });
  await script.instantiate("alice", code, { verifier: bob });
  await script.instantiate("alice", code, init, { funds: "9999999999999ucat" });
  await script.instantiate("alice", code, init, { gas: 90_000 });
  await script.instantiate("alice", code, init, { gas: 10_000 });
  const hack = await script.instantiate("alice", code, init, { funds: "1000ucat,7umoo", admin: alice, label: "hack" });
  const run = (from: string, msg: unknown, gas?: number, say?: string) =>
    script.execute(from, hack, msg, { ...(gas === undefined ? {} : { gas }), ...(say === undefined ? {} : { say }) });
  await run("alice", { release: {} });
  await run("bob", { release: {} });
  await run("bob", { release: {} });
  await script.execute("bob", hack, { release: {} }, { funds: "25ucat" });
  for (const endless of ["cpu_loop", "storage_loop", "memory_loop", "message_loop"]) {
    await run("bob", { [endless]: {} }, endless === "memory_loop" ? 3_000_000 : 400_000);
  }
  for (const pages of [1, 100, 480, 495, 512, 10_000, 65_536]) {
    await run("bob", { allocate_large_memory: { pages } }, 1_000_000);
  }
  await run("bob", { panic: {} });
  await run("bob", { user_errors_in_api_calls: {} });
  await run("bob", { release: { denom: "ucat" } });
  await run("bob", "");
  await run("bob", "null");
  await run("bob", "{}");
  await run("bob", "17");
  await run("bob", new Uint8Array([0xff, 0xfe]), undefined, "bytes that are no text");
  await run("bob", `{"release":{}} `, undefined, "white space behind");
  await run("bob", `{"release":{},"panic":{}}`, undefined, "two variants");
  await run("bob", `{"release":{},"release":{}}`, undefined, "a variant twice");
  await run("bob", `"${"x".repeat(5_000)}"`, undefined, "a long text");
  await run("bob", "[".repeat(5_000), undefined, "deep nesting");
  await script.execute("bob", alice, { release: {} }, { say: "executes an account" });
  await script.execute("bob", "nothing", { release: {} }, { say: "executes no address" });
  await script.execute("bob", hack, { release: {} }, { funds: "5unknown", say: "pays what nobody has" });
  for (
    const query of [
      { verifier: {} },
      { other_balance: { address: alice } },
      { recurse: { depth: 0, work: 0 } },
      { recurse: { depth: 3, work: 10 } },
      { recurse: { depth: 9, work: 0 } },
      { recurse: { depth: 50, work: 0 } },
      { recurse: { depth: 1, work: 2_000_000 } },
      { get_int: {} },
      { unknown: {} },
      "no JSON",
    ]
  ) await script.smart(hack, query);
  await script.raw(hack, new TextEncoder().encode("config"));
  const steal = (contract: string, msg: unknown) =>
    message(MsgSudoContract, { authority: addressOf("admin"), contract, msg: json(msg) });
  const theft = { steal_funds: { recipient: bob, amount: funds("3ucat") } };
  await script.execute("alice", hack, { release: {} }, { funds: "10ucat", say: "alice pays and is refused" });
  await script.tx("alice sends ten", "alice", [
    { ...message(MsgSudoContract, { authority: addressOf("alice"), contract: hack, msg: json(theft) }) },
  ]);
  await script.tx("the authority steals what is not there", "admin", [steal(hack, theft)]);
  await script.tx("sudo of what has none", "admin", [steal(alice, theft)]);
  await script.tx("sudo that is not understood", "admin", [steal(hack, { x: 1 })]);
  const rich = await script.instantiate("alice", code, init, { funds: "100ucat", admin: bob, label: "rich" });
  await script.tx("the authority steals", "admin", [steal(rich, theft)]);

  const v42 = await script.store("alice", "hackatom_42.wasm");
  const v420 = await script.store("alice", "hackatom_420.wasm");
  await script.migrate("alice", rich, code, { verifier: alice });
  await script.migrate("bob", rich, code, { verifier: alice });
  await script.migrate("bob", rich, code, { verifier: "x" });
  await script.migrate("bob", rich, 99n, { verifier: alice });
  await script.migrate("bob", rich, v42, { verifier: alice });
  await script.migrate("bob", rich, v42, { verifier: bob });
  await script.migrate("bob", rich, v420, { verifier: carol });
  await script.migrate("bob", rich, v42, { verifier: carol });
  await script.migrate("bob", rich, code, { verifier: carol });
  await script.smart(rich, { verifier: {} });
  await script.execute("carol", rich, { release: { denom: "ucat" } });
}

import { MsgExecuteContract } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { addressOf, GAS, json, message, type Script } from "../script.ts";

/** What a contract sees of the block and the transaction, work by the second, and traps. */
export async function cyberpunk(script: Script): Promise<void> {
  const code = await script.store("alice", "cyberpunk.wasm");
  const contract = await script.instantiate("alice", code, {}, { label: "cyberpunk" });
  const mirror = (from: string) =>
    message(MsgExecuteContract, { sender: addressOf(from), contract, msg: json({ mirror_env: {} }), funds: [] });
  await script.tx("the environment", "alice", [mirror("alice")]);
  await script.tx("twice in one transaction", "alice", [mirror("alice"), mirror("alice")]);
  await script.block(
    "in three transactions of a block",
    ["bob", "carol", "bob"].map((from) => ({
      from,
      gas: GAS,
      messages: [mirror(from)],
    })),
  );
  const run = (msg: unknown, gas?: number) => script.execute("bob", contract, msg, gas === undefined ? {} : { gas });
  await run({ noop: {} });
  await run({ argon2: { mem_cost: 8, time_cost: 1 } });
  await run({ argon2: { mem_cost: 256, time_cost: 3 } });
  await run({ argon2: { mem_cost: 1, time_cost: 1 } });
  await run({ argon2: { mem_cost: 4096, time_cost: 30 } }, 500_000);
  await run({ debug: {} });
  await run({ unreachable: {} });
  await run({ panic: {} });
  await run({ cpu_loop: {} }, 300_000);
  await run({ storage_loop: {} }, 300_000);
  await run({ memory_loop: {} }, 3_000_000);
  await run({ message_loop: {} }, 2_000_000);
  await run({ allocate_large_memory: { pages: 300 } });
  await run({ allocate_large_memory: { pages: 513 } });
  await script.smart(contract, { mirror_env: {} });
  await script.smart(contract, { denoms: {} });
  await script.smart(contract, { denom: { denom: "ucat" } });
  await script.smart(contract, { denom: { denom: "umoo" } });
}

/** `catenary contract …` as a user types it. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { catenary } from "../helpers/command_line.ts";
import { withNode } from "../helpers/local_node.ts";

const vector = (name: string) => fileURLToPath(new URL(`../vectors/cosmwasm/${name}.wasm`, import.meta.url));

Deno.test("the command line uploads, instantiates, executes, queries, migrates and shows contracts", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "catenary-contract-" });
  try {
    await withNode({}, async (node) => {
      const rpc = ["--rpc", node.rpcAddress];
      // Not dev0, who is an admin of the chain and may change every contract.
      const [, alice, bob] = node.developmentAccounts.map(({ address }) => address) as [string, string, string];
      const signing = ["--from", "dev1", ...rpc];
      const run = async (...args: string[]) => {
        const { code, out, err } = await catenary("contract", ...args);
        assertEquals([code, err], [0, ""], args.join(" "));
        return out;
      };
      const refused = async (...args: string[]) => {
        const { code, out, err } = await catenary("contract", ...args);
        assertEquals([code, out], [1, ""], args.join(" "));
        assertEquals(err.trimEnd().split("\n").length, 1, err);
        return err;
      };
      let token = "";
      let escrow = "";

      await t.step("upload prints the code's id first", async () => {
        const text = await run("upload", vector("cw20_base"), ...signing);
        assertEquals(text.split("\n")[0], "code 1");
        assertStringIncludes(text, "checksum 1da7691c9c08ac74e59cf354b1e0573d7dd259ed872c6fac97a9ffb467487752");
        const archive = vector("hackatom") + ".gzip";
        assertStringIncludes(await run("check", archive), "the chain would take it");
        const json = JSON.parse(await run("upload", archive, "--json", ...signing));
        assertEquals([json.codeId, json.code], ["2", 0]);
      });
      await t.step("instantiate prints the address first, and takes messages from files", async () => {
        const init = {
          name: "Token",
          symbol: "TOK",
          decimals: 6,
          initial_balances: [{ address: alice, amount: "18446744073709551616" }],
        };
        const file = `${folder}/init.json`;
        await Deno.writeTextFile(file, JSON.stringify(init, undefined, 2));
        const out = await run("instantiate", "1", `@${file}`, "--label", "token", ...signing);
        token = out.split("\n")[0]!;
        assert(/^cat1[a-z0-9]{58}$/.test(token), out);
        const json = JSON.parse(
          await run(
            "instantiate",
            "2",
            JSON.stringify({ verifier: alice, beneficiary: bob }),
            ...["--label", "escrow", "--admin", "dev1", "--amount", "7ucat", "--salt", "0x0102", "--json"],
            ...signing,
          ),
        );
        escrow = json.address;
        assertEquals([json.codeId, json.admin, json.code], ["2", alice, 0]);
      });
      await t.step("execute prints what the contract tells", async () => {
        const message = JSON.stringify({ transfer: { recipient: bob, amount: "5" } });
        const out = await run("execute", token, message, ...signing);
        assertEquals(
          out.split("\n")[0],
          `wasm _contract_address=${token} action=transfer from=${alice} to=${bob} amount=5`,
        );
      });
      await t.step("query prints JSON, and values of the storage", async () => {
        const balance = JSON.stringify({ balance: { address: bob } });
        assertEquals(await run("query", token, balance, "--json", ...rpc), '{"balance":"5"}\n');
        assertEquals(await run("query", token, balance, ...rpc), '{\n  "balance": "5"\n}\n');
        assertStringIncludes(await run("query", token, "--raw", "token_info", ...rpc), '"symbol": "TOK"');
        const raw = JSON.parse(await run("query", token, "--raw", "0x00", "--json", ...rpc));
        assertEquals(raw, { key: "AA==", value: null });
        assertStringIncludes(await refused("query", token, "--raw", "nothing", ...rpc), "nothing is stored");
        assertStringIncludes(await refused("query", token, "--height", "1", balance, ...rpc), "no such contract");
      });
      await t.step("migrate, set-admin, clear-admin", async () => {
        await run("upload", vector("hackatom"), ...signing);
        await run("migrate", escrow, "3", JSON.stringify({ verifier: bob }), ...signing);
        assertEquals(await run("query", escrow, '{"verifier":{}}', "--json", ...rpc), `{"verifier":"${bob}"}\n`);
        assertStringIncludes(await run("set-admin", escrow, "dev2", ...signing), bob);
        const err = await refused("clear-admin", escrow, ...signing);
        assertStringIncludes(err, "see who may with: catenary contract info");
        await run("clear-admin", escrow, "--from", "dev2", ...rpc);
      });
      await t.step("info, of a contract and of a code", async () => {
        const text = await run("info", escrow, ...rpc);
        for (
          const part of ["none: nobody can migrate it", "migrated with code 3", "instantiated with code 2", "sudo"]
        ) {
          assertStringIncludes(text, part);
        }
        const json = JSON.parse(await run("info", escrow, "--json", ...rpc));
        assertEquals([json.codeId, json.label, json.admin, json.ibcPort], ["3", "escrow", null, null]);
        assertEquals(json.history.map(({ operation }: { operation: string }) => operation), [
          "instantiated",
          "migrated",
        ]);
        const code = JSON.parse(await run("info", "1", "--json", ...rpc));
        assertEquals(code.contracts, [token]);
        assertEquals([code.instantiateBy, code.codeCreator], ["everybody", alice]);
        assertStringIncludes(await refused("info", "99", ...rpc), "no such code");
        const over = await catenary("contract", "info", "18446744073709551616", ...rpc);
        assertStringIncludes(over.err, "expected the id of a code");
        assertStringIncludes(await refused("info", alice, ...rpc), "no such contract");
      });
      await t.step("refusals say what to do", async () => {
        assertStringIncludes(await refused("execute", token, "{transfer:{}}", ...signing), "is not JSON");
        assertStringIncludes(await refused("execute", token, "@/nowhere.json", ...signing), "read /nowhere.json");
        assertStringIncludes(await refused("execute", alice, "{}", ...signing), "no such contract");
        assertStringIncludes(
          await refused("execute", token, '{"nothing":{}}', ...signing),
          "not one that this contract",
        );
        const foreign = "cosmos1" + "q".repeat(38);
        assertStringIncludes(await refused("set-admin", token, foreign, ...signing), "of another chain");
        const fixed = ["instantiate", "1", "{}", "--label", "x", "--fix-msg"];
        assertStringIncludes(await refused(...fixed, ...signing), "give --salt too");
        assertStringIncludes(await refused("query", token, ...rpc), "either a message as JSON or --raw KEY");
        const noContract = `${folder}/none.wasm`;
        await Deno.writeFile(noContract, Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
        assertStringIncludes(await refused("upload", noContract, ...signing), "exactly one memory");
        assertStringIncludes(
          await refused("upload", noContract, "--no-check", ...signing),
          "create wasm contract failed",
        );
        const gas = await refused("execute", token, '{"burn":{"amount":"1"}}', "--gas", "60000", ...signing);
        assertStringIncludes(gas, "out of gas");
      });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("contract check says offline whether a chain would take a file, and what is in it", async () => {
  const good = await catenary("contract", "check", vector("cw20_base"));
  assertEquals([good.code, good.err], [0, ""]);
  for (const part of ["instantiate, execute, query", "own fuel", "the chain would take it"]) {
    assertStringIncludes(good.out, part);
  }
  const json = JSON.parse((await catenary("contract", "check", vector("cw20_base"), "--json")).out);
  assertEquals([json.ok, json.verdicts], [true, []]);
  assertEquals(json.checksum, "1da7691c9c08ac74e59cf354b1e0573d7dd259ed872c6fac97a9ffb467487752");
  const execute = json.exports.find(({ name }: { name: string }) => name === "execute");
  assert(BigInt(execute.own) > 0n && BigInt(execute.reachable) > BigInt(execute.own) && execute.functions > 10);

  const file = await Deno.makeTempFile({ suffix: ".wasm" });
  try {
    const bytes = await Deno.readFile(vector("cw20_base"));
    await Deno.writeFile(file, bytes.subarray(0, 1000));
    const cut = await catenary("contract", "check", file);
    assertEquals(cut.code, 1);
    assertStringIncludes(cut.out, "at byte");
    assertStringIncludes(cut.err, "the chain would refuse it");
    const { ok, verdicts } = JSON.parse((await catenary("contract", "check", file, "--json")).out);
    assertEquals([ok, verdicts[0].kind, typeof verdicts[0].offset], [false, "malformed", "number"]);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("contract commands have help", async () => {
  const names = ["check", "upload", "instantiate", "execute", "query", "migrate", "info", "set-admin", "clear-admin"];
  const { out } = await catenary("contract", "--help");
  for (const name of names) {
    assertStringIncludes(out, name);
    const help = await catenary("contract", name, "--help");
    assertEquals(help.code, 0);
    assertStringIncludes(help.out, "Usage:");
  }
});

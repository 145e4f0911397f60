/** The command line against a node, as a user types it. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { catenary } from "../helpers/command_line.ts";
import { withNode } from "../helpers/local_node.ts";

Deno.test("the command line sends, queries and keeps keys", async (t) => {
  const home = await Deno.makeTempDir({ prefix: "catenary-cli-" });
  try {
    await withNode({}, async (node) => {
      const rpc = ["--rpc", node.rpcAddress];
      const to = node.developmentAccounts[1]!.address;
      let hash = "";
      await t.step("tx send waits for the block", async () => {
        const { code, out, err } = await catenary(
          "tx",
          "send",
          "--from",
          "dev0",
          "--to",
          to,
          "--amount",
          "77ucat",
          "--json",
          ...rpc,
        );
        assertEquals([code, err], [0, ""]);
        hash = JSON.parse(out).hash;
      });
      await t.step("query balance", async () => {
        const { out } = await catenary("query", "balance", to, "--json", ...rpc);
        assertEquals(JSON.parse(out).balances, [{ denom: "ucat", amount: "1000000000077" }]);
      });
      await t.step("query tx", async () => {
        const { out } = await catenary("query", "tx", hash, "--json", ...rpc);
        assertEquals(JSON.parse(out).code, 0);
        const missing = await catenary("query", "tx", "AB".repeat(32), ...rpc);
        assertEquals(missing.code, 1);
        assertStringIncludes(missing.err, "not in any block");
      });
      await t.step("keys gen, show, and a transfer from the new key", async () => {
        const made = JSON.parse((await catenary("keys", "gen", "carol", "--home", home, "--json")).out);
        assertEquals(made.mnemonic.split(" ").length, 24);
        const shown = JSON.parse((await catenary("keys", "show", "carol", "--home", home, "--json")).out);
        assertEquals(shown.address, made.address);
        const again = await catenary("keys", "gen", "carol", "--home", home);
        assertEquals(again.code, 1);
        assertStringIncludes(again.err, "exists already");
        await catenary("tx", "send", "--from", "dev2", "--to", made.address, "--amount", "500ucat", ...rpc);
        const sent = await catenary(
          "tx",
          "send",
          "--from",
          "carol",
          "--to",
          to,
          "--amount",
          "20ucat",
          "--home",
          home,
          ...rpc,
        );
        assertEquals([sent.code, sent.err], [0, ""]);
      });
      await t.step("tx send takes words instead of options, and names what is missing or wrong", async () => {
        const node = ["--node", rpc[1]!];
        const sent = await catenary("tx", "send", "dev4", to, "3ucat", "--json", ...node);
        assertEquals([sent.code, sent.err, JSON.parse(sent.out).code], [0, "", 0]);
        const rest = await catenary("tx", "send", to, "3ucat", "--from", "dev4", ...node);
        assertEquals([rest.code, rest.err], [0, ""]);
        for (
          const [words, message] of [
            [["dev4", to], "--amount COINS is missing"],
            [["dev4", to, "3"], "expected AMOUNT and DENOM together"],
            [["dev4", to, "3ucat", "4ucat"], "nothing is left for the word 4ucat"],
            [["dev4", "cat1nobody", "3ucat"], "invalid to address"],
            [["nobody", to, "3ucat", "--home", home], "make one with: catenary keys gen nobody"],
          ] as const
        ) {
          const refused = await catenary("tx", "send", ...words, ...node);
          assertEquals([refused.code, refused.out], [1, ""]);
          assertStringIncludes(refused.err, message);
          assertEquals(refused.err.split("\n").length, 2, "one line");
        }
      });
      await t.step("too much is refused with the code", async () => {
        const { code, err } = await catenary(
          "tx",
          "send",
          "--from",
          "dev0",
          "--to",
          to,
          "--amount",
          "9999999999999999ucat",
          ...rpc,
        );
        assertEquals(code, 1);
        assertStringIncludes(err, "insufficient funds");
      });
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("wrong arguments are named, and help is everywhere", async () => {
  for (const args of [["--help"], ["node", "start", "--help"], ["tx", "send", "--help"], ["wal", "dump", "--help"]]) {
    const { code, out } = await catenary(...args);
    assertEquals(code, 0, args.join(" "));
    assertStringIncludes(out, "Usage:");
  }
  const unreachable = await catenary("query", "balance", "cat1x", "--rpc", "127.0.0.1:1");
  assertEquals(unreachable.code, 1);
  assertStringIncludes(unreachable.err, "is a node running there?");
  const port = await catenary("node", "start", "--rpc-listen", "nowhere");
  assert(port.code !== 0);
  const unknown = await catenary("node", "stary");
  assert(unknown.code !== 0);
});

/** Homes by the command line: made, refused, exported, begun again from an export, and looked into after a kill. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createNode } from "../../mod.ts";
import { defaultNodeToml, homePaths } from "../../node/config/mod.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { makeAccount, secp256k1AccountOf, signTransfer } from "../helpers/accounts.ts";
import { catenary } from "../helpers/command_line.ts";
import { nextBlock } from "../helpers/local_node.ts";
import { startNodeProcess } from "../helpers/node_process.ts";
import { rpc } from "../helpers/rpc_client.ts";

/** A folder for homes, gone afterwards. */
async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "catenary-homes-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const quick = (home: string) => createNode({ home, rpcListen: "127.0.0.1:0", blockTimeMs: 10, log: () => {} });

/** The one error that `--json` prints. */
const errorOf = (err: string): { code: string; message: string } => JSON.parse(err).error;

Deno.test("what cannot be is refused in one line, and nothing is left behind", async () => {
  await withFolder(async (folder) => {
    const home = `${folder}/home`;
    for (const chainId of ["", "x".repeat(51)]) {
      const refused = await catenary("init", "--home", home, "--chain-id", chainId);
      assertEquals(refused.code, 1);
      assertMatch(refused.err, /^catenary: read genesis field chain_id: [^\n]*\n$/);
      assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
    }
    const foreign = `${folder}/foreign`;
    await Deno.mkdir(foreign);
    await Deno.writeTextFile(`${foreign}/letter.txt`, "dear");
    for (const command of [["init"], ["node", "start"]]) {
      const refused = await catenary(...command, "--home", foreign, "--json");
      assertEquals([refused.code, errorOf(refused.err).code], [1, "home_foreign"]);
    }
    assertEquals((await Array.fromAsync(Deno.readDir(foreign))).map(({ name }) => name), ["letter.txt"]);
    for (const command of [["wal", "dump"], ["genesis", "export"]]) {
      const missing = await catenary(...command, "--home", `${folder}/none`, "--json");
      assertEquals([missing.code, errorOf(missing.err).code], [1, "home_missing"]);
    }
    const under = await catenary("node", "start", "--home", `${foreign}/letter.txt/home`);
    assertEquals(under.code, 1);
    assertMatch(under.err, /^catenary: [^\n]+\n$/);
  });
});

Deno.test("an address in use is said in one line with the option to change", async () => {
  await withFolder(async (folder) => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = `127.0.0.1:${taken.addr.port}`;
    const start = ["node", "start", "--home", `${folder}/home`];
    for (const options of [["--rpc-listen", address], ["--rpc-listen", "127.0.0.1:0", "--metrics-listen", address]]) {
      const refused = await catenary(...start, ...options, "--json");
      assertEquals([refused.code, errorOf(refused.err).code], [1, "address_in_use"]);
      assertStringIncludes(errorOf(refused.err).message, `${options.at(-2)} HOST:PORT`);
      assertStringIncludes(errorOf(refused.err).message, address);
    }
    taken.close();
    const node = quick(`${folder}/home`);
    await node.start();
    await node.stop();
  });
});

Deno.test("init writes a home that loads; half of one is finished; a second init is refused", async () => {
  await withFolder(async (folder) => {
    const home = `${folder}/home`;
    const paths = homePaths(home);
    await Deno.mkdir(`${home}/config`, { recursive: true });
    const made = await catenary("init", "--home", home, "--chain-id", "mine-1", "--json");
    assertEquals([made.code, made.err], [0, ""]);
    assertEquals(JSON.parse(made.out).chainId, "mine-1");
    assertEquals(await Deno.readTextFile(paths.config), defaultNodeToml());
    const key = await Deno.readTextFile(paths.validatorKey);
    const again = await catenary("init", "--home", home);
    assertEquals(again.code, 1);
    assertStringIncludes(again.err, "lives there already");
    await Deno.remove(paths.genesis);
    await Deno.remove(paths.nodeKey);
    const node = quick(home);
    await node.start();
    assertEquals(node.chainId, "catenary-local-1");
    assertEquals(await Deno.readTextFile(paths.validatorKey), key, "keys of an interrupted attempt are kept");
    const locked = await catenary("node", "start", "--home", home, "--json");
    assertEquals([locked.code, errorOf(locked.err).code], [1, "home_locked"]);
    await node.stop();
    await Deno.writeTextFile(paths.config, "[rpc]\nlissen = '127.0.0.1:1'\n");
    const unknown = await catenary("node", "start", "--home", home, "--json");
    assertEquals([unknown.code, errorOf(unknown.err).code], [1, "config_invalid"]);
    assertStringIncludes(errorOf(unknown.err).message, "unknown key rpc.lissen");
  });
});

Deno.test("a chain goes on in a new home begun from its export, with what everybody had", async () => {
  await withFolder(async (folder) => {
    const [old, fresh] = [`${folder}/old`, `${folder}/new`];
    const to = makeAccount("ed25519", 8).address;
    const dev0 = secp256k1AccountOf(deriveAccounts(DEVELOPMENT_MNEMONIC, 1)[0]!.privateKey);
    const first = quick(old);
    await first.start();
    const chainId = "catenary-local-1";
    const tx = signTransfer(dev0, { chainId, accountNumber: 0n, sequence: 0n, to, amount: "42", fee: "7" });
    assertEquals((await rpc(first.rpcAddress, "broadcast_tx_commit", { tx: tx.toBase64() })).tx_result.code, 0);
    await first.stop();
    const height = first.height;

    const exported = await catenary("genesis", "export", "--home", old);
    assertEquals([exported.code, exported.err], [0, ""]);
    assertEquals(
      JSON.parse(exported.out),
      JSON.parse((await catenary("genesis", "export", "--home", old, "--json")).out),
    );
    const file = `${folder}/genesis.json`;
    await Deno.writeTextFile(file, exported.out);
    const other = await catenary("init", "--home", `${folder}/other`, "--genesis", file);
    assertStringIncludes(other.out, "this home's validator key is not in the genesis");
    const key = ["--validator-key", homePaths(old).validatorKey];
    const made = await catenary("init", "--home", fresh, "--genesis", file, ...key, "--chain-id", "second-2", "--json");
    assertEquals([made.code, made.err, JSON.parse(made.out).notes], [0, "", []]);

    const second = quick(fresh);
    await second.start();
    assertEquals(second.chainId, "second-2");
    assertEquals(second.height, height + 1n, "heights go on");
    const account = await rpc(second.rpcAddress, "get_account", { address: dev0.address });
    assertEquals([account.sequence, account.balances], ["1", [{ denom: "ucat", amount: "999999999951" }]]);
    const { balances } = await rpc(second.rpcAddress, "get_account", { address: to });
    assertEquals(balances, [{ denom: "ucat", amount: "42" }]);
    const more = { chainId: "second-2", accountNumber: 0n, sequence: 1n, to, amount: "1" };
    const sent = await rpc(second.rpcAddress, "broadcast_tx_commit", { tx: signTransfer(dev0, more).toBase64() });
    assertEquals(sent.tx_result.code, 0, sent.tx_result.log);
    await nextBlock(second);
    await second.stop();

    await Deno.writeTextFile(file, '{"chain_id":');
    const broken = await catenary("init", "--home", `${folder}/broken`, "--genesis", file, "--json");
    assertEquals([broken.code, errorOf(broken.err).code], [1, "file_invalid"]);
  });
});

Deno.test("the log of a killed node shows how its last height was decided", async () => {
  await withFolder(async (folder) => {
    const seen = Promise.withResolvers<void>();
    const node = await startNodeProcess({
      home: `${folder}/home`,
      args: ["--block-time-ms", "50"],
      onBlock: ({ height }) => height === "3" && seen.resolve(),
    });
    await seen.promise;
    const events = node.lines.slice(0, 4).map((line) => JSON.parse(line)).map(({ event, height }) => [event, height]);
    assertEquals(events, [["started", "0"], ["block", "1"], ["block", "2"], ["block", "3"]]);
    const running = await catenary("wal", "dump", "--home", `${folder}/home`);
    assertStringIncludes(running.err, `process ${node.pid} uses it`);
    await node.stop("SIGKILL");
    const dump = await catenary("wal", "dump", "--home", `${folder}/home`, "--json");
    assertEquals([dump.code, dump.err], [0, ""]);
    const records = dump.out.trim().split("\n").map((line) => JSON.parse(line));
    assert(records.length >= 3, dump.out);
    const kinds = records.map(({ record }) => record.type === "intent" ? record.message.type : record.type);
    assert(kinds.includes("proposal") && kinds.includes("vote"), kinds.join());
    const { height } = records[0];
    const one = await catenary("wal", "dump", "--home", `${folder}/home`, "--height", height);
    assert(one.out.startsWith(`height ${height}  #0  {`), one.out);
  });
});

/** Homes for a network of validators, and the words by which others join and leave it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readHome } from "../../node/config/mod.ts";
import { parseGenesis } from "../../node/chain/mod.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { catenary } from "../helpers/command_line.ts";
import { freeBasePort, freePorts } from "../helpers/free_ports.ts";
import { withNode } from "../helpers/local_node.ts";
import { catenaryProcess, runArguments } from "../helpers/cli_process.ts";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "catenary-network-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const init = (folder: string, ...args: string[]) => catenary("testnet", "init", "--home", folder, "--json", ...args);

Deno.test("testnet init writes homes that share a genesis and know each other", async () => {
  await withFolder(async (folder) => {
    const made = await init(folder, "--chain-id", "four-1", "--base-port", "40000", "--block-time-ms", "250");
    assertEquals([made.code, made.err], [0, ""]);
    const told = JSON.parse(made.out);
    assertEquals([told.chainId, told.nodes.length], ["four-1", 4]);
    const homes = await Promise.all([0, 1, 2, 3].map((index) => readHome(`${folder}/node${index}`)));
    const genesis = parseGenesis(homes[0]!.genesis);
    assert(genesis.ok);
    assertEquals(genesis.value.chainId, "four-1");
    const powers = genesis.value.validators.map(({ address, power }) => [address.toHex().toUpperCase(), power]);
    assertEquals(powers, homes.map(({ validatorKey }) => [validatorKey!.address.toHex().toUpperCase(), 10n]));
    const { validators: { admins } } = genesis.value.appState as { validators: { admins: string[] } };
    assertEquals(admins, [deriveAccounts(DEVELOPMENT_MNEMONIC, 1)[0]!.address]);
    for (const [index, { config, genesis: own }] of homes.entries()) {
      assertEquals(own, homes[0]!.genesis);
      const base = 40_000 + 10 * index;
      assertEquals(config.node.moniker, `node${index}`);
      assertEquals(config.p2p.listen, [`/ip4/127.0.0.1/tcp/${base}`]);
      assertEquals(config.rpc.listen, `127.0.0.1:${base + 1}`);
      assertEquals(config.observability.metrics_listen, `127.0.0.1:${base + 4}`);
      assertEquals(config.consensus.block_time_ms, 250);
      const others = told.nodes.filter((_: unknown, other: number) => other !== index);
      assertEquals(config.p2p.bootstrap, others.map(({ peerAddress }: { peerAddress: string }) => peerAddress));
      for (const address of config.p2p.bootstrap) assertMatch(address, /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3Koo/);
    }
    assertEquals(new Set(homes.map(({ nodeKey }) => nodeKey.publicKey.toHex())).size, 4);

    const again = await init(folder);
    assertEquals([again.code, JSON.parse(again.err).error.code], [1, "home_exists"]);
    const five = await catenary("testnet", "--home", folder, "--validators", "5");
    assertStringIncludes(five.err, "it has 4 validators; leave --validators away");
  });
});

Deno.test("testnet init for several machines: each has its address, and listens for others", async () => {
  await withFolder(async (folder) => {
    const made = await init(`${folder}/a`, "--validators", "3", "--starting-ip", "10.0.0.255");
    assertEquals([made.code, made.err], [0, ""]);
    const addresses = JSON.parse(made.out).nodes.map(({ peerAddress }: { peerAddress: string }) => peerAddress);
    for (const [index, host] of ["10.0.0.255", "10.0.1.0", "10.0.1.1"].entries()) {
      assert(addresses[index].startsWith(`/ip4/${host}/tcp/26656/p2p/`), addresses[index]);
      const { config } = await readHome(`${folder}/a/node${index}`);
      assertEquals(config.p2p.listen, ["/ip4/0.0.0.0/tcp/26656"]);
      assertEquals(config.p2p.announce, [`/ip4/${host}/tcp/26656`]);
      assertEquals(config.rpc.listen, "127.0.0.1:26657");
    }
    const hosts = await catenary("testnet", "init", "--home", `${folder}/b`, "--hosts", "a.example,[2001:db8::1]");
    assertEquals(hosts.code, 0, hosts.err);
    assertStringIncludes(hosts.out, "/dns4/a.example/tcp/26656/p2p/");
    assertStringIncludes(hosts.out, "/ip6/2001:db8::1/tcp/26656/p2p/");
    const here = await catenary("testnet", "--home", `${folder}/b`);
    assertStringIncludes(here.err, "made for machines of their own");
  });
});

Deno.test("what makes no network is refused with what to do", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/letter.txt`, "dear");
    const [port] = await freePorts(1);
    const taken = Deno.listen({ hostname: "127.0.0.1", port: port! });
    const cases: [args: string[], message: string][] = [
      [["testnet", "init", "--home", folder], "the folder holds other things (letter.txt)"],
      [["testnet", "init", "--home", `${folder}/x`, "--validators", "0"], "expected a number of validators, 1 to 100"],
      [["testnet", "init", "--home", `${folder}/x`, "--hosts", "a,a"], "each host once"],
      [["testnet", "init", "--home", `${folder}/x`, "--hosts", "a", "--starting-ip", "10.0.0.1"], "give one of them"],
      [["testnet", "init", "--home", `${folder}/x`, "--hosts", "a", "--validators", "2"], "as many --hosts"],
      [["testnet", "init", "--home", `${folder}/x`, "--chain-id", "x".repeat(51)], "chain_id"],
      [
        ["testnet", "--base-port", "65500", "--validators", "9", "--home", `${folder}/x`],
        "choose a --base-port of at most",
      ],
      [["testnet", "--base-port", `${port}`, "--home", `${folder}/y`], "another process uses port"],
      [["node", "start", "--bootstrap", "/ip4/10.0.0.1/tcp/26656"], "ends in /p2p/ID"],
      [["node", "start", "--p2p-listen", "127.0.0.1:26656"], "expected a multiaddr"],
      [["node", "start", "--state-sync", "--trust-height", "5"], "--trust-hash go together"],
      [["node", "start", "--no-p2p", "--p2p-listen", "/ip4/127.0.0.1/tcp/1"], "--no-p2p leaves no use"],
      [["init", "--home", `${folder}/x`, "--full"], "go together with --genesis"],
      [["tx", "update-validator", "--power", "1", "--home", `${folder}/x`], "name the validator with --pub-key"],
      [["tx", "update-validator", "--power", "1", "--pub-key", "AAAA"], "32 bytes in base64"],
    ];
    for (const [args, message] of cases) {
      const refused = await catenary(...args);
      assertEquals(refused.code, 1, args.join(" "));
      assertStringIncludes(refused.err, message);
    }
    taken.close();
    assertEquals(await Deno.stat(`${folder}/x`).catch(() => "none"), "none");
  });
});

Deno.test("a home joins a network by its genesis: as a full node, or with a key that is let in later", async () => {
  await withFolder(async (folder) => {
    const made = JSON.parse((await init(`${folder}/net`, "--validators", "2")).out);
    const { genesis, nodes: [{ peerAddress }] } = made;
    const joins = ["init", "--genesis", genesis, "--bootstrap", peerAddress, "--json"];
    const full = await catenary(...joins, "--full", "--home", `${folder}/full`);
    assertEquals([full.code, full.err], [0, ""]);
    assertStringIncludes(JSON.parse(full.out).notes[0], "a full node");
    const home = await readHome(`${folder}/full`);
    assertEquals([home.validatorKey, home.config.p2p.bootstrap], [undefined, [peerAddress]]);
    assertEquals((await catenary(...joins, "--home", `${folder}/fifth`)).code, 0);
    assert((await readHome(`${folder}/fifth`)).validatorKey !== undefined);
  });
});

Deno.test("validators are let in and shown, and blocks are named, by command", async () => {
  await withFolder(async (folder) => {
    // The newcomer is away: its turns must not take seconds.
    const config = { consensus: { timeout_propose_ms: 40 } };
    await withNode({ config }, async (node) => {
      const rpc = ["--rpc", node.rpcAddress, "--json"];
      assertEquals((await catenary("init", "--home", folder)).code, 0);
      const { publicKey } = (await readHome(folder)).validatorKey!;
      const sent = await catenary("tx", "update-validator", "--home", folder, "--power", "2", ...rpc);
      assertEquals([sent.code, sent.err], [0, ""]);
      const { pubKey, height, inForceFrom } = JSON.parse(sent.out);
      assertEquals([pubKey, inForceFrom], [publicKey.toBase64(), height + 2]);
      while (node.height < BigInt(inForceFrom)) await new Promise((resolve) => setTimeout(resolve, 10));
      const shown = JSON.parse((await catenary("query", "validators", ...rpc)).out);
      assertEquals(
        shown.validators.map(({ power }: { power: string }) => power).sort(),
        ["10", "2"],
      );
      const before = JSON.parse((await catenary("query", "validators", `${height}`, ...rpc)).out);
      assertEquals(before.validators.length, 1);
      const block = JSON.parse((await catenary("query", "block", `${height}`, ...rpc)).out);
      assertEquals([block.height, block.txs], [height, 1]);
      assertMatch(block.hash, /^[0-9A-F]{64}$/);
      const key = ["--pub-key", publicKey.toBase64()];
      const gone = await catenary("tx", "update-validator", ...key, "--power", "0", ...rpc);
      assertEquals([gone.code, gone.err], [0, ""]);
      const other = await catenary("tx", "update-validator", ...key, "--power", "1", "--from", "dev1", ...rpc);
      assertEquals(other.code, 1);
      assertStringIncludes(other.err, "is not one of the admins");
    });
  });
});

Deno.test("testnet tells of each height, goes on where it was, and leaves no process behind", async () => {
  await withFolder(async (folder) => {
    const base = await freeBasePort();
    const once = ["testnet", "--json", "--home", "one", "--heights", "2"];
    const first = await catenaryProcess(
      [...once, "--validators", "1", "--base-port", `${base}`, "--block-time-ms", "20"],
      { cwd: folder, env: { TMPDIR: folder }, permissions: ["--allow-run"] },
    );
    assertEquals(first.code, 0, first.err + first.out);
    const heights = eventsOf(first.out, "height");
    assertEquals(heights.slice(0, 2).map(({ height, round, of }) => [height, round, of]), [["1", 0, 1], ["2", 0, 1]]);
    const second = await catenaryProcess(once, { cwd: folder, env: { TMPDIR: folder }, permissions: ["--allow-run"] });
    assertEquals(second.code, 0, second.err + second.out);
    assert(BigInt(eventsOf(second.out, "height")[0].height) > BigInt(heights.at(-1).height));

    // Without any way to say goodbye.
    const parent = new Deno.Command(Deno.execPath(), {
      args: runArguments(["testnet", "--json", "--home", "one"], ["--allow-run"]),
      cwd: folder,
      env: { TMPDIR: folder },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let text = "";
    for await (const chunk of parent.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes('"event":"height"')) parent.kill("SIGKILL");
    }
    await parent.status;
    const home = `${folder}/one/node0`;
    // Its lock says who has it; it goes with the process.
    for (;;) {
      const left = await catenary("wal", "dump", "--home", home, "--height", "1");
      if (left.code === 0) break;
      assertStringIncludes(left.err, "uses it");
    }
  });
});

// deno-lint-ignore no-explicit-any -- JSON of many shapes
const eventsOf = (out: string, event: string): any[] =>
  out.trim().split("\n").map((line) => JSON.parse(line)).filter((line) => line.event === event);

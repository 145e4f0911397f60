/** Who joins a running network and who leaves it: validators by transaction, full nodes by an address or a snapshot. @module */
import { assert, assertEquals } from "@std/assert";
import { catenary } from "../helpers/command_line.ts";
import { loadAccounts, SteadyLoad } from "../helpers/steady_load.ts";
import { type TestnetProcesses, withTestnet } from "../helpers/testnet_processes.ts";
import { rpc } from "../helpers/rpc_client.ts";

const SEED = Number(Deno.env.get("CATENARY_SEED") ?? Math.floor(Math.random() * 2 ** 32));
/** Often, so that there is one to begin from soon. */
const SNAPSHOT_INTERVAL = 10;

async function command(...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await catenary(...args, "--json");
  assertEquals([code, err], [0, ""], args.join(" "));
  return JSON.parse(out);
}

async function underLoad(validators: number, use: (net: TestnetProcesses) => Promise<void>): Promise<void> {
  const accounts = loadAccounts().map(({ address }) => address);
  const config = { sync: { snapshot_interval: SNAPSHOT_INTERVAL } };
  await withTestnet({ validators, accounts, config }, async (net) => {
    await net.startAll();
    await net.untilHeight(2n);
    const urls = () => net.running.map((name) => net.url(name));
    const load = new SteadyLoad({ chainId: net.chainId, seed: SEED, urls, pauseMs: 50 });
    load.start();
    try {
      await use(net);
    } finally {
      await load.stop();
    }
    await net.untilMore(2n);
    const heights = await net.audit();
    for (const name of net.running) await load.judge(name, net.url(name));
    console.log(`judged ${heights} heights and ${load.committed} transactions on ${net.running.join()}`);
  });
}

Deno.test(`a fifth validator joins by a transaction and signs, and leaves by another (seed ${SEED})`, async () => {
  await underLoad(4, async (net) => {
    await net.addHome("fifth", "node0");
    await net.start("fifth");
    await net.untilCaughtUp("fifth");
    const { home, validator } = net.node("fifth");
    const update = (power: string) =>
      command("tx", "update-validator", "--home", home, "--power", power, "--rpc", net.url("node1"));
    const { inForceFrom: from } = await update("10");
    const signed = await net.untilSigned("fifth", BigInt(from as number) - 1n, "node0");
    assert(signed >= BigInt(from as number));
    const { validators } = await rpc(net.url("node2"), "validators");
    assertEquals(validators.length, 5);
    // Five of power 10: without any one of the first four the others are enough, and the fifth is needed.
    await net.stop("node3", "SIGKILL");
    const without = await net.untilMore(3n);
    assert((await net.signersOf(without - 1n, "node0")).includes(validator));
    await net.start("node3");
    await net.untilCaughtUp("node3");

    const { inForceFrom: until } = await update("0");
    const last = BigInt(until as number) + 2n;
    await net.untilHeight(last + 1n);
    assert(!(await net.signersOf(last, "node0")).includes(validator));
    assertEquals((await rpc(net.url("fifth"), "validators", { height: `${last}` })).validators.length, 4);
    // It follows as a full node.
    await net.untilMore(3n, ["fifth"]);
  });
});

Deno.test(`a full node joins by a genesis and one address, is killed and goes on (seed ${SEED})`, async () => {
  await underLoad(4, async (net) => {
    await net.untilMore(10n);
    await net.addHome("full", "node2", "--full");
    await net.start("full");
    await net.untilCaughtUp("full");
    const { validator_info } = await rpc(net.url("full"), "status");
    assertEquals(validator_info.voting_power, "0");
    // What it is told it passes on.
    const sent = await command("tx", "send", "dev3", await addressOf("dev4"), "7ucat", "--rpc", net.url("full"));
    assertEquals(sent.code, 0);
    await net.stop("full", "SIGKILL");
    await net.untilMore(5n);
    await net.start("full");
    await net.untilCaughtUp("full");
  });
});

Deno.test(`a full node begins from a snapshot of others, by a block that is trusted (seed ${SEED})`, async () => {
  await underLoad(4, async (net) => {
    await net.untilHeight(3n);
    const trusted = await command("query", "block", "3", "--rpc", net.url("node0"));
    await net.untilHeight(BigInt(3 * SNAPSHOT_INTERVAL));
    await net.addHome("quick", "node1", "--full");
    const trust = ["--trust-height", "3", "--trust-hash", trusted.hash as string];
    await net.start("quick", "--state-sync", ...trust);
    await net.untilCaughtUp("quick");
    const { sync_info } = await rpc(net.url("quick"), "status");
    assert(
      BigInt(sync_info.earliest_block_height) > BigInt(SNAPSHOT_INTERVAL),
      "it has blocks from before the snapshot",
    );
    // What was there before the snapshot is there all the same.
    const { address } = loadAccounts()[0]!;
    const account = await rpc(net.url("quick"), "get_account", { address });
    assert(BigInt(account.sequence) > 0n);
    await net.stop("quick", "SIGKILL");
    await net.untilMore(3n);
    await net.start("quick", "--state-sync", ...trust);
    await net.untilCaughtUp("quick");
  });
});

const addressOf = async (name: string) => (await command("keys", "show", name)).address as string;

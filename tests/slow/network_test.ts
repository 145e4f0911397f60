/**
 * Four validators in processes of their own over libp2p, under load: one after another is killed, paused, wiped and started
 * again. Blocks go on, whoever was away catches up and signs again, and all agree on every height. CATENARY_SEED overrides.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { loadAccounts, SteadyLoad } from "../helpers/steady_load.ts";
import { PATIENCE_HEIGHTS, type TestnetProcesses, withTestnet } from "../helpers/testnet_processes.ts";

const SEED = Number(Deno.env.get("CATENARY_SEED") ?? Math.floor(Math.random() * 2 ** 32));
/** Heights that a network makes while one is away. */
const AWAY_HEIGHTS = 15n;

/** Runs `use` with four validators that run, under load; judges what is left. */
async function underLoad(use: (net: TestnetProcesses) => Promise<void>): Promise<void> {
  const accounts = loadAccounts().map(({ address }) => address);
  await withTestnet({ validators: 4, accounts }, async (net) => {
    await net.startAll();
    await net.untilHeight(2n);
    const urls = () => net.running.map((name) => net.url(name));
    const load = new SteadyLoad({ chainId: net.chainId, seed: SEED, urls, pauseMs: 50 });
    load.start();
    try {
      await use(net);
      const [committed, height] = [load.committed, await net.highest()];
      const goesOn = async () => {
        assert(await net.highest() - height < PATIENCE_HEIGHTS, "nothing is committed any more");
        return load.committed > committed;
      };
      await net.until("the load goes on", goesOn, () => net.highest());
    } finally {
      await load.stop();
    }
    await net.untilMore(2n);
    const heights = await net.audit();
    for (const name of net.running) await load.judge(name, net.url(name));
    console.log(`judged ${heights} heights and ${load.committed} transactions on ${net.running.join()}`);
  });
}

Deno.test(`one of four is killed: blocks go on; started again, it catches up and signs (seed ${SEED})`, async () => {
  await underLoad(async (net) => {
    await net.stop("node3", "SIGKILL");
    const away = await net.untilMore(AWAY_HEIGHTS);
    assert(!(await net.signersOf(away - 1n, "node0")).includes(net.node("node3").validator));
    await net.start("node3");
    const back = await net.untilCaughtUp("node3");
    await net.untilSigned("node3", back, "node0");
  });
});

Deno.test(`each of four is killed in turn, also two at once: then blocks rest, and go on by themselves (seed ${SEED})`, async () => {
  await underLoad(async (net) => {
    for (const name of ["node0", "node1", "node2"]) {
      await net.stop(name, "SIGKILL");
      await net.untilMore(3n);
      await net.start(name);
      await net.untilCaughtUp(name);
    }
    await Promise.all(["node1", "node2"].map((name) => net.stop(name, "SIGKILL")));
    const rest = await net.highest();
    // What was decided already may still reach the others; no more can be.
    assert(await net.highest() <= rest + 1n);
    await Promise.all(["node1", "node2"].map((name) => net.start(name)));
    const top = await net.untilMore(5n);
    assert(top > rest);
    for (const name of ["node1", "node2"]) await net.untilSigned(name, top, "node0");
  });
});

Deno.test(`all four are killed at once: the chain goes on where it was (seed ${SEED})`, async () => {
  await underLoad(async (net) => {
    await net.untilMore(3n);
    const names = [...net.running];
    await Promise.all(names.map((name) => net.stop(name, "SIGKILL")));
    await Promise.all(names.map((name) => net.start(name)));
    await net.untilMore(5n, names);
  });
});

Deno.test(`one of four is paused for long: blocks go on; let go, it catches up and signs (seed ${SEED})`, async () => {
  await underLoad(async (net) => {
    net.pause("node2");
    await net.untilMore(2n * AWAY_HEIGHTS);
    net.resume("node2");
    const back = await net.untilCaughtUp("node2");
    await net.untilSigned("node2", back, "node0");
  });
});

Deno.test(`one of four loses its data but not its keys: it begins anew, signs nothing twice, then signs again (seed ${SEED})`, async () => {
  await underLoad(async (net) => {
    await net.untilMore(3n);
    await net.stop("node1", "SIGKILL");
    // At most the height that ran when it was killed was signed by it in its first life.
    const signed = await net.highest() + 1n;
    await net.wipe("node1");
    await net.untilMore(5n);
    await net.start("node1");
    const back = await net.untilCaughtUp("node1");
    const again = await net.untilSigned("node1", back, "node0");
    assert(again > signed);
    await net.untilMore(2n);
    assertEquals(await evidenceIn(net, "node0"), 0, "nobody saw it sign two things");
  });
});

/** Pieces of evidence in all blocks of a node. */
async function evidenceIn(net: TestnetProcesses, name: string): Promise<number> {
  const top = await net.heightOf(name);
  let count = 0;
  for (let height = 1n; height <= top!; height++) {
    const { result } = await (await fetch(`${net.url(name)}/block?height=${height}`)).json();
    count += result.block.evidence.evidence?.length ?? 0;
  }
  return count;
}

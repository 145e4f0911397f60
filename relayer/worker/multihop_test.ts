// Channels over several paths, opened and served by the relayer over whole chains: real headers, proofs and transactions,
// in simulated time.
import { assert, assertEquals } from "@std/assert";
import { DENOM } from "../../tests/bad_input/harness.ts";
import {
  encodeTyped,
  Path,
  SECOND,
  submitMisbehaviour,
  TestChain,
  TestClock,
  three,
  transfer,
  voucher,
} from "../../tests/helpers/ibc/mod.ts";
import { MultihopPath } from "../../tests/helpers/multihop_path.ts";
import { RelayWorld, withRelay } from "../../tests/helpers/relay/world.ts";
import { type Leg, legsOf, type PathChannel } from "../path/mod.ts";
import type { HandshakeStep } from "./handshake_ports.ts";
import { openMultihopChannel } from "./multihop_open.ts";
import { pathOf } from "./paths.ts";

const WISH = { portA: "transfer", portB: "transfer", order: "unordered", version: "" } as const;

/** Waits, in simulated time, for something that needs blocks. */
async function awaited<T>({ clock }: RelayWorld, work: Promise<T>): Promise<T> {
  let done = false;
  const end = work.finally(() => done = true);
  end.catch(() => {});
  for (let i = 0; i < 600 && !done; i++) await clock.advance(200);
  return await end;
}

function legsFrom(world: RelayWorld, paths: readonly Path[]): readonly Leg[] {
  const records = paths.map((path) => pathOf(world.record(path))!);
  const legs = legsOf(records, records.map(({ id }) => id), world.nameOf(paths[0]!.a.chain));
  assert(legs.ok);
  return legs.value;
}

/** A channel over `paths`, opened by the relayer. */
async function opened(world: RelayWorld, paths: readonly Path[]) {
  const legs = legsFrom(world, paths);
  const names = [legs[0]!.near.chain, ...legs.map(({ far }) => far.chain)];
  const steps: HandshakeStep[] = [];
  const options = { clock: world.clock, onStep: (step: HandshakeStep) => void steps.push(step) };
  const channel = await awaited(
    world,
    openMultihopChannel(names.map((name) => world.chains.get(name)!), legs, WISH, options),
  );
  assert(channel.ok, channel.ok ? "" : channel.error.message);
  return { channel: channel.value, steps };
}

/** The test's own view of a channel that is there. */
function viewOf(paths: readonly Path[], channel: PathChannel): MultihopPath {
  const path = new MultihopPath(paths);
  path.a.channelId = channel.a.channelId;
  path.b.channelId = channel.b.channelId;
  return path;
}

Deno.test("the relayer opens a channel over two paths, and carries tokens over it, back, and after timeouts", async () => {
  const { a, b, c, ab, bc } = three();
  await withRelay([ab, bc], {}, async (world) => {
    await world.clock.advance(2_000);
    const { channel, steps } = await opened(world, [ab, bc]);
    assertEquals(steps.filter(({ step }) => step !== "update_client").map(({ step, chain }) => `${chain} ${step}`), [
      "a channel_open_init",
      "c channel_open_try",
      "a channel_open_ack",
      "c channel_open_confirm",
    ]);
    const path = viewOf([ab, bc], channel);
    assertEquals(path.a.channel().connectionHops, path.wayOfA.hops);
    assertEquals(path.b.channel().connectionHops, path.wayOfB.hops);
    const updates = b.history.length;

    const [alice, bob] = [a.accounts[1]!.address.text, c.accounts[1]!.address.text];
    for (let i = 0; i < 5; i++) {
      a.mempool.push(a.sign([encodeTyped(transfer(path.a, alice, bob, 100n))], { signer: 1, after: BigInt(i) }));
    }
    const late = transfer(path.a, a.accounts[2]!.address.text, bob, 7n, { timeoutHeight: c.ibcHeight(c.height + 1n) });
    a.mempool.push(a.sign([encodeTyped(late)], { signer: 2 }));
    const before = a.balance(2);
    await world.clock.advance(25_000);
    const there = voucher(DENOM, path.a);
    assertEquals(c.balance(1, there), 500n);
    assertEquals(a.balance(2), before);
    assertEquals(await world.pending(), 0);

    c.mempool.push(c.sign([encodeTyped(transfer(path.b, bob, alice, 500n, { denom: there }))], { signer: 1 }));
    await world.clock.advance(25_000);
    assertEquals(c.balance(1, there), 0n);
    assertEquals(await world.pending(), 0);
    assert(b.history.length > updates, "the chain between was never told anything");
  });
});

/** Sends `amount` from the first chain to the last, from and to their accounts number 1. */
function send({ a, b }: MultihopPath, amount: bigint): void {
  const [from, to] = [a.chain as TestChain, b.chain as TestChain];
  const message = transfer(a, from.accounts[1]!.address.text, to.accounts[1]!.address.text, amount);
  from.mempool.push(from.sign([encodeTyped(message)], { signer: 1 }));
}

const received = ({ a, b }: MultihopPath) => (b.chain as TestChain).balance(1, voucher(DENOM, a));

Deno.test("the relayer carries tokens over three paths between four chains", async () => {
  const clock = new TestClock();
  const chains = ["a", "b", "c", "d"].map((name) => new TestChain({ chainId: `catenary-${name}-1`, clock }));
  // Written down from either side.
  const paths = [[0, 1], [1, 2], [2, 3]].map(([i, j]) =>
    new Path(chains[i!]!, chains[j!]!).openClients().openConnection()
  );
  await withRelay(paths, {}, async (world) => {
    await world.clock.advance(2_000);
    const { channel } = await opened(world, paths);
    const path = viewOf(paths, channel);
    send(path, 250n);
    await world.clock.advance(30_000);
    assertEquals([received(path), await world.pending()], [250n, 0]);
  });
});

Deno.test("after hours of silence the roots on the way are made new before anything is proven", async () => {
  const { a, ab, bc } = three();
  const paths = [ab, bc];
  let path: MultihopPath | undefined;
  await withRelay(paths, {}, async (world) => {
    await world.clock.advance(2_000);
    path = viewOf(paths, (await opened(world, paths)).channel);
    send(path, 5n);
    await world.clock.advance(20_000);
    assertEquals(received(path), 5n);
  });
  // Sent while no relayer runs, and two hours before one does.
  send(path!, 6n);
  a.nextBlock();
  a.clock.advance(7_200n * SECOND);
  // Blocks move the clocks of all chains.
  const faults: string[] = [];
  await withRelay(paths, {}, async (world) => {
    world.hooks.fault = ({ message }) => void faults.push(message);
    await world.clock.advance(30_000);
    // It was late: transfers have an hour.
    assertEquals([received(path!), await world.pending()], [5n, 0]);
    send(path!, 7n);
    await world.clock.advance(30_000);
    assertEquals([received(path!), await world.pending()], [12n, 0]);
  });
  assertEquals(faults, []);
});

Deno.test("relayers that are stopped in the middle, one after the other, deliver everything once", async () => {
  const { ab, bc } = three();
  const paths = [ab, bc];
  const world = new RelayWorld(paths);
  await world.open();
  world.makeBlocks();
  const path = viewOf(paths, (await opened(world, paths)).channel);
  for (let i = 0; i < 8; i++) {
    send(path, 10n);
    const stop = world.loop(world.worker());
    await world.clock.advance(i < 7 ? 400 + 500 * i : 40_000);
    await stop();
  }
  assertEquals([received(path), await world.pending()], [80n, 0]);
  await world.stop();
});

/** A channel over a–b and b–c, served; and what was told of faults and submitted to c since. */
async function served(
  use: (world: RelayWorld, path: MultihopPath, told: () => string) => Promise<void>,
): Promise<void> {
  const { ab, bc } = three();
  const paths = [ab, bc];
  await withRelay(paths, {}, async (world) => {
    await world.clock.advance(2_000);
    const path = viewOf(paths, (await opened(world, paths)).channel);
    const faults: string[] = [];
    world.hooks.fault = ({ message }) => void faults.push(message);
    const { history } = path.b.chain;
    const before = history.length;
    await use(world, path, () => faults.join("; "));
    assertEquals(received(path), 0n);
    assertEquals(history.slice(before).filter(({ code }) => code !== 0), [], "something was offered to be refused");
  });
}

Deno.test("behind a frozen client nothing is offered, and the path says why", async () => {
  await served(async (world, path, told) => {
    const [, far] = path.wayOfB.legs;
    const chain = far!.other.chain as TestChain;
    const twin = chain.fork(new TestClock(chain.clock.now));
    twin.clock.advance(SECOND);
    for (const each of [chain, twin]) each.nextBlock();
    const [one, other] = [chain, twin].map((each) => each.header(chain.height, far!.clientHeight));
    far!.do(submitMisbehaviour(far!, one!, other!));
    send(path, 9n);
    await world.clock.advance(20_000);
    assert(told().includes("frozen"), told());
    assertEquals(await world.pending(), 1);
  });
});

Deno.test("a chain between that serves something else than it holds convinces nobody", async () => {
  await served(async (world, path, told) => {
    const honest = world.chains.get("b")!;
    const endpoint = {
      ...honest.endpoint,
      prove: async (store: string, key: Uint8Array, height: bigint) => {
        const proven = await honest.endpoint.prove(store, key, height);
        const proof = proven.proof.slice();
        proof[proof.length - 1]! ^= 1;
        return new TextDecoder().decode(key).startsWith("connections/") ? { ...proven, proof } : proven;
      },
    };
    world.chains.set("b", { ...honest, endpoint });
    send(path, 9n);
    await world.clock.advance(20_000);
    assert(told().includes("hop 1, connection"), told());
    world.chains.set("b", honest);
  });
});

// Channels over several paths, opened and served by the relayer over whole chains: real headers, proofs and transactions,
// in simulated time.
import { assert, assertEquals } from "@std/assert";
import { DENOM } from "../../tests/bad_input/harness.ts";
import { encodeTyped, type Path, type TestChain, three, transfer, voucher } from "../../tests/helpers/ibc/mod.ts";
import { MultihopPath } from "../../tests/helpers/multihop_path.ts";
import { type RelayWorld, withRelay } from "../../tests/helpers/relay/world.ts";
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

import { assert, assertEquals } from "@std/assert";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { IoError } from "../../node/core/errors.ts";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { Refused, sendMessage } from "../../tests/helpers/model/chain.ts";
import { ModelWorld, type ModelWorldOptions, PATH } from "../../tests/helpers/model/world.ts";
import { PathBook } from "./paths.ts";
import type { Worker } from "./worker.ts";

/** A running world with an open path; ends it whatever happens. */
async function withWorld(
  options: ModelWorldOptions,
  use: (world: ModelWorld, worker: Worker) => Promise<void>,
): Promise<void> {
  const world = new ModelWorld(options);
  await world.open();
  world.makeBlocks();
  const worker = world.worker();
  const stop = world.loop(worker);
  try {
    await world.clock.advance(3_000);
    await use(world, worker);
  } finally {
    await stop();
    world.stop();
  }
}

const outcomes = (world: ModelWorld) => Object.groupBy(world.a.outcomes.values(), (outcome) => outcome);
const pending = async (world: ModelWorld) => (await world.store.list(["packet"], { limit: 1000 })).length;

Deno.test("packets are received and acknowledged, each once, with few client updates", () =>
  withWorld({}, async (world) => {
    world.send(300);
    await world.clock.advance(12_000);
    assertEquals(outcomes(world).acknowledged?.length, 300);
    assertEquals(world.b.deliveries.size, 300);
    assert(world.a.updates + world.b.updates <= 8, `${world.a.updates} ${world.b.updates}`);
    assertEquals(await pending(world), 0);
  }));

Deno.test("a packet is on the other chain two blocks after it was sent", () =>
  withWorld({}, async (world) => {
    for (let i = 0; i < 5; i++) {
      const sentAt = world.b.height;
      world.send();
      await world.clock.advance(3_100);
      assertEquals(world.b.deliveries.size, i + 1);
      assert(world.b.height - sentAt <= 4n);
    }
  }));

Deno.test("packets in both directions, over several channels", () =>
  withWorld({ channels: 3 }, async (world) => {
    for (const channelId of ["channel-0", "channel-1", "channel-2"]) world.send(10, { channelId });
    const message = sendMessage({ portId: "transfer", channelId: "channel-1", data: "back" });
    world.b.mempool.push({ messages: [message], resolve() {} });
    await world.clock.advance(10_000);
    assertEquals([world.a.outcomes.size, world.b.outcomes.size], [30, 1]);
  }));

Deno.test("packets that cannot be received in time are timed out", () =>
  withWorld({}, async (world) => {
    const timeoutHeight = { revisionNumber: 1n, revisionHeight: world.b.height + 2n };
    world.send(5, { timeoutHeight });
    world.send(5, { timeoutTimestamp: world.b.timeNanos + 2_000_000_000n });
    world.send(5, { timeoutTimestamp: world.b.timeNanos + 60_000_000_000n });
    await world.clock.advance(15_000);
    const { acknowledged, timed_out } = outcomes(world);
    assertEquals([acknowledged?.length, timed_out?.length], [5, 10]);
    assertEquals(await pending(world), 0);
  }));

Deno.test("an ordered channel keeps its order, over several batches and a failure", () =>
  withWorld({ ordered: true, chain: { messagesMax: 12 } }, async (world) => {
    let refusals = 3;
    world.b.refuse = ({ typeUrl, value }) => {
      const isIt = typeUrl.endsWith("MsgRecvPacket") && new TextDecoder().decode(value).includes("packet 5");
      return isIt && refusals-- > 0 ? new Refused("transfer", 9, "not now") : undefined;
    };
    world.send(40);
    await world.clock.advance(40_000);
    assertEquals(outcomes(world).acknowledged?.length, 40);
  }));

Deno.test("an ordered channel closes on a timeout, its other end too, and everything comes back", () =>
  withWorld({ ordered: true }, async (world) => {
    const timeoutHeight = { revisionNumber: 1n, revisionHeight: world.b.height + 1n };
    world.send(1, { timeoutHeight });
    world.send(3);
    await world.clock.advance(30_000);
    assertEquals(outcomes(world).timed_out?.length, 4);
    assertEquals(world.b.channel("transfer", "channel-0").state, 4);
    assertEquals(await pending(world), 0);
  }));

Deno.test("one bad packet does not hold up the others, whether the chain says which or not", async () => {
  for (const says of [true, false]) {
    await withWorld({ policy: { attemptsMax: 3 } }, async (world) => {
      world.b.refuse = ({ typeUrl, value }) => {
        const isIt = typeUrl.endsWith("MsgRecvPacket") && new TextDecoder().decode(value).includes("packet 33");
        return isIt ? new Refused("transfer", 9, "never") : undefined;
      };
      if (!says) {
        const check = world.b.check.bind(world.b);
        world.b.check = (messages) => {
          const refused = check(messages);
          if (refused !== undefined) Object.assign(refused, { index: undefined });
          return refused;
        };
      }
      world.send(60);
      await world.clock.advance(8_000);
      assertEquals(outcomes(world).acknowledged?.length, 59);
      await world.clock.advance(20_000);
      const [bad] = await world.store.list(["packet"], { limit: 10 });
      const stored = JSON.parse(new TextDecoder().decode(bad!.value));
      assertEquals([stored.q, stored.v, stored.x[0]], ["34", "recv", "transfer/9"]);
    });
  }
});

Deno.test("an acknowledgement that is written late is brought back", () => {
  const owed: Packet[] = [];
  return withWorld({}, async (world) => {
    world.b.onReceive = (packet) => {
      owed.push(packet);
      return undefined;
    };
    world.send(3);
    await world.clock.advance(20_000);
    assertEquals([world.settled, owed.length >= 3], [0, true]);
    for (const packet of new Map(owed.map((one) => [one.sequence, one])).values()) {
      world.b.writeAck(packet, utf8ToBytes("late"));
    }
    await world.clock.advance(5_000);
    assertEquals(world.settled, 3);
  });
});

Deno.test("acknowledgements that nobody saw are found", () =>
  withWorld({}, async (world) => {
    world.send(4);
    world.b.blocks.get = (height) => ({ height, txs: [], block: [] });
    const submitter = world.chains.get("b")!.submitter!;
    const submit = submitter.submit.bind(submitter);
    submitter.submit = async (build) => {
      const done = await submit(build);
      return done.tag === "included" ? { ...done, events: [] } : done;
    };
    await world.clock.advance(15_000);
    assertEquals(world.settled, 4);
  }));

Deno.test("a worker that was away reads what it missed; where blocks are gone, it asks", async () => {
  for (const pruned of [false, true]) {
    const world = new ModelWorld({ policy: { lagMax: 5n } });
    await world.open();
    world.makeBlocks();
    const first = world.loop(world.worker());
    await world.clock.advance(3_000);
    await first();
    world.send(250);
    await world.clock.advance(30_000);
    if (pruned) world.a.prunedBelow = world.a.height - 3n;
    const second = world.loop(world.worker());
    await world.clock.advance(15_000);
    await second();
    world.stop();
    assertEquals(outcomes(world).acknowledged?.length, 250, `pruned: ${pruned}`);
  }
});

Deno.test("a new path is searched for what was sent before", async () => {
  const world = new ModelWorld();
  world.makeBlocks();
  const worker = world.worker();
  const stop = world.loop(worker);
  world.send(7);
  await world.clock.advance(5_000);
  await world.open();
  worker.poke();
  await world.clock.advance(8_000);
  await stop();
  world.stop();
  assertEquals(world.settled, 7);
});

Deno.test("a paused path keeps its packets, and a filter leaves them alone until it is taken away", () =>
  withWorld({}, async (world, worker) => {
    const book = new PathBook(world.store);
    await book.update("a-b", (record) => ({ ...record, paused: true }));
    worker.poke();
    world.send(3);
    await world.clock.advance(5_000);
    assertEquals([world.settled, await pending(world)], [0, 3]);
    await book.update("a-b", (record) => ({ ...record, paused: false }));
    worker.poke();
    await world.clock.advance(5_000);
    assertEquals(world.settled, 3);

    await book.update("a-b", (record) => ({ ...record, filter: { policy: "deny", channels: ["transfer/channel-0"] } }));
    worker.poke();
    world.send(3);
    await world.clock.advance(5_000);
    assertEquals([world.settled, await pending(world)], [3, 0]);
    await book.update("a-b", (record) => ({ ...record, filter: PATH.filter }));
    worker.poke();
    await world.clock.advance(8_000);
    assertEquals(world.settled, 6);
  }));

Deno.test("a chain that does not answer holds up nothing but its own packets, and is asked again", () =>
  withWorld({}, async (world) => {
    world.send(5);
    await world.clock.advance(1_100);
    world.faultsB.intercept = () => {
      throw new IoError("chain_unreachable", "down");
    };
    await world.clock.advance(60_000);
    assertEquals(world.settled, 0);
    delete world.faultsB.intercept;
    await world.clock.advance(25_000);
    assertEquals(world.settled, 5);
  }));

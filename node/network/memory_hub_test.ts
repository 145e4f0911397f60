import { assertEquals, assertThrows } from "@std/assert";
import { InvariantError } from "../core/invariant.ts";
import { createMemoryHub, type MemoryHubOptions } from "./memory_hub.ts";
import { seedOf } from "./_testing.ts";

/** `count` nodes of one hub that write down all that happens to them. */
async function nodes(count: number, options: MemoryHubOptions = {}) {
  const hub = createMemoryHub(options);
  const history: string[] = [];
  const nets = Array.from({ length: count }, (_, i) => {
    return hub.join({ nodeKeySeed: seedOf(i + 1), chainId: "hub-1", moniker: `${i}`, version: "0" });
  });
  const nameOf = (peer: string) => nets.findIndex(({ self }) => self === peer);
  for (const [i, net] of nets.entries()) {
    await net.start({
      onTopic(_topic, from, bytes) {
        history.push(`${i} hears ${bytes[0]} of ${nameOf(from)}`);
        return "accept";
      },
      onMessage: (_channel, from, bytes) => void history.push(`${i} gets ${bytes[0]} of ${nameOf(from)}`),
      onRequest: async function* () {},
      onPeerJoined: ({ id }) => void history.push(`${i} meets ${nameOf(id)}`),
      onPeerLeft: (peer) => void history.push(`${i} loses ${nameOf(peer)}`),
    });
  }
  await hub.idle();
  const stop = () => Promise.all(nets.map((net) => net.stop()));
  return { hub, nets, history, stop };
}

Deno.test("memory hub: parts of a partition hear only each other, and all meet again after heal()", async () => {
  const { hub, nets, history, stop } = await nodes(4);
  hub.partition([[nets[0]!.self, nets[1]!.self], [nets[2]!.self]]);
  await hub.idle();
  assertEquals(nets.map(({ peers }) => peers.length), [1, 1, 0, 0]);
  history.length = 0;
  nets[0]!.publish("consensus", Uint8Array.of(7));
  await hub.idle();
  assertEquals(history, ["1 hears 7 of 0"]);
  hub.heal();
  await hub.idle();
  assertEquals(nets.map(({ peers }) => peers.length), [3, 3, 3, 3]);
  await stop();
});

Deno.test("memory hub: a message goes around a link that is cut, a message to one peer does not", async () => {
  const { hub, nets, history, stop } = await nodes(3);
  hub.disconnect(nets[0]!.self, nets[2]!.self);
  await hub.idle();
  history.length = 0;
  nets[0]!.publish("consensus", Uint8Array.of(1));
  await hub.idle();
  assertEquals(history, ["1 hears 1 of 0", "2 hears 1 of 1"]);
  assertEquals(nets[0]!.send(nets[2]!.self, "sync", Uint8Array.of(1)), false);
  await stop();
});

Deno.test("memory hub: the same calls give the same history", async () => {
  const play = async () => {
    const { hub, nets, history, stop } = await nodes(4);
    for (let i = 0; i < 50; i++) {
      nets[i % 4]!.publish("transactions", Uint8Array.of(i));
      nets[(i + 1) % 4]!.send(nets[(i * 7) % 4]!.self, "consensus", Uint8Array.of(i));
      if (i === 20) hub.disconnect(nets[0]!.self, nets[1]!.self);
      if (i % 10 === 0) await hub.idle();
    }
    await hub.idle();
    await stop();
    return history;
  };
  assertEquals(await play(), await play());
});

Deno.test("memory hub: what a test says is lost is lost, and of one key there is one node", async () => {
  const { hub, nets, history, stop } = await nodes(2, { deliver: ({ bytes }) => bytes[0] !== 3 });
  history.length = 0;
  for (let i = 1; i <= 4; i++) nets[0]!.send(nets[1]!.self, "sync", Uint8Array.of(i));
  await hub.idle();
  assertEquals(history, ["1 gets 1 of 0", "1 gets 2 of 0", "1 gets 4 of 0"]);
  const twin = hub.join({ nodeKeySeed: seedOf(1), chainId: "hub-1", moniker: "", version: "0" });
  let refused: unknown;
  await twin.start({} as never).catch((error) => refused = error);
  assertThrows(() => {
    throw refused;
  }, InvariantError);
  await stop();
});

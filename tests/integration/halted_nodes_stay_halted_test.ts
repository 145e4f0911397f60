/** A node that met a failure of its own takes no part any more, and harms nobody. @module */
import { assertEquals } from "@std/assert";
import type { MemoryHub } from "../../node/network/mod.ts";
import { MemoryTestnet } from "../helpers/memory_testnet.ts";

Deno.test("a validator that halts does not begin again by way of block sync", async () => {
  const net = await MemoryTestnet.make({ validators: 4 });
  try {
    let isBroken = false;
    const hub: MemoryHub = {
      disconnect: (a, b) => net.hub.disconnect(a, b),
      partition: (groups) => net.hub.partition(groups),
      heal: () => net.hub.heal(),
      idle: () => net.hub.idle(),
      join(member) {
        const network = net.hub.join(member);
        const publish = network.publish.bind(network);
        network.publish = (topic, bytes) => {
          if (isBroken) throw new Error("broken");
          publish(topic, bytes);
        };
        return network;
      },
    };
    await Promise.all([0, 1, 2, 3].map((index) => net.start(index, index === 3 ? { hub } : {})));
    const { node, blocks } = net.nodes.get(3)!;
    await net.reach(3n);
    const { promise: halted, resolve } = Promise.withResolvers<void>();
    node.events.addEventListener("halt", () => resolve());
    isBroken = true;
    await halted;
    isBroken = false;
    // What was committed is told in a later turn.
    await net.until(() => net.nodes.get(0)!.node.peers.length === 2);
    const { height } = node;
    await net.reach(net.highest + 16n, [0, 1, 2]);
    assertEquals([node.height, blocks.get(height + 1n), node.peers], [height, undefined, []]);
    for (const index of [0, 1, 2]) assertEquals(net.nodes.get(index)!.node.bans, []);
  } finally {
    await net.close();
  }
});

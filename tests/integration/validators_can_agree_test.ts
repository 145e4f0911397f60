/** Four validators in one process over the memory network: what a user may rely on. @module */
import { assert, assertEquals } from "@std/assert";
import type { CatenaryNode } from "../../node/node.ts";
import { MemoryTestnet } from "../helpers/memory_testnet.ts";

/** Whatever two nodes committed at the same height is the same. */
function assertOneChain(net: MemoryTestnet): number {
  const seen = new Map<bigint, string>();
  for (const { blocks } of net.nodes.values()) {
    for (const { height, hash, appHash } of blocks.values()) {
      const name = `${hash}/${appHash}`;
      assertEquals(seen.get(height) ?? name, name, `height ${height}`);
      seen.set(height, name);
    }
  }
  return seen.size;
}

/** Asks until the node has voted in its height and goes no further; answers that height. */
async function waitingForVotes(node: CatenaryNode): Promise<bigint> {
  let before = "";
  for (;;) {
    const answer = await (await fetch(`${node.rpcAddress}/consensus_state`)).json();
    const place: string = answer.result.round_state["height/round/step"];
    const [height, , step] = place.split("/");
    // CometBFT's numbers of steps: 4 is prevote.
    if (Number(step) >= 4 && place === before) return BigInt(height!);
    before = place;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("four validators decide the same blocks", async () => {
  const net = await MemoryTestnet.make({ validators: 4 });
  try {
    await net.startAll();
    await net.reach(5n);
    assert(assertOneChain(net) >= 5);
    for (const { node } of net.nodes.values()) assertEquals([node.peers.length, node.bans.length], [3, 0]);
  } finally {
    await net.close();
  }
});

Deno.test("three of four go on, and the fourth catches up and votes again", async () => {
  const net = await MemoryTestnet.make({ validators: 4 });
  try {
    await net.startAll();
    await net.reach(2n);
    await net.stop(3);
    const left = net.highest;
    await net.reach(left + 5n, [0, 1, 2]);
    const back = await net.start(3);
    // Two stopped would leave half of the power: with one of the others gone, blocks need the one that came back.
    await net.until(() => !back.node.catchingUp && back.node.height >= net.highest - 1n);
    await net.stop(0);
    await net.reach(net.highest + 3n);
    assertOneChain(net);
    for (const { node } of net.nodes.values()) assertEquals(node.bans, []);
  } finally {
    await net.close();
  }
});

Deno.test("halves that cannot see each other decide nothing, and go on when they can", async () => {
  const net = await MemoryTestnet.make({ validators: 4 });
  try {
    await net.startAll();
    await net.reach(2n);
    const ids = [0, 1, 2, 3].map((index) => net.nodes.get(index)!.node.peerId);
    net.hub.partition([[ids[0]!, ids[1]!], [ids[2]!, ids[3]!]]);
    // Nothing more can be decided once each has cast its vote and waits for those of the other half.
    const places = await Promise.all([...net.nodes.values()].map(({ node }) => waitingForVotes(node)));
    const stuck = net.highest;
    assert(places.every((height) => height === stuck || height === stuck + 1n), `${places} after ${stuck}`);
    net.hub.heal();
    await net.reach(stuck + 3n);
    assertOneChain(net);
  } finally {
    await net.close();
  }
});

/** A validator whose home was lost signs nothing that it may have signed before, whatever its new home believes. @module */
import { assert } from "@std/assert";
import { holdBackSigner } from "../../node/consensus/mod.ts";
import { openStore, PrivvalStore } from "../../node/storage/mod.ts";
import { MemoryTestnet } from "../helpers/memory_testnet.ts";

Deno.test("a home that takes itself for one of the first, though the chain shows that its key has signed, is held back", async () => {
  const net = await MemoryTestnet.make({ validators: 4 });
  try {
    await net.startAll();
    await net.reach(2n);
    // Now no block comes without a precommit of the fourth, and none while it is away.
    await net.stop(2);
    await net.reach(net.highest + 3n);
    await net.stop(3);
    const { home } = net.homes[3]!;
    await Deno.remove(`${home}/data`, { recursive: true });
    // As if it had met nobody at first, and waited for the first block.
    const store = await openStore({ path: `${home}/data` });
    await holdBackSigner(new PrivvalStore(store), 1n);
    await store.close();
    const back = await net.start(3);
    while (back.node.catchingUp) await new Promise((resolve) => setTimeout(resolve, 20));
    await net.start(2);
    await net.reach(net.highest + 4n);
    assert(back.log.some((line) => line.includes("nothing is signed")), back.log.join("\n"));
  } finally {
    await net.close();
  }
});

/** Nodes that join a chain while somebody lies to them about blocks: the liar is named, and they get there all the same. */
import { assert } from "@std/assert";
import { Commit } from "cosmjs-types/tendermint/types/types";
import { encode } from "../../node/core/codec/mod.ts";
import { RESPONSE_FRAME_BYTES_MAX } from "../../node/network/ports.ts";
import { decodeBlockFrame, encodeBlockFrame } from "../../node/sync/wire.ts";
import { Chain, flipped } from "./joining.ts";
import type { Lie } from "./liar.ts";

/** The block frames of an answer, changed. */
const blocks = (change: (block: Uint8Array, commit: Commit) => Uint8Array): Lie => (protocol, frames) =>
  protocol !== "blocks" ? frames : frames.map((frame) => {
    const decoded = decodeBlockFrame(frame, RESPONSE_FRAME_BYTES_MAX);
    assert(decoded.ok && decoded.value !== undefined);
    return change(decoded.value.bytes, decoded.value.commit);
  });

Deno.test("hostile block sync: whoever lies about blocks is named, and the chain is had from others", async (t) => {
  await using chain = await Chain.open(40n);
  const attack = (name: string, lie: Lie, caught: RegExp, height = 30n) =>
    t.step(name, () => chain.join({ name, height, lie }, caught));

  await attack(
    "a block with a byte changed",
    blocks((block, commit) => {
      return encodeBlockFrame(flipped(block, block.length >> 1), encode(Commit, commit));
    }),
    /^sync_bad_block/,
  );
  await attack(
    "a seal with a signature changed",
    blocks((block, commit) => {
      const signatures = commit.signatures.map((sig) => ({ ...sig, signature: flipped(sig.signature, 5) }));
      return encodeBlockFrame(block, encode(Commit, { ...commit, signatures }));
    }),
    /^sync_bad_block/,
  );
  await attack(
    "a seal that nobody signed",
    blocks((block, commit) => {
      return encodeBlockFrame(block, encode(Commit, { ...commit, signatures: [] }));
    }),
    /^sync_bad_block/,
  );
  await attack("blocks in another order", (_, frames) => frames.toReversed(), /^sync_wrong_height/);
  await attack("garbage", (_, frames) => frames.map(() => new Uint8Array(100).fill(7)), /^sync_malformed/);
  await attack("more than was asked for", (_, frames) => [...frames, ...frames, ...frames], /^(oversized|sync_)/);
  await attack("nothing, of what it says to have", () => [], /^sync_no_block/);
  await attack("nothing, of heights that nobody has", () => [], /^sync_no_block/, (1n << 64n) - 1n);
});

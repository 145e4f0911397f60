/** Nodes that begin from a snapshot while somebody lies to them about it: the liar is named, and they get there all the same. */
import { assert } from "@std/assert";
import { decodeLightBlock, encodeLightBlock } from "../../node/sync/wire.ts";
import { rpc } from "../helpers/rpc_client.ts";
import { Chain, flipped } from "../hostile/joining.ts";
import type { Lie } from "../hostile/liar.ts";

const TRUSTED = 5;

Deno.test("hostile state sync: whoever lies about snapshots is named, and the state is had from others", async (t) => {
  await using chain = await Chain.open(45n, { config: { sync: { snapshot_interval: 20 } } });
  const { signed_header: { commit } } = await rpc(chain.honest.rpcAddress, "commit", { height: `${TRUSTED}` });
  const sync = { state_sync: true, trust_height: TRUSTED, trust_hash: commit.block_id.hash };
  const attack = (name: string, lie: Lie, caught: RegExp) =>
    t.step(name, () => chain.join({ name, height: 30n, lie }, caught, { sync }));
  const only = (kind: string, change: (frame: Uint8Array) => Uint8Array): Lie => (protocol, frames) =>
    protocol === kind ? frames.map(change) : frames;

  await attack(
    "chunks with a byte changed",
    only("chunks", (frame) => flipped(frame, frame.length >> 1)),
    /^bad_chunk/,
  );
  await attack("chunks that are garbage", only("chunks", () => new Uint8Array(50).fill(7)), /^bad_/);
  await attack("snapshots that are garbage", only("snapshots", () => new Uint8Array(50).fill(7)), /^bad_/);
  await attack(
    "light blocks that nobody signed",
    only("light_blocks", (frame) => {
      const block = decodeLightBlock(frame);
      assert(block.ok);
      const { header, commit } = block.value.signedHeader!;
      // The trusted one is known by its hash.
      if (header!.height === BigInt(TRUSTED)) return frame;
      const signatures = commit!.signatures.map((sig) => ({ ...sig, signature: flipped(sig.signature, 5) }));
      return encodeLightBlock({
        ...block.value,
        signedHeader: { header: header!, commit: { ...commit!, signatures } },
      });
    }),
    /^bad_light_block/,
  );
});

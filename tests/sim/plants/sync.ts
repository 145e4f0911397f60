/** Block sync broken on purpose: what is believed, served and watched. @module */
import { decodeBlock } from "../chain.ts";
import type { NodeParts, Plant } from "../engines.ts";
import { ok } from "../../../node/core/result.ts";
import type { OfferedBlock, SyncTarget } from "../../../node/sync/ports.ts";

/** Takes a block for what it says it is. */
function credulous(target: SyncTarget, isCredulous: () => boolean): SyncTarget {
  return {
    get nextHeight() {
      return target.nextHeight;
    },
    apply: (block) => target.apply(block),
    prove(offered: OfferedBlock) {
      const block = decodeBlock(offered.bytes);
      if (!isCredulous() || block === undefined) return target.prove(offered);
      const { height, bytes, commit } = offered;
      return Promise.resolve(ok({ height, blockId: commit.blockId, bytes, block, commit }));
    },
  };
}

const plants = {
  "applies-unproven": {
    about: "applies blocks of peers without proof",
    apply: (parts: NodeParts) => ({ ...parts, target: credulous(parts.target, () => !parts.isRunning()) }),
  },
  "watch-believes": {
    about: "leaves consensus for a block that nothing proves",
    apply: (parts: NodeParts) => ({ ...parts, target: credulous(parts.target, () => parts.isRunning()) }),
  },
  "never-watches": {
    about: "does not look where others are while consensus runs",
    apply: (parts: NodeParts) => ({
      ...parts,
      peerStatus: (peer: string, base: bigint, height: bigint) => {
        if (!parts.isRunning()) parts.peerStatus(peer, base, height);
      },
    }),
  },
  "serves-nothing": {
    about: "answers no question for blocks, though it has them",
    apply: (parts: NodeParts) => ({
      ...parts,
      source: { ...parts.source, loadSealed: () => Promise.resolve(undefined) },
    }),
  },
  "serves-another": {
    about: "serves the block after the one that was asked for",
    apply: (parts: NodeParts) => ({
      ...parts,
      source: {
        ...parts.source,
        loadSealed: async (height: bigint) =>
          await parts.source.loadSealed(height + 1n) ?? await parts.source.loadSealed(height),
      },
    }),
  },
} satisfies Record<string, Plant>;

export const SYNC_PLANTS: Readonly<Record<string, Plant>> = plants;

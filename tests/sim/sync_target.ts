/** The simulated chain as block sync sees it: blocks are proven by their seals, applied in order, and served from the disk. @module */
import { Commit } from "cosmjs-types/tendermint/types/types";
import { IoError } from "../../node/core/errors.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { timestampToNanos } from "../../node/core/time.ts";
import type { Decision } from "../../node/consensus/mod.ts";
import type { BlockSource, OfferedBlock, ProvenBlock, SyncTarget } from "../../node/sync/ports.ts";
import { blockIdOf, type ChainWorld, decodeBlock, judgeSeal, sameId, type SimChain } from "./chain.ts";

export interface SyncTargetInit {
  readonly world: ChainWorld;
  readonly chain: SimChain;
  /** An answer after a while, unless the process is gone by then. */
  readonly later: <T>(answer: () => T) => Promise<T>;
  /** Told of every block before anything else is done with it. */
  readonly onApply: (decision: Decision) => void;
  /** Stores, executes and publishes. */
  readonly commit: (decision: Decision) => Promise<void>;
}

export function simSyncTarget({ world, chain, later, onApply, commit }: SyncTargetInit): SyncTarget {
  return {
    get nextHeight() {
      return chain.height + 1n;
    },
    prove: (offered) => later(() => prove(world, chain, offered)),
    async apply({ height, blockId, bytes, block, commit: seal }) {
      const time = timestampToNanos(block.header.time);
      const decision = { height, round: seal.round, block: { blockId, bytes, time }, commit: seal };
      onApply(decision);
      const wrong = chain.judge(height, blockId, bytes);
      if (wrong !== undefined) throw new IoError("block_incompatible", `apply block ${height}: ${wrong}`);
      await commit(decision);
    },
  };
}

const refuse = (height: bigint, found: string): Result<never> =>
  err({ codespace: "sim", code: 1, message: `prove block ${height}: ${found}` });

/** In the order of the real one: bytes, seal, and only then the block. */
function prove(world: ChainWorld, chain: SimChain, offered: OfferedBlock): Result<ProvenBlock> {
  const { height, bytes, commit } = offered;
  const next = chain.height + 1n;
  if (height !== next && height !== next + 1n) return refuse(height, `the next height is ${next}`);
  const validators = height === next ? chain.validators : chain.context().nextValidators!;
  const { blockId } = commit;
  if (!sameId(blockId, blockIdOf(bytes))) return refuse(height, "its commit is for another block");
  const wrong = judgeSeal(world.scheme, validators, height, blockId, commit);
  if (wrong !== undefined) return refuse(height, wrong);
  const block = decodeBlock(bytes);
  if (block === undefined) throw new IoError("block_incompatible", `prove block ${height}: it is no block`);
  return ok({ height, blockId, bytes, block, commit });
}

export interface SourceInit {
  /** The lowest block that is served. */
  readonly base: () => bigint;
  readonly chain: SimChain;
  readonly decisions: () => readonly Decision[];
  readonly later: <T>(answer: () => T) => Promise<T>;
}

/** What is served is executed, not only stored. */
export function simBlockSource({ base, chain, decisions, later }: SourceInit): BlockSource {
  return {
    heights: () =>
      later(() => base() === 0n || base() > chain.height ? undefined : { base: base(), last: chain.height }),
    loadSealed: (height) =>
      later(() => {
        const decision = height >= base() && height <= chain.height ? decisions()[Number(height) - 1] : undefined;
        if (decision === undefined) return undefined;
        return { block: decision.block.bytes, commit: Commit.encode(decision.commit).finish() };
      }),
    loadLightBlock: () => Promise.resolve(undefined),
  };
}

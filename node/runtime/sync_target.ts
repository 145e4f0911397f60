/** The chain as block sync sees it: what it is given is proven, then applied; what others ask for is read. @module */
import type { Block } from "cosmjs-types/tendermint/types/block";
import type { BlockID } from "cosmjs-types/tendermint/types/types";
import { nextHeight } from "../chain/mod.ts";
import { equalBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import { err, type Result } from "../core/result.ts";
import { decodeBlock, equalBlockIds, hashHeader, isCompleteBlockId, partSetHeaderWork } from "../core/types/mod.ts";
import { verifyCommitWork } from "../core/validators/mod.ts";
import type { BlockSource, OfferedBlock, ProvenBlock, SyncTarget } from "../sync/ports.ts";
import { breathe, inSlices } from "./breathe.ts";
import type { Chain } from "./open.ts";

type SyncedChain = Pick<Chain, "executor" | "store">;

export function createSyncTarget({ executor }: SyncedChain): SyncTarget {
  return {
    get nextHeight() {
      return nextHeight(executor.state);
    },
    prove: (offered) => prove(executor.state, offered),
    async apply(block) {
      await executor.commitSealed(block);
    },
  };
}

type ChainState = SyncedChain["executor"]["state"];

const refuse = (height: bigint, found: string): Result<never> =>
  err({ codespace: "runtime", code: 3, message: `prove block ${height}: ${found}` });

/**
 * In the order that costs a liar most and us least: the bytes are those of the commit, more than 2/3 signed that commit, and
 * only then are they decoded. What 2/3 signed is not made to harm a decoder.
 */
async function prove(state: ChainState, { height, bytes, commit }: OfferedBlock): Promise<Result<ProvenBlock>> {
  const next = nextHeight(state);
  if (height !== next && height !== next + 1n) return refuse(height, `the next height is ${next}`);
  const validators = height === next ? state.validators : state.nextValidators;
  const { blockId } = commit;
  if (!isCompleteBlockId(blockId)) return refuse(height, "its commit is for no block");
  if (commit.signatures.length !== validators.validators.length) {
    return refuse(height, `${commit.signatures.length} signatures for ${validators.validators.length} validators`);
  }
  const header = await inSlices(partSetHeaderWork(bytes));
  if (!equalBlockIds(blockId, { hash: blockId.hash, partSetHeader: header })) {
    return refuse(height, "its commit is for another block");
  }
  const signed = await inSlices(verifyCommitWork(state.chainId, validators, blockId, height, commit));
  if (!signed.ok) return signed;
  await breathe();
  const decoded = decodeBlock(bytes, bytes.length);
  const fault = decoded.ok ? headerFault(decoded.value, height, blockId) : decoded.error.message;
  if (!decoded.ok || fault !== undefined) throw incompatible(height, fault);
  return { ok: true, value: { height, blockId, bytes, block: decoded.value, commit } };
}

function headerFault({ header }: Block, height: bigint, { hash }: BlockID): string | undefined {
  if (header.height !== height) return `its header is of height ${header.height}`;
  return equalBytes(hashHeader(header), hash) ? undefined : "its header is not that of the block id";
}

const incompatible = (height: bigint, found: string | undefined) =>
  new IoError("block_incompatible", `prove block ${height}: more than 2/3 signed it, but it is no block: ${found}`);

export function createBlockSource({ executor, store }: SyncedChain): BlockSource {
  const { blocks } = store;
  const last = () => executor.state.lastHeight;
  const isPublished = (height: bigint) => height > 0n && height <= last();
  // Blocks are not pruned: once there is a lowest one it stays.
  let base: bigint | undefined;
  return {
    async heights() {
      base ??= await blocks.blockBase();
      return base !== undefined && isPublished(base) ? { base, last: last() } : undefined;
    },
    loadSealed: async (height) => isPublished(height) ? await blocks.loadSealedBytes(height) : undefined,
    async loadLightBlock(height) {
      if (!isPublished(height)) return undefined;
      const canonical = height < last() ? await blocks.loadCommit(height) : undefined;
      const [meta, commit, validatorSet] = await Promise.all([
        blocks.loadBlockMeta(height),
        canonical ?? blocks.loadSeenCommit(height),
        store.loadValidators(height),
      ]);
      return meta && commit && validatorSet && { signedHeader: { header: meta.header, commit }, validatorSet };
    },
  };
}

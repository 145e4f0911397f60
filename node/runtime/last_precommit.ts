/** What the blocks of a chain show of a validator key. @module */
import type { Commit } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag } from "cosmjs-types/tendermint/types/validator";
import type { SeenPrecommit } from "../consensus/mod.ts";
import { equalBytes } from "../core/bytes.ts";
import type { Chain } from "./open.ts";

/**
 * Blocks that are looked through, from the last one down. A validator that signs has its precommits in more than one of so many
 * blocks; one that had not, when its memory was lost, was not where the chain is now.
 */
const BLOCKS_LOOKED_AT = 16n;

/** The latest precommit of `address` in the commits of the last blocks; undefined: there is none. */
export async function lastPrecommit(
  { executor, store: { blocks } }: Pick<Chain, "executor" | "store">,
  address: Uint8Array,
): Promise<SeenPrecommit | undefined> {
  const last = executor.state.lastHeight;
  for (let height = last; height > 0n && height > last - BLOCKS_LOOKED_AT; height--) {
    // The last block's commit is in none yet. Others gather what came later, too.
    const seen = height === last ? await blocks.loadSeenCommit(height) : (await blocks.loadHeader(height))?.commit;
    if (seen !== undefined && hasSigned(seen, address)) return { height, round: seen.round };
  }
  return undefined;
}

const hasSigned = ({ signatures }: Commit, address: Uint8Array): boolean =>
  signatures.some(({ blockIdFlag, validatorAddress }) =>
    blockIdFlag !== BlockIDFlag.BLOCK_ID_FLAG_ABSENT && equalBytes(validatorAddress, address)
  );

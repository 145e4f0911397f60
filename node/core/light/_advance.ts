/** Skipping verification along one source, step by step. @module */
import type { Instant, LightOptions } from "./options.ts";
import type { LightBlock } from "./light_block.ts";
import { verifyLightBlock } from "./verify.ts";

/** A block with what it is known by. */
export interface KnownBlock {
  readonly height: bigint;
  readonly hash: Uint8Array;
  readonly block: LightBlock;
}

/** One chain of verifications along one source. */
export interface Run {
  readonly verified: readonly KnownBlock[];
  /** Fetched but not believed yet, the target first, then lower and lower; never empty. */
  readonly pending: readonly KnownBlock[];
}

export type Advance =
  | { readonly tag: "ask"; readonly run: Run; readonly height: bigint }
  | { readonly tag: "arrived"; readonly run: Run }
  | { readonly tag: "refused"; readonly run: Run; readonly reason: string };

/**
 * Goes as far as the blocks at hand allow. Each new belief is tried on the target first and then on nearer blocks; when
 * none is near enough, the block halfway is asked for. Two neighbours are never too far apart, so this ends.
 */
export function advance(run: Run, options: Omit<LightOptions, "now"> & { readonly now: Instant }): Advance {
  let { verified, pending } = run;
  for (let i = 0; i < pending.length;) {
    const { verdict, reason } = verifyLightBlock(verified.at(-1)!.block, pending[i]!.block, options);
    if (verdict === "invalid") {
      return { tag: "refused", run: { verified, pending }, reason: `height ${pending[i]!.height}: ${reason}` };
    }
    if (verdict === "not_enough_trust") {
      i++;
      continue;
    }
    verified = [...verified, pending[i]!];
    pending = pending.slice(0, i);
    if (pending.length === 0) return { tag: "arrived", run: { verified, pending } };
    i = 0;
  }
  const from = verified.at(-1)!.height;
  return { tag: "ask", run: { verified, pending }, height: (from + pending.at(-1)!.height) / 2n };
}

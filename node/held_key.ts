/**
 * A validator key under the rule for homes that may have lost their memory: it never signs where it may have signed before, as
 * far as the chain and what is remembered can tell.
 * @module
 */
import { holdBackSigner, type SeenPrecommit, type SignerPort, type SignerStorage } from "./consensus/mod.ts";

/**
 * Heights not signed by a validator whose home remembers nothing although the chain is under way when it first takes part:
 * whoever lost the data of a home may have signed at the height that runs when it comes back, or, had it been ahead of those
 * it learns from, at the one after. Remembered: a home that was there from the chain's beginning, or was held back before, knows
 * that it has signed nothing else, as long as the chain does not show that it has.
 */
const HELD_BACK_HEIGHTS = 2n;

/** Where consensus begins. */
export interface Beginning {
  readonly height: bigint;
  /** Of the chain. */
  readonly initialHeight: bigint;
  /** The last precommit of this key that the chain shows when asked, as far as is looked. */
  readonly seen: () => Promise<SeenPrecommit | undefined>;
}

export interface HeldKey {
  readonly signer: SignerPort;
  /**
   * Consensus begins, not for the first time perhaps. Answers until which height (exclusive) nothing is signed; undefined:
   * nothing is held back. Nobody may be signing.
   */
  begin(beginning: Beginning): Promise<bigint | undefined>;
}

/** `guard` makes a guard over `storage`, which reads it anew. */
export function heldKey(storage: SignerStorage, guard: () => SignerPort): HeldKey {
  let guarded = guard();
  let seen: Beginning["seen"] = () => Promise.resolve(undefined);
  /** The last heights at which something was signed, and at which was looked whether somebody else had. */
  let [signedAt, lookedAt] = [0n, 0n];
  const hold = async (height: bigint, until: bigint) => {
    lookedAt = height;
    const heldUntil = await holdBackSigner(storage, until, await seen(), HELD_BACK_HEIGHTS);
    // The one before has its own memory of what is stored.
    guarded = guard();
    return heldUntil;
  };
  return {
    async begin({ height, initialHeight, ...beginning }) {
      ({ seen } = beginning);
      const until = await hold(height, height === initialHeight ? height : height + HELD_BACK_HEIGHTS);
      return until > height ? until : undefined;
    },
    signer: {
      async sign(chainId, message) {
        const { height } = message.type === "vote" ? message.vote : message.proposal;
        // While consensus catches up by itself, blocks may show what this home does not know of.
        if (height > signedAt + 1n && height > lookedAt) await hold(height, height + HELD_BACK_HEIGHTS);
        const answer = await guarded.sign(chainId, message);
        if (answer.ok) signedAt = height;
        return answer;
      },
    },
  };
}

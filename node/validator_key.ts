/** How this node signs: with the key of its home, under its guard, and never where it may have signed before. @module */
import type { KeyPair } from "./config/mod.ts";
import { createGuardedSigner, type SignerPort } from "./consensus/mod.ts";
import { PrivvalStore, type Store } from "./storage/mod.ts";

/**
 * Heights not signed by a validator whose home remembers no signature although the chain is under way: whoever lost the data
 * of a home may have signed at the height that runs when it comes back, or, had it been ahead of those it learns from, at the
 * one after.
 */
const HELD_BACK_HEIGHTS = 2n;

export interface LocalSigner {
  readonly signer: SignerPort;
  /**
   * Consensus begins at `height` of a chain that began at `initialHeight`. Answers until which height (exclusive) nothing is
   * signed; undefined: nothing is held back. Only the first call counts.
   */
  begin(height: bigint, initialHeight: bigint): Promise<bigint | undefined>;
}

/** Signs with the key file. */
export function localSigner(key: KeyPair, store: Store): LocalSigner {
  const storage = new PrivvalStore(store);
  const guarded = createGuardedSigner({ key: key.seed, storage });
  let heldUntil: bigint | undefined;
  let begun: Promise<bigint | undefined> | undefined;
  const decide = async (height: bigint, initialHeight: bigint) => {
    if (height > initialHeight && await storage.load() === undefined) heldUntil = height + HELD_BACK_HEIGHTS;
    return heldUntil;
  };
  return {
    begin: (height, initialHeight) => begun ??= decide(height, initialHeight),
    signer: {
      sign(chainId, message) {
        const { height } = message.type === "vote" ? message.vote : message.proposal;
        if (heldUntil === undefined || height >= heldUntil) return guarded.sign(chainId, message);
        const reason =
          `sign at height ${height}: this home remembers no signature, so nothing below ${heldUntil} is signed`;
        return Promise.resolve({ ok: false, reason });
      },
    },
  };
}

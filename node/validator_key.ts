/**
 * How this node signs: with the key of its home, under its guard, and never where it may have signed before; or with a key that
 * a signer in another process holds.
 * @module
 */
import { SYSTEM_CLOCK } from "./clock.ts";
import type { KeyPair, NodeConfig } from "./config/mod.ts";
import { createGuardedSigner, holdBackSigner, type SeenPrecommit, type SignerPort } from "./consensus/mod.ts";
import { ed25519Address } from "./core/crypto/mod.ts";
import type { NodeHome } from "./node_options.ts";
import { openRemoteSigner } from "./signer/mod.ts";
import { PrivvalStore, type Store } from "./storage/mod.ts";
import type { Logger } from "./telemetry/mod.ts";

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

/** A validator key that can be asked to sign. */
export interface ValidatorKey {
  /** ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 20 bytes. */
  readonly address: Uint8Array;
  readonly signer: SignerPort;
  /**
   * Consensus begins, not for the first time perhaps. Answers until which height (exclusive) nothing is signed; undefined:
   * nothing is held back. Nobody may be signing.
   */
  begin(beginning: Beginning): Promise<bigint | undefined>;
  close(): Promise<void>;
}

export interface ValidatorKeyOptions {
  readonly home: NodeHome;
  readonly config: NodeConfig;
  readonly chainId: string;
  readonly store: Store;
  readonly log: Logger;
  /** Ends the wait for a signer. */
  readonly signal: AbortSignal;
}

/** The key of a signer where one is configured, else that of the home; undefined: a full node. Rejects with an IoError. */
export async function openValidatorKey(options: ValidatorKeyOptions): Promise<ValidatorKey | undefined> {
  const { home: { validatorKey, nodeKey }, config, chainId, store, log, signal } = options;
  const { listen, peer_keys, timeout_ms } = config.signer;
  if (listen === "") return validatorKey && localKey(validatorKey, store);
  const { publicKey, signer, close } = await openRemoteSigner({
    listen,
    chainId,
    nodeKey: nodeKey.seed,
    peerKeys: peer_keys.map((key) => Uint8Array.fromHex(key)),
    timeoutMs: timeout_ms,
    clock: SYSTEM_CLOCK,
    log,
    signal,
  });
  // The memory of what was signed is where the key is.
  return { publicKey, address: ed25519Address(publicKey), signer, begin: () => Promise.resolve(undefined), close };
}

/** Signs with the key file. */
export function localKey(key: KeyPair, store: Store): ValidatorKey {
  const storage = new PrivvalStore(store);
  const guard = () => createGuardedSigner({ key: key.seed, storage });
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
    publicKey: key.publicKey,
    address: key.address,
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
    close: () => Promise.resolve(),
  };
}

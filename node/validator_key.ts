/**
 * How this node signs: with the key of its home, under its guard, and never where it may have signed before; or with a key that
 * a signer in another process holds.
 * @module
 */
import { SYSTEM_CLOCK } from "./clock.ts";
import type { KeyPair, NodeConfig } from "./config/mod.ts";
import { createGuardedSigner } from "./consensus/mod.ts";
import { ed25519Address } from "./core/crypto/mod.ts";
import { type HeldKey, heldKey } from "./held_key.ts";
import type { NodeHome } from "./node_options.ts";
import { openRemoteSigner } from "./signer/mod.ts";
import { PrivvalStore, type Store } from "./storage/mod.ts";
import type { Logger } from "./telemetry/mod.ts";

/** A validator key that can be asked to sign. */
export interface ValidatorKey extends HeldKey {
  /** ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 20 bytes. */
  readonly address: Uint8Array;
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
  const { signer, begin } = heldKey(storage, () => createGuardedSigner({ key: key.seed, storage }));
  return { publicKey: key.publicKey, address: key.address, signer, begin, close: () => Promise.resolve() };
}

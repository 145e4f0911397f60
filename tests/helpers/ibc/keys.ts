/** Keys of validators and accounts of a test chain: the same in every run, others on every chain. @module */
import type { Vote } from "cosmjs-types/tendermint/types/types";
import { bytesToHex, utf8ToBytes } from "../../../node/core/bytes.ts";
import {
  ed25519Address,
  type Ed25519Key,
  ed25519KeyFromSeed,
  sha256,
  signEd25519,
} from "../../../node/core/crypto/mod.ts";
import { voteSignBytes } from "../../../node/core/types/mod.ts";

/** Most validators a test chain can have in its life. */
export const VALIDATORS_MAX = 16;

/** The validator keys of one chain, by number and by address. */
export class ValidatorKeys {
  readonly #keys: Ed25519Key[] = [];
  readonly #byAddress = new Map<string, Ed25519Key>();

  constructor(readonly chainId: string) {
    for (let index = 0; index < VALIDATORS_MAX; index++) {
      const key = ed25519KeyFromSeed(sha256(utf8ToBytes(`validator ${index} of ${chainId}`)));
      this.#keys.push(key);
      this.#byAddress.set(bytesToHex(ed25519Address(key.publicKey)), key);
    }
  }

  at(index: number): Ed25519Key {
    const key = this.#keys[index];
    if (key === undefined) throw new RangeError(`${this.chainId} has no validator key ${index}`);
    return key;
  }

  of(address: Uint8Array): Ed25519Key {
    const key = this.#byAddress.get(bytesToHex(address));
    if (key === undefined) throw new Error(`${this.chainId} has no key for validator ${bytesToHex(address)}`);
    return key;
  }

  /** Signs a vote with the key of its validator. */
  readonly sign = (chainId: string, vote: Vote): Vote => ({
    ...vote,
    signature: signEd25519(this.of(vote.validatorAddress), voteSignBytes(chainId, vote)),
  });
}

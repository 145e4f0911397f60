/**
 * The state of a `06-solomachine` client: one key, and how many times it has signed (ibc-go v10 `06-solomachine`, types of
 * `ibc.lightclients.solomachine.v3`).
 * @module
 */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { ClientState, ConsensusState } from "cosmjs-types/ibc/lightclients/solomachine/v3/solomachine";
import { decodeStrict } from "../../../../core/codec/mod.ts";
import { refuse } from "../../../../core/ibc/mod.ts";
import { decodePubKey, type PubKey } from "../../../../core/pub_key.ts";
import { ok, type Result } from "../../../../core/result.ts";
import { ClientStore } from "../../client/client_store.ts";

/** A client state that has its consensus state, and its key taken out of it. */
export interface Solomachine {
  readonly state: ClientState;
  readonly consensusState: ConsensusState;
  readonly key: PubKey;
}

/** All clients of this type. Consensus states stand in the client state only. */
export const store: ClientStore<ClientState, ConsensusState> = new ClientStore(ClientState, ConsensusState);

const STATE_BYTES_MAX = 16_384;

/** The key in an `Any`. Multisignature keys, which ibc-go takes, are refused: several signers make an attestation client. */
export function readKey(any: Any | undefined, refused: "invalidConsensus" | "invalidClientHeader"): Result<PubKey> {
  if (any === undefined) return refuse(refused, "public key cannot be empty");
  const key = decodePubKey(any);
  return key === undefined
    ? refuse(refused, `public key ${any.typeUrl.slice(0, 100)} is neither secp256k1 nor ed25519`)
    : ok(key);
}

/** Something that is not empty and only space. */
export const isBlankDiversifier = (diversifier: string): boolean => diversifier !== "" && diversifier.trim() === "";

/** The rules of `ConsensusState.ValidateBasic`; answers the key. */
function validateConsensusState({ timestamp, diversifier, publicKey }: ConsensusState): Result<PubKey> {
  if (timestamp === 0n) return refuse("invalidConsensus", "timestamp cannot be 0");
  if (isBlankDiversifier(diversifier)) {
    return refuse("invalidConsensus", "diversifier cannot contain only spaces");
  }
  return readKey(publicKey, "invalidConsensus");
}

export function readConsensusState(bytes: Uint8Array): Result<ConsensusState> {
  const decoded = decodeStrict(ConsensusState, bytes, "solo machine consensus state", STATE_BYTES_MAX);
  if (!decoded.ok) return refuse("invalidConsensus", decoded.error.message);
  const valid = validateConsensusState(decoded.value);
  return valid.ok ? decoded : valid;
}

/** The rules of `ClientState.Validate`. */
export function readState(bytes: Uint8Array): Result<Solomachine> {
  const decoded = decodeStrict(ClientState, bytes, "solo machine client state", STATE_BYTES_MAX);
  if (!decoded.ok) return refuse("invalidClient", decoded.error.message);
  const { sequence, consensusState } = decoded.value;
  if (sequence === 0n) return refuse("invalidClient", "sequence cannot be 0");
  if (consensusState === undefined) return refuse("invalidConsensus", "consensus state cannot be nil");
  const key = validateConsensusState(consensusState);
  return key.ok ? ok({ state: decoded.value, consensusState, key: key.value }) : key;
}

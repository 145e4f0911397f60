/** States of `06-solomachine` clients in genesis files, as ibc-go v10 writes them. @module */
import type { Any } from "cosmjs-types/google/protobuf/any";
import {
  ClientState as ClientStateCodec,
  ConsensusState as ConsensusStateCodec,
} from "cosmjs-types/ibc/lightclients/solomachine/v3/solomachine";
import { z } from "zod";
import { invariant } from "../../../../core/invariant.ts";
import { decodePubKey, encodePubKey, PUB_KEY_TYPE_URL } from "../../../../core/pub_key.ts";
import { stateForm } from "../../client/state_form.ts";
import { bytes, uint64 } from "../../genesis_json.ts";

const publicKeySchema = z.discriminatedUnion("@type", [
  z.strictObject({ "@type": z.literal(PUB_KEY_TYPE_URL.secp256k1), key: bytes }),
  z.strictObject({ "@type": z.literal(PUB_KEY_TYPE_URL.ed25519), key: bytes }),
]).transform((json): Any => {
  const type = json["@type"] === PUB_KEY_TYPE_URL.ed25519 ? "ed25519" : "secp256k1";
  return encodePubKey({ type, key: json.key });
});

const consensusStateSchema = z.strictObject({
  public_key: publicKeySchema,
  diversifier: z.string(),
  timestamp: uint64,
}).transform((json): ConsensusStateCodec => ({
  publicKey: json.public_key,
  diversifier: json.diversifier,
  timestamp: json.timestamp,
}));

function consensusStateToJson({ publicKey, diversifier, timestamp }: ConsensusStateCodec) {
  const key = publicKey && decodePubKey(publicKey);
  invariant(key !== undefined, "write solo machine: it has no key");
  return {
    public_key: { "@type": PUB_KEY_TYPE_URL[key.type], key: key.key.toBase64() },
    diversifier,
    timestamp: timestamp.toString(),
  };
}

const clientStateSchema = z.strictObject({
  sequence: uint64,
  is_frozen: z.boolean(),
  consensus_state: consensusStateSchema,
}).transform((json): ClientStateCodec => ({
  sequence: json.sequence,
  isFrozen: json.is_frozen,
  consensusState: json.consensus_state,
}));

export const genesisForms = {
  clientState: stateForm(ClientStateCodec, clientStateSchema, ({ sequence, isFrozen, consensusState }) => ({
    sequence: sequence.toString(),
    is_frozen: isFrozen,
    consensus_state: consensusState === undefined ? null : consensusStateToJson(consensusState),
  })),
  consensusState: stateForm(ConsensusStateCodec, consensusStateSchema, consensusStateToJson),
};

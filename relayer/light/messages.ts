/** Messages of ICS-02 about what a light client is told. @module */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import { Header, Misbehaviour } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { encode } from "../../node/core/codec/mod.ts";
import { type AttestationHeader, AttestationHeaderCodec } from "../../node/core/ibc/mod.ts";

/** A message for a transaction body. */
export interface ClientMessage {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** `MsgUpdateClient` with any message that the client understands. */
export function updateClientMessage(clientId: string, clientMessage: Any, signer: string): ClientMessage {
  return { typeUrl: MsgUpdateClient.typeUrl, value: encode(MsgUpdateClient, { clientId, clientMessage, signer }) };
}

/** A header of `07-tendermint` as a client message. */
export const headerAny = (header: Header): Any => ({ typeUrl: Header.typeUrl, value: encode(Header, header) });

/** Evidence against a chain followed by `07-tendermint`, as a client message. */
export const misbehaviourAny = (misbehaviour: Misbehaviour): Any => ({
  typeUrl: Misbehaviour.typeUrl,
  value: encode(Misbehaviour, misbehaviour),
});

/**
 * An attestation of `10-attestation` as a client message. Attestors give their signatures outside the chain, to whoever
 * asks them; `assembleAttestation` joins these.
 */
export const attestationAny = (header: AttestationHeader): Any => ({
  typeUrl: AttestationHeaderCodec.typeUrl,
  value: encode(AttestationHeaderCodec, header),
});

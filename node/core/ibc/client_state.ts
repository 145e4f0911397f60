/**
 * The state of a `07-tendermint` client with whole ICS-23 specifications. `ProofSpec` of `cosmjs-types` lacks the field
 * `prehash_key_before_comparison`, without which a client of our chains could not judge absence: it is dropped when
 * decoding, and bytes that carry it are then not canonical.
 * @module
 */
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { ProofSpec } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { ClientState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { decodeStrict, encode, type MessageCodec } from "../codec/mod.ts";
import type { CodedError } from "../errors.ts";
import type { Ics23Spec } from "../merkle/mod.ts";
import type { Result } from "../result.ts";

/** `ibc.lightclients.tendermint.v1.ClientState` whose proof specifications are whole. */
export interface TendermintClientState extends Omit<ClientState, "proofSpecs"> {
  proofSpecs: Ics23Spec[];
}

/** Longest client state that is read, in bytes. Real ones have about 200. */
export const CLIENT_STATE_BYTES_MAX = 16_384;

/** `bool prehash_key_before_comparison = 5` of `cosmos.ics23.v1.ProofSpec`. */
const PREHASH_FIELD = 5;
/** `repeated ProofSpec proof_specs = 8` of the client state, and what follows it. */
const PROOF_SPECS_FIELD = 8;
const UPGRADE_PATH_FIELD = 9;
const AFTER_EXPIRY_FIELD = 10;
const AFTER_MISBEHAVIOUR_FIELD = 11;
const VARINT = 0;
const DELIMITED = 2;
const tag = (field: number, wireType: number) => (field << 3) | wireType;

/** The bytes of one message, taken from the reader. */
function take(input: BinaryReader | Uint8Array, length: number | undefined): Uint8Array {
  if (input instanceof Uint8Array) return length === undefined ? input : input.subarray(0, length);
  const start = input.pos;
  const end = length === undefined ? input.len : start + length;
  if (end > input.len) throw new RangeError("message past the end");
  input.pos = end;
  return input.buf.subarray(start, end);
}

/** Calls `visit` at the value of each field with that tag; it reads the value. Other fields are skipped. */
function eachField(bytes: Uint8Array, wanted: number, visit: (reader: BinaryReader) => void): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const found = reader.uint32();
    if (found === wanted) visit(reader);
    else reader.skipType(found & 7);
  }
}

/** `cosmos.ics23.v1.ProofSpec` with all its fields. */
export const ProofSpecCodec: MessageCodec<Ics23Spec> = {
  typeUrl: ProofSpec.typeUrl,
  encode(spec, writer = BinaryWriter.create()) {
    ProofSpec.encode(spec, writer);
    if (spec.prehashKeyBeforeComparison === true) writer.uint32(tag(PREHASH_FIELD, VARINT)).bool(true);
    return writer;
  },
  decode(input, length) {
    const bytes = take(input, length);
    let prehash = false;
    eachField(bytes, tag(PREHASH_FIELD, VARINT), (reader) => prehash = reader.bool());
    const spec = ProofSpec.decode(bytes);
    return prehash ? { ...spec, prehashKeyBeforeComparison: true } : spec;
  },
};

/** The codec of {@linkcode TendermintClientState}; the same bytes as ibc-go's. */
export const ClientStateCodec: MessageCodec<TendermintClientState> = {
  typeUrl: ClientState.typeUrl,
  encode(state, writer = BinaryWriter.create()) {
    const head = {
      proofSpecs: [],
      upgradePath: [],
      allowUpdateAfterExpiry: false,
      allowUpdateAfterMisbehaviour: false,
    };
    ClientState.encode({ ...state, ...head }, writer);
    for (const spec of state.proofSpecs) {
      ProofSpecCodec.encode(spec, writer.uint32(tag(PROOF_SPECS_FIELD, DELIMITED)).fork()).ldelim();
    }
    for (const key of state.upgradePath) writer.uint32(tag(UPGRADE_PATH_FIELD, DELIMITED)).string(key);
    if (state.allowUpdateAfterExpiry) writer.uint32(tag(AFTER_EXPIRY_FIELD, VARINT)).bool(true);
    if (state.allowUpdateAfterMisbehaviour) writer.uint32(tag(AFTER_MISBEHAVIOUR_FIELD, VARINT)).bool(true);
    return writer;
  },
  decode(input, length) {
    const bytes = take(input, length);
    const proofSpecs: Ics23Spec[] = [];
    eachField(bytes, tag(PROOF_SPECS_FIELD, DELIMITED), (reader) => {
      proofSpecs.push(ProofSpecCodec.decode(reader, reader.uint32()));
    });
    return { ...ClientState.decode(bytes), proofSpecs };
  },
};

/** The one encoding, without the `Any` around it. */
export function encodeClientState(state: TendermintClientState): Uint8Array {
  return encode(ClientStateCodec, state);
}

/** Reads a client state strictly (see `decodeStrict`): bounded, in canonical form, without unknown fields. */
export function decodeClientState(bytes: Uint8Array): Result<TendermintClientState, CodedError> {
  return decodeStrict(ClientStateCodec, bytes, "client state", CLIENT_STATE_BYTES_MAX);
}

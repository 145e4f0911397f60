/** The wire forms of `validators.proto`. @module */
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { PageRequest, PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import type { MessageCodec } from "../../core/codec/mod.ts";

export interface MsgUpdateValidator {
  readonly authority: string;
  /** ed25519, 32 bytes. */
  readonly pubKey: Uint8Array;
  /** 0 removes. */
  readonly power: bigint;
}
export interface Validator {
  readonly pubKey: Uint8Array;
  readonly power: bigint;
}
export interface Params {
  /** Addresses, sorted. */
  readonly admins: readonly string[];
}

type OnField = (field: number, reader: BinaryReader) => boolean;

/** Reads fields until the end; unknown ones are skipped here and refused by strict decoding. */
function readFields(input: BinaryReader | Uint8Array, length: number | undefined, onField: OnField): void {
  const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
  const end = length === undefined ? reader.len : reader.pos + length;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!onField(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}

const tagOf = (field: number, wireType: number) => (field << 3) | wireType;
const VARINT = 0;
const BYTES = 2;

export const MsgUpdateValidatorCodec: MessageCodec<MsgUpdateValidator> = {
  typeUrl: "/catenary.validators.v1.MsgUpdateValidator",
  encode({ authority, pubKey, power }, writer = BinaryWriter.create()) {
    if (authority !== "") writer.uint32(tagOf(1, BYTES)).string(authority);
    if (pubKey.length > 0) writer.uint32(tagOf(2, BYTES)).bytes(pubKey);
    if (power !== 0n) writer.uint32(tagOf(3, VARINT)).int64(power);
    return writer;
  },
  decode(input, length) {
    let authority = "", pubKey: Uint8Array = new Uint8Array(), power = 0n;
    readFields(input, length, (field, reader) => {
      if (field === 1) authority = reader.string();
      else if (field === 2) pubKey = reader.bytes();
      else if (field === 3) power = reader.int64();
      else return false;
      return true;
    });
    return { authority, pubKey, power };
  },
};

export const ValidatorCodec: MessageCodec<Validator> = {
  typeUrl: "/catenary.validators.v1.Validator",
  encode({ pubKey, power }, writer = BinaryWriter.create()) {
    if (pubKey.length > 0) writer.uint32(tagOf(1, BYTES)).bytes(pubKey);
    if (power !== 0n) writer.uint32(tagOf(2, VARINT)).int64(power);
    return writer;
  },
  decode(input, length) {
    let pubKey: Uint8Array = new Uint8Array(), power = 0n;
    readFields(input, length, (field, reader) => {
      if (field === 1) pubKey = reader.bytes();
      else if (field === 2) power = reader.int64();
      else return false;
      return true;
    });
    return { pubKey, power };
  },
};

export const ParamsCodec: MessageCodec<Params> = {
  typeUrl: "/catenary.validators.v1.Params",
  encode({ admins }, writer = BinaryWriter.create()) {
    for (const admin of admins) writer.uint32(tagOf(1, BYTES)).string(admin);
    return writer;
  },
  decode(input, length) {
    const admins: string[] = [];
    readFields(input, length, (field, reader) => {
      if (field !== 1) return false;
      admins.push(reader.string());
      return true;
    });
    return { admins };
  },
};

export const QueryValidatorsRequestCodec: MessageCodec<{ pagination: PageRequest | undefined }> = {
  typeUrl: "/catenary.validators.v1.QueryValidatorsRequest",
  encode({ pagination }, writer = BinaryWriter.create()) {
    if (pagination !== undefined) PageRequest.encode(pagination, writer.uint32(tagOf(1, BYTES)).fork()).ldelim();
    return writer;
  },
  decode(input, length) {
    let pagination: PageRequest | undefined;
    readFields(input, length, (field, reader) => {
      if (field !== 1) return false;
      pagination = PageRequest.decode(reader, reader.uint32());
      return true;
    });
    return { pagination };
  },
};

export interface QueryValidatorsResponse {
  readonly validators: readonly Validator[];
  readonly pagination: PageResponse;
}

export const QueryValidatorsResponseCodec: MessageCodec<QueryValidatorsResponse> = {
  typeUrl: "/catenary.validators.v1.QueryValidatorsResponse",
  encode({ validators, pagination }, writer = BinaryWriter.create()) {
    for (const validator of validators) {
      ValidatorCodec.encode(validator, writer.uint32(tagOf(1, BYTES)).fork() as BinaryWriter).ldelim();
    }
    PageResponse.encode(pagination, writer.uint32(tagOf(2, BYTES)).fork() as BinaryWriter).ldelim();
    return writer;
  },
  decode(input, length) {
    const validators: Validator[] = [];
    let pagination = PageResponse.fromPartial({});
    readFields(input, length, (field, reader) => {
      if (field === 1) validators.push(ValidatorCodec.decode(reader, reader.uint32()));
      else if (field === 2) pagination = PageResponse.decode(reader, reader.uint32());
      else return false;
      return true;
    });
    return { validators, pagination };
  },
};

export const QueryParamsResponseCodec: MessageCodec<{ params: Params }> = {
  typeUrl: "/catenary.validators.v1.QueryParamsResponse",
  encode({ params }, writer = BinaryWriter.create()) {
    ParamsCodec.encode(params, writer.uint32(tagOf(1, BYTES)).fork() as BinaryWriter).ldelim();
    return writer;
  },
  decode(input, length) {
    let params: Params = { admins: [] };
    readFields(input, length, (field, reader) => {
      if (field !== 1) return false;
      params = ParamsCodec.decode(reader, reader.uint32());
      return true;
    });
    return { params };
  },
};

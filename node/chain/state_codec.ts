/**
 * The chain state as bytes: the message `tendermint.state.State` of CometBFT v0.38 (`proto/tendermint/state/types.proto`),
 * which `cosmjs-types` lacks. @module
 */
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import { BlockID } from "cosmjs-types/tendermint/types/types";
import { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { Consensus } from "cosmjs-types/tendermint/version/types";
import { decodeStrict } from "../core/codec/mod.ts";
import { ok, type Result } from "../core/result.ts";
import { nanosToTimestamp, timestampToNanos } from "../core/time.ts";
import { BLOCK_PROTOCOL, EMPTY_BLOCK_ID } from "../core/types/mod.ts";
import { refuse } from "./errors.ts";
import { DEFAULT_CONSENSUS_PARAMS } from "./params.ts";
import type { ChainParams, ChainState } from "./types.ts";

/** Three sets of 10 000 validators, and room. */
const STATE_BYTES_MAX = 8 * 1024 * 1024;

const VARINT = 0;
const BYTES = 2;
const key = (field: number, wire: number) => (field << 3) | wire;

/** Field numbers of `State`, and of the `Version` in its first field. */
const FIELD = {
  version: 1,
  chainId: 2,
  lastHeight: 3,
  lastBlockId: 4,
  lastBlockTime: 5,
  nextValidators: 6,
  validators: 7,
  lastValidators: 8,
  lastHeightValidatorsChanged: 9,
  consensusParams: 10,
  lastHeightConsensusParamsChanged: 11,
  lastResultsHash: 12,
  appHash: 13,
  initialHeight: 14,
} as const;
const VERSION_CONSENSUS = 1;

interface Encoder<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
}

const stateCodec = {
  typeUrl: "/tendermint.state.State",

  encode(state: ChainState, writer = BinaryWriter.create()): BinaryWriter {
    const message = <T>(field: number, codec: Encoder<T>, value: T) =>
      codec.encode(value, writer.uint32(key(field, BYTES)).fork()).ldelim();
    const int64 = (field: number, value: bigint) => {
      if (value !== 0n) writer.uint32(key(field, VARINT)).int64(value);
    };
    const bytes = (field: number, value: Uint8Array) => {
      if (value.length > 0) writer.uint32(key(field, BYTES)).bytes(value);
    };
    writer.uint32(key(FIELD.version, BYTES)).fork();
    message(VERSION_CONSENSUS, Consensus, { block: BLOCK_PROTOCOL, app: state.appVersion });
    writer.ldelim();
    writer.uint32(key(FIELD.chainId, BYTES)).string(state.chainId);
    int64(FIELD.lastHeight, state.lastHeight);
    message(FIELD.lastBlockId, BlockID, state.lastBlockId);
    message(FIELD.lastBlockTime, Timestamp, nanosToTimestamp(state.lastBlockTime));
    message(FIELD.nextValidators, ValidatorSet, state.nextValidators);
    message(FIELD.validators, ValidatorSet, state.validators);
    message(FIELD.lastValidators, ValidatorSet, state.lastValidators);
    int64(FIELD.lastHeightValidatorsChanged, state.lastHeightValidatorsChanged);
    message(FIELD.consensusParams, ConsensusParams, state.consensusParams);
    int64(FIELD.lastHeightConsensusParamsChanged, state.lastHeightConsensusParamsChanged);
    bytes(FIELD.lastResultsHash, state.lastResultsHash);
    bytes(FIELD.appHash, state.appHash);
    int64(FIELD.initialHeight, state.initialHeight);
    return writer;
  },

  decode(input: BinaryReader | Uint8Array): ChainState {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const state: { -readonly [K in keyof ChainState]: ChainState[K] } = emptyState();
    while (reader.pos < reader.len) readField(reader, state);
    return state;
  },
};

const NO_VALIDATORS: ValidatorSet = { validators: [], totalVotingPower: 0n };

const emptyState = (): ChainState => ({
  chainId: "",
  initialHeight: 0n,
  appVersion: 0n,
  lastHeight: 0n,
  lastBlockId: EMPTY_BLOCK_ID,
  lastBlockTime: 0n,
  nextValidators: NO_VALIDATORS,
  validators: NO_VALIDATORS,
  lastValidators: NO_VALIDATORS,
  lastHeightValidatorsChanged: 0n,
  consensusParams: DEFAULT_CONSENSUS_PARAMS,
  lastHeightConsensusParamsChanged: 0n,
  appHash: new Uint8Array(),
  lastResultsHash: new Uint8Array(),
});

function readField(reader: BinaryReader, state: { -readonly [K in keyof ChainState]: ChainState[K] }): void {
  const tag = reader.uint32();
  switch (tag >>> 3) {
    case FIELD.version:
      state.appVersion = readAppVersion(reader);
      return;
    case FIELD.chainId:
      state.chainId = reader.string();
      return;
    case FIELD.lastHeight:
      state.lastHeight = reader.int64();
      return;
    case FIELD.lastBlockId:
      state.lastBlockId = BlockID.decode(reader, reader.uint32());
      return;
    case FIELD.lastBlockTime:
      state.lastBlockTime = timestampToNanos(Timestamp.decode(reader, reader.uint32()));
      return;
    case FIELD.nextValidators:
      state.nextValidators = ValidatorSet.decode(reader, reader.uint32());
      return;
    case FIELD.validators:
      state.validators = ValidatorSet.decode(reader, reader.uint32());
      return;
    case FIELD.lastValidators:
      state.lastValidators = ValidatorSet.decode(reader, reader.uint32());
      return;
    case FIELD.lastHeightValidatorsChanged:
      state.lastHeightValidatorsChanged = reader.int64();
      return;
    case FIELD.consensusParams:
      state.consensusParams = completeParams(ConsensusParams.decode(reader, reader.uint32()));
      return;
    case FIELD.lastHeightConsensusParamsChanged:
      state.lastHeightConsensusParamsChanged = reader.int64();
      return;
    case FIELD.lastResultsHash:
      state.lastResultsHash = reader.bytes();
      return;
    case FIELD.appHash:
      state.appHash = reader.bytes();
      return;
    case FIELD.initialHeight:
      state.initialHeight = reader.int64();
      return;
    default:
      reader.skipType(tag & 7);
  }
}

function readAppVersion(reader: BinaryReader): bigint {
  const end = reader.uint32() + reader.pos;
  let app = 0n;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === VERSION_CONSENSUS) app = Consensus.decode(reader, reader.uint32()).app;
    else reader.skipType(tag & 7);
  }
  return app;
}

function completeParams(params: ConsensusParams): ChainParams {
  const { block, evidence, validator, version, abci } = params;
  if (!block || !evidence || !validator || !version || !abci) throw new Error("consensus parameters are incomplete");
  return { block, evidence, validator, version, abci };
}

/** The chain state as `tendermint.state.State`. */
export function encodeChainState(state: ChainState): Uint8Array {
  return stateCodec.encode(state).finish();
}

/** The inverse of {@linkcode encodeChainState}: bounded, and only its own canonical form. */
export function decodeChainState(bytes: Uint8Array): Result<ChainState> {
  const decoded = decodeStrict(stateCodec, bytes, "chain state", STATE_BYTES_MAX);
  return decoded.ok ? ok(decoded.value) : refuse("stateEncoding", decoded.error.message);
}

/** `tendermint.types.ConsensusParams`, as they are kept for each height they changed at. */
export function encodeChainParams(params: ChainParams): Uint8Array {
  return ConsensusParams.encode(params).finish();
}

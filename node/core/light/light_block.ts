/**
 * What a light client is given: headers with their commits and validator sets, from anybody. Values are copied into
 * canonical form field by field, and what does not fit its protobuf type is refused, so that nothing after this can
 * throw on them.
 * @module
 */
import type { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import type { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import type { BlockID, Commit, CommitSig, Header } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag, type Validator } from "cosmjs-types/tendermint/types/validator";
import { err, ok, type Result } from "../result.ts";
import { consensusKeyAddress, EMPTY_BLOCK_ID, VOTES_MAX, ZERO_TIME } from "../types/mod.ts";
import { compareValidators } from "../validators/mod.ts";

/** One validator as far as a light client needs it; a missing address is the key's. */
export type LightValidator = Pick<Validator, "pubKey" | "votingPower"> & { readonly address?: Uint8Array | undefined };

/** A validator set, whole or only its list, in any order. */
export type LightValidators = readonly LightValidator[] | { readonly validators: readonly LightValidator[] };

/**
 * A header, the commit that seals it, and the validators it names: a `LightBlock` of `cosmjs-types`, with the next
 * validators where they are known. Each set may be given under either of its two names.
 */
export interface LightBlock {
  readonly signedHeader?: { readonly header?: Header | undefined; readonly commit?: Commit | undefined } | undefined;
  /** The validators of this height, who signed the commit. */
  readonly validatorSet?: LightValidators | undefined;
  readonly validators?: LightValidators | undefined;
  /** The validators of the next height. */
  readonly nextValidatorSet?: LightValidators | undefined;
  readonly nextValidators?: LightValidators | undefined;
}

/** A light block in canonical form: sets in CometBFT's order. */
export interface CheckedLightBlock {
  readonly header: Header;
  readonly commit: Commit | undefined;
  readonly validators: readonly Validator[] | undefined;
  readonly nextValidators: readonly Validator[] | undefined;
}

/** Raised and caught inside this file only. */
class Misshapen extends Error {}

type Fields = Readonly<Record<string, unknown>>;

const NONE = new Uint8Array();
const isMissing = (value: unknown) => value === undefined || value === null;

function fields(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null) throw new Misshapen(`${name} is missing`);
  return value as Fields;
}

function list(value: unknown, name: string): readonly unknown[] {
  if (isMissing(value)) return [];
  if (!Array.isArray(value)) throw new Misshapen(`${name} is not a list`);
  if (value.length > VOTES_MAX) throw new Misshapen(`${name} has ${value.length} entries`);
  return value;
}

function bytes(value: unknown, name: string): Uint8Array {
  if (isMissing(value)) return NONE;
  if (!(value instanceof Uint8Array)) throw new Misshapen(`${name} is not bytes`);
  return value;
}

function bigint(value: unknown, bits: "int64" | "uint64", name: string): bigint {
  const fits = typeof value === "bigint" && value === (bits === "int64" ? BigInt.asIntN : BigInt.asUintN)(64, value);
  if (!fits) throw new Misshapen(`${name} is not an ${bits}`);
  return value;
}

function integer(value: unknown, max: number, name: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) {
    throw new Misshapen(`${name} is not an integer up to ${max}`);
  }
  return value;
}

function time(value: unknown, name: string): Timestamp {
  const { seconds, nanos } = fields(value, name);
  return { seconds: bigint(seconds, "int64", name), nanos: integer(nanos, 999_999_999, name) };
}

function blockId(value: unknown, name: string): BlockID {
  if (isMissing(value)) return EMPTY_BLOCK_ID;
  const { hash, partSetHeader } = fields(value, name);
  const parts = isMissing(partSetHeader) ? { total: 0 } : fields(partSetHeader, name);
  return {
    hash: bytes(hash, name),
    partSetHeader: { total: integer(parts.total, 0xffff_ffff, name), hash: bytes(parts.hash, name) },
  };
}

function readHeader(value: unknown): Header {
  const header = fields(value, "header");
  const version = fields(header.version, "header version");
  if (typeof header.chainId !== "string") throw new Misshapen("header chain id is not a string");
  return {
    version: { block: bigint(version.block, "uint64", "version"), app: bigint(version.app, "uint64", "version") },
    chainId: header.chainId,
    height: bigint(header.height, "int64", "header height"),
    time: time(header.time, "header time"),
    lastBlockId: blockId(header.lastBlockId, "last block id"),
    lastCommitHash: bytes(header.lastCommitHash, "last commit hash"),
    dataHash: bytes(header.dataHash, "data hash"),
    validatorsHash: bytes(header.validatorsHash, "validators hash"),
    nextValidatorsHash: bytes(header.nextValidatorsHash, "next validators hash"),
    consensusHash: bytes(header.consensusHash, "consensus hash"),
    appHash: bytes(header.appHash, "app hash"),
    lastResultsHash: bytes(header.lastResultsHash, "last results hash"),
    evidenceHash: bytes(header.evidenceHash, "evidence hash"),
    proposerAddress: bytes(header.proposerAddress, "proposer address"),
  };
}

/**
 * An absent signature has no time. Go writes its zero there, protobuf and other tools the epoch or nothing; nobody signs
 * it, so all three are taken for the same.
 */
function signatureTime(value: unknown, flag: number): Timestamp {
  const isAbsent = flag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT;
  if (isAbsent && isMissing(value)) return ZERO_TIME;
  const read = time(value, "signature time");
  return isAbsent && read.seconds === 0n && read.nanos === 0 ? ZERO_TIME : read;
}

function readSignature(value: unknown): CommitSig {
  const signature = fields(value, "signature");
  const blockIdFlag = integer(signature.blockIdFlag, 0x7fff_ffff, "block id flag");
  return {
    blockIdFlag,
    validatorAddress: bytes(signature.validatorAddress, "validator address"),
    timestamp: signatureTime(signature.timestamp, blockIdFlag),
    signature: bytes(signature.signature, "signature"),
  };
}

function readCommit(value: unknown): Commit {
  const commit = fields(value, "commit");
  return {
    height: bigint(commit.height, "int64", "commit height"),
    round: integer(commit.round, 0x7fff_ffff, "commit round"),
    blockId: blockId(commit.blockId, "block id"),
    signatures: list(commit.signatures, "signatures").map(readSignature),
  };
}

function readKey(value: unknown): PublicKey {
  const key = fields(value, "public key");
  return {
    ...(isMissing(key.ed25519) ? {} : { ed25519: bytes(key.ed25519, "public key") }),
    ...(isMissing(key.secp256k1) ? {} : { secp256k1: bytes(key.secp256k1, "public key") }),
  };
}

function readValidator(value: unknown): Validator {
  const validator = fields(value, "validator");
  const pubKey = readKey(validator.pubKey);
  const given = bytes(validator.address, "validator address");
  return {
    address: given.length > 0 ? given : consensusKeyAddress(pubKey) ?? NONE,
    pubKey,
    votingPower: bigint(validator.votingPower, "int64", "voting power"),
    proposerPriority: 0n,
  };
}

/** Sorted as CometBFT has every set: commits and hashes rest on that order. */
function readValidators(value: unknown): readonly Validator[] | undefined {
  if (isMissing(value)) return undefined;
  const validators = Array.isArray(value) ? value : fields(value, "validator set").validators;
  return list(validators, "validator set").map(readValidator).sort(compareValidators);
}

/** The canonical form of `block`; the error is the state found. */
export function readLightBlock(block: LightBlock): Result<CheckedLightBlock, string> {
  try {
    const given = fields(block, "light block");
    const { header, commit } = fields(given.signedHeader, "signed header");
    return ok({
      header: readHeader(header),
      commit: isMissing(commit) ? undefined : readCommit(commit),
      validators: readValidators(given.validatorSet ?? given.validators),
      nextValidators: readValidators(given.nextValidatorSet ?? given.nextValidators),
    });
  } catch (error) {
    if (error instanceof Misshapen) return err(error.message);
    throw error;
  }
}

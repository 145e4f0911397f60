/**
 * CometBFT's JSON (what `/commit` and `/validators` answer) as the types of `cosmjs-types`. What is missing stays empty
 * where CometBFT writes null; anything of another kind is refused.
 * @module
 */
import type { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import type { BlockID, Commit, CommitSig, Header } from "cosmjs-types/tendermint/types/types";
import type { Validator } from "cosmjs-types/tendermint/types/validator";
import { hexToBytes } from "../bytes.ts";
import { err, ok, type Result } from "../result.ts";
import { nanosToTimestamp, rfc3339ToNanos } from "../time.ts";
import { consensusKeyAddress, EMPTY_BLOCK_ID, VOTES_MAX } from "../types/mod.ts";

/** Raised and caught inside this file only. */
class Misshapen extends Error {}

type Fields = Readonly<Record<string, unknown>>;

const NONE = new Uint8Array();
const isMissing = (value: unknown) => value === undefined || value === null || value === "";

function fields(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null) throw new Misshapen(`${name} is missing`);
  return value as Fields;
}

function list(value: unknown, name: string): readonly unknown[] {
  if (isMissing(value)) return [];
  if (!Array.isArray(value) || value.length > VOTES_MAX) throw new Misshapen(`${name} is no list, or too long`);
  return value;
}

function hex(value: unknown, name: string): Uint8Array {
  if (isMissing(value)) return NONE;
  if (typeof value !== "string" || !/^(?:[0-9a-fA-F]{2})+$/.test(value)) {
    throw new Misshapen(`${name} is not hexadecimal`);
  }
  return hexToBytes(value);
}

function base64(value: unknown, name: string): Uint8Array {
  if (isMissing(value)) return NONE;
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw new Misshapen(`${name} is not base64`);
  try {
    return Uint8Array.fromBase64(value);
  } catch {
    throw new Misshapen(`${name} is not base64`);
  }
}

/** CometBFT writes 64-bit integers as strings. */
function bigint(value: unknown, name: string): bigint {
  if (isMissing(value)) return 0n;
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value)) throw new Misshapen(`${name} is not an integer`);
  return BigInt(value);
}

const integer = (value: unknown, name: string): number => Number(bigint(value, name));

function time(value: unknown, name: string): Timestamp {
  const nanos = typeof value === "string" ? rfc3339ToNanos(value) : undefined;
  if (nanos === undefined) throw new Misshapen(`${name} is not a time`);
  return nanosToTimestamp(nanos);
}

function blockId(value: unknown, name: string): BlockID {
  if (isMissing(value)) return EMPTY_BLOCK_ID;
  const id = fields(value, name);
  const given = id.parts ?? id.part_set_header;
  const parts = isMissing(given) ? {} : fields(given, name);
  return {
    hash: hex(id.hash, name),
    partSetHeader: { total: integer(parts.total, name), hash: hex(parts.hash, name) },
  };
}

function readHeader(value: unknown): Header {
  const header = fields(value, "header");
  const version = fields(header.version, "version");
  if (typeof header.chain_id !== "string") throw new Misshapen("chain_id is missing");
  const hash = (name: string) => hex(header[name], name);
  return {
    version: { block: bigint(version.block, "version"), app: bigint(version.app, "version") },
    chainId: header.chain_id,
    height: bigint(header.height, "height"),
    time: time(header.time, "time"),
    lastBlockId: blockId(header.last_block_id, "last_block_id"),
    lastCommitHash: hash("last_commit_hash"),
    dataHash: hash("data_hash"),
    validatorsHash: hash("validators_hash"),
    nextValidatorsHash: hash("next_validators_hash"),
    consensusHash: hash("consensus_hash"),
    appHash: hash("app_hash"),
    lastResultsHash: hash("last_results_hash"),
    evidenceHash: hash("evidence_hash"),
    proposerAddress: hash("proposer_address"),
  };
}

function readSignature(value: unknown): CommitSig {
  const signature = fields(value, "signature");
  return {
    blockIdFlag: integer(signature.block_id_flag, "block_id_flag"),
    validatorAddress: hex(signature.validator_address, "validator_address"),
    timestamp: time(signature.timestamp, "timestamp"),
    signature: base64(signature.signature, "signature"),
  };
}

function readCommit(value: unknown): Commit {
  const commit = fields(value, "commit");
  return {
    height: bigint(commit.height, "commit height"),
    round: integer(commit.round, "round"),
    blockId: blockId(commit.block_id, "block_id"),
    signatures: list(commit.signatures, "signatures").map(readSignature),
  };
}

const KEYS: Readonly<Record<string, "ed25519" | "secp256k1">> = {
  "tendermint/PubKeyEd25519": "ed25519",
  "tendermint/PubKeySecp256k1": "secp256k1",
};

function readValidator(value: unknown): Validator {
  const validator = fields(value, "validator");
  const key = fields(validator.pub_key, "pub_key");
  const kind = typeof key.type === "string" && Object.hasOwn(KEYS, key.type) ? KEYS[key.type]! : undefined;
  if (kind === undefined) throw new Misshapen(`public keys of type ${String(key.type).slice(0, 40)} are not known`);
  const pubKey = { [kind]: base64(key.value, "pub_key") };
  const address = hex(validator.address, "address");
  return {
    address: address.length > 0 ? address : consensusKeyAddress(pubKey) ?? NONE,
    pubKey,
    votingPower: bigint(validator.voting_power ?? validator.power, "voting_power"),
    proposerPriority: bigint(validator.proposer_priority, "proposer_priority"),
  };
}

function attempt<T>(read: () => T): Result<T, string> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof Misshapen) return err(error.message);
    throw error;
  }
}

/** `{ header, commit }` of `/commit`. The error is the state found. */
export function signedHeaderFromJson(value: unknown): Result<{ header: Header; commit: Commit }, string> {
  return attempt(() => {
    const { header, commit } = fields(value, "signed header");
    return { header: readHeader(header), commit: readCommit(commit) };
  });
}

/** The list in an answer of `/validators`, or in one page of it. The error is the state found. */
export function validatorsFromJson(value: unknown): Result<Validator[], string> {
  return attempt(() => list(value, "validators").map(readValidator));
}

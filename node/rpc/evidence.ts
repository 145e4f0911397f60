/** Evidence as CometBFT's JSON has it, back into protobuf. @module */
import {
  type DuplicateVoteEvidence,
  Evidence,
  type LightClientAttackEvidence,
} from "cosmjs-types/tendermint/types/evidence";
import type { BlockID, LightBlock, Vote } from "cosmjs-types/tendermint/types/types";
import type { Validator } from "cosmjs-types/tendermint/types/validator";
import { signedHeaderFromJson, validatorsFromJson } from "../core/light/mod.ts";
import { err, type Result } from "../core/result.ts";
import { nanosToTimestamp, rfc3339ToNanos } from "../core/time.ts";
import { decodeEvidence } from "../core/types/mod.ts";
import { BadParam, BYTES, HEX_BYTES, INT64, type Param } from "./params.ts";

/** Thrown inside this file only, to leave nested readers; `readEvidence` turns it into its result. */
class Malformed extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Malformed(`${what}: not an object`);
  }
  return value as Fields;
}

function read<T>(fields: Fields, name: string, param: Param<T>): NonNullable<T> {
  const raw = Object.hasOwn(fields, name) ? fields[name] : undefined;
  const value = raw === undefined || raw === null ? new BadParam("missing") : param.fromJson(raw);
  if (value instanceof BadParam) throw new Malformed(`${name}: ${value.message}`);
  return value as NonNullable<T>;
}

/** Nil bytes are null in Go's JSON. */
function readBytes(fields: Fields, name: string): Uint8Array {
  return fields[name] === undefined || fields[name] === null ? new Uint8Array() : read(fields, name, BYTES);
}

function readInt32(fields: Fields, name: string): number {
  const value = read(fields, name, INT64);
  if (value < -(2n ** 31n) || value >= 2n ** 31n) throw new Malformed(`${name}: not a 32-bit integer`);
  return Number(value);
}

function readTime(fields: Fields, name: string) {
  const text = fields[name];
  const nanos = typeof text === "string" ? rfc3339ToNanos(text) : undefined;
  if (nanos === undefined) throw new Malformed(`${name}: not an RFC 3339 time`);
  return nanosToTimestamp(nanos);
}

function readBlockId(fields: Fields): BlockID {
  const parts = fieldsOf(fields["parts"], "parts");
  const total = readInt32(parts, "total");
  if (total < 0) throw new Malformed("total: negative");
  return { hash: read(fields, "hash", HEX_BYTES), partSetHeader: { total, hash: read(parts, "hash", HEX_BYTES) } };
}

function readVote(value: unknown, name: string): Vote {
  const fields = fieldsOf(value, name);
  return {
    type: readInt32(fields, "type"),
    height: read(fields, "height", INT64),
    round: readInt32(fields, "round"),
    blockId: readBlockId(fieldsOf(fields["block_id"], "block_id")),
    timestamp: readTime(fields, "timestamp"),
    validatorAddress: read(fields, "validator_address", HEX_BYTES),
    validatorIndex: readInt32(fields, "validator_index"),
    signature: readBytes(fields, "signature"),
    extension: readBytes(fields, "extension"),
    extensionSignature: readBytes(fields, "extension_signature"),
  };
}

function readDuplicateVotes(fields: Fields): DuplicateVoteEvidence {
  return {
    voteA: readVote(fields["vote_a"], "vote_a"),
    voteB: readVote(fields["vote_b"], "vote_b"),
    totalVotingPower: read(fields, "TotalVotingPower", INT64),
    validatorPower: read(fields, "ValidatorPower", INT64),
    timestamp: readTime(fields, "Timestamp"),
  };
}

function valueOf<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Malformed(result.error);
  return result.value;
}

const isMissing = (value: unknown) => value === undefined || value === null;

function readValidator(value: unknown): Validator | undefined {
  return isMissing(value) ? undefined : valueOf(validatorsFromJson([value]))[0];
}

/** The total power is never written: it follows from the validators. */
function readLightBlock(value: unknown): LightBlock {
  const block = fieldsOf(value, "ConflictingBlock");
  const set = fieldsOf(block["validator_set"], "validator_set");
  const proposer = readValidator(set["proposer"]);
  return {
    signedHeader: valueOf(signedHeaderFromJson(block["signed_header"])),
    validatorSet: {
      validators: valueOf(validatorsFromJson(set["validators"])),
      totalVotingPower: 0n,
      ...(proposer && { proposer }),
    },
  };
}

function readAttack(fields: Fields): LightClientAttackEvidence {
  return {
    conflictingBlock: readLightBlock(fields["ConflictingBlock"]),
    commonHeight: read(fields, "CommonHeight", INT64),
    byzantineValidators: valueOf(validatorsFromJson(fields["ByzantineValidators"])),
    totalVotingPower: read(fields, "TotalVotingPower", INT64),
    timestamp: readTime(fields, "Timestamp"),
  };
}

function readSum(value: unknown): Evidence {
  const outer = fieldsOf(value, "evidence");
  switch (outer["type"]) {
    case "tendermint/DuplicateVoteEvidence":
      return { duplicateVoteEvidence: readDuplicateVotes(fieldsOf(outer["value"], "value")) };
    case "tendermint/LightClientAttackEvidence":
      return { lightClientAttackEvidence: readAttack(fieldsOf(outer["value"], "value")) };
    default:
      throw new Malformed("not of type tendermint/DuplicateVoteEvidence or tendermint/LightClientAttackEvidence");
  }
}

function encodeEvidence(evidence: Evidence): Uint8Array {
  try {
    return Evidence.encode(evidence).finish();
  } catch {
    throw new Malformed("a number is out of range");
  }
}

/**
 * `{type, value}` into protobuf, or what is wrong with it. What comes out is what protobuf holds of it: an integer of the
 * JSON that is too large for its field must not be judged as one thing here and signed and sent as another.
 */
export function readEvidence(value: unknown): Result<Evidence, string> {
  try {
    const bytes = encodeEvidence(readSum(value));
    const decoded = decodeEvidence(bytes, bytes.length);
    return decoded.ok ? decoded : err(decoded.error.message);
  } catch (error) {
    if (error instanceof Malformed) return err(error.message);
    throw error;
  }
}

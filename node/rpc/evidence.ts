/**
 * Evidence as CometBFT's JSON has it, back into protobuf. Only duplicate votes: light client attacks are found by the node
 * itself or come from a peer.
 * @module
 */
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { BlockID, Vote } from "cosmjs-types/tendermint/types/types";
import { err, ok, type Result } from "../core/result.ts";
import { nanosToTimestamp, rfc3339ToNanos } from "../core/time.ts";
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

/** `{type, value}` into protobuf, or what is wrong with it. */
export function readEvidence(value: unknown): Result<Evidence, string> {
  try {
    const outer = fieldsOf(value, "evidence");
    if (outer["type"] !== "tendermint/DuplicateVoteEvidence") {
      return err("not of type tendermint/DuplicateVoteEvidence");
    }
    const fields = fieldsOf(outer["value"], "value");
    return ok({
      duplicateVoteEvidence: {
        voteA: readVote(fields["vote_a"], "vote_a"),
        voteB: readVote(fields["vote_b"], "vote_b"),
        totalVotingPower: read(fields, "TotalVotingPower", INT64),
        validatorPower: read(fields, "ValidatorPower", INT64),
        timestamp: readTime(fields, "Timestamp"),
      },
    });
  } catch (error) {
    if (error instanceof Malformed) return err(error.message);
    throw error;
  }
}

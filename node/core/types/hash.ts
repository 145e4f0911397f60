/**
 * The hashes of CometBFT v0.38 (spec, core data structures): each is the simple Merkle root of protobuf-encoded parts.
 * @module
 */
import { BinaryWriter } from "cosmjs-types/binary";
import { ExecTxResult } from "cosmjs-types/tendermint/abci/types";
import type { Proof } from "cosmjs-types/tendermint/crypto/proof";
import {
  DuplicateVoteEvidence,
  type Evidence,
  LightClientAttackEvidence,
} from "cosmjs-types/tendermint/types/evidence";
import { type ConsensusParams, HashedParams } from "cosmjs-types/tendermint/types/params";
import { BlockID, type Commit, CommitSig, type Header } from "cosmjs-types/tendermint/types/types";
import { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { Consensus } from "cosmjs-types/tendermint/version/types";
import { sha256 } from "../crypto/mod.ts";
import { merkleProof, merkleRoot, merkleRootWork } from "../merkle/mod.ts";
import type { Work } from "../work.ts";

const NONE = new Uint8Array();
const HASH_BYTES = 32;

/** CometBFT's `cdcEncode`: a value wrapped in a one-field message; an empty value is no bytes at all. */
const wrapBytes = (value: Uint8Array) =>
  value.length === 0 ? NONE : BinaryWriter.create().uint32(10).bytes(value).finish();
const wrapString = (value: string) => value === "" ? NONE : BinaryWriter.create().uint32(10).string(value).finish();
const wrapInt64 = (value: bigint) => value === 0n ? NONE : BinaryWriter.create().uint32(8).int64(value).finish();

/**
 * The hash of a block header, which is the block's hash: 32 bytes, or none when the header names no validators (then it
 * is not a header of a block).
 */
export function hashHeader(header: Header): Uint8Array {
  if (header.validatorsHash.length === 0) return NONE;
  return merkleRoot([
    Consensus.encode(header.version).finish(),
    wrapString(header.chainId),
    wrapInt64(header.height),
    Timestamp.encode(header.time).finish(),
    BlockID.encode(header.lastBlockId).finish(),
    wrapBytes(header.lastCommitHash),
    wrapBytes(header.dataHash),
    wrapBytes(header.validatorsHash),
    wrapBytes(header.nextValidatorsHash),
    wrapBytes(header.consensusHash),
    wrapBytes(header.appHash),
    wrapBytes(header.lastResultsHash),
    wrapBytes(header.evidenceHash),
    wrapBytes(header.proposerAddress),
  ]);
}

/** The hash of a commit: its signatures' root. No bytes for no commit. */
export function hashCommit(commit: Commit | undefined): Uint8Array {
  if (commit === undefined) return NONE;
  return merkleRoot(commit.signatures.map((signature) => CommitSig.encode(signature).finish()));
}

/** Hashes by the very array: the same one is hashed when it is admitted, put into a block and indexed. */
const txHashes = new WeakMap<Uint8Array, Uint8Array>();

/**
 * The hash by which a transaction is known: SHA-256 of its bytes, which are never written to from here on. Treat it as a
 * constant: it is shared.
 */
export function hashTx(tx: Uint8Array): Uint8Array {
  let hash = txHashes.get(tx);
  if (hash === undefined) txHashes.set(tx, hash = sha256(tx));
  return hash;
}

/** A copy of a transaction that somebody else may write to; what is known of its hash goes with it. */
export function copyTx(tx: Uint8Array): Uint8Array {
  const copy = tx.slice();
  const hash = txHashes.get(tx);
  if (hash !== undefined) txHashes.set(copy, hash);
  return copy;
}

/** A header's `data_hash`: the root over the hashes of the transactions. */
export function hashData(txs: readonly Uint8Array[]): Uint8Array {
  return merkleRoot(txs.map(hashTx));
}

/** As {@linkcode hashData}, with pauses. */
export const hashDataWork = (txs: readonly Uint8Array[]): Work<Uint8Array> => merkleRootWork(txs, hashTx);

/** The proof that the transaction at `index` is under {@linkcode hashData}; its leaf is {@linkcode hashTx}. */
export function proveTx(txs: readonly Uint8Array[], index: number): Proof {
  return merkleProof(txs.map(hashTx), index);
}

/** Evidence is hashed as the inner message, without the `oneof` around it. */
function evidenceBytes(evidence: Evidence): Uint8Array {
  const { duplicateVoteEvidence, lightClientAttackEvidence } = evidence;
  if (duplicateVoteEvidence !== undefined) return DuplicateVoteEvidence.encode(duplicateVoteEvidence).finish();
  if (lightClientAttackEvidence === undefined) return NONE;
  return LightClientAttackEvidence.encode(lightClientAttackEvidence).finish();
}

/**
 * The hash by which evidence is known. Of duplicate votes: SHA-256 of the bytes. Of an attack on light clients: SHA-256 of
 * the conflicting header's hash and the common height, so that the same attack with other signatures is the same; as in
 * CometBFT the last byte of the header's hash is left zero and the height is a signed varint (`types/evidence.go`).
 */
export function hashOneEvidence(evidence: Evidence): Uint8Array {
  const { duplicateVoteEvidence: votes, lightClientAttackEvidence: attack } = evidence;
  if (votes !== undefined || attack === undefined) return sha256(evidenceBytes(evidence));
  const header = attack.conflictingBlock?.signedHeader?.header;
  const height = signedVarint(attack.commonHeight);
  const bytes = new Uint8Array(HASH_BYTES + height.length);
  if (header !== undefined) bytes.set(hashHeader(header).subarray(0, HASH_BYTES - 1));
  bytes.set(height, HASH_BYTES);
  return sha256(bytes);
}

/** Go's `binary.PutVarint`: zigzag, then seven bits at a time. */
function signedVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value < 0n ? ~(value << 1n) : value << 1n);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.of(...bytes, Number(rest));
}

/** A header's `evidence_hash`. */
export function hashEvidence(evidence: readonly Evidence[]): Uint8Array {
  return merkleRoot(evidence.map(evidenceBytes));
}

/** A header's `consensus_hash`: only the block limits are in it (`HashedParams`). */
export function hashConsensusParams(params: ConsensusParams): Uint8Array {
  const { maxBytes = 0n, maxGas = 0n } = params.block ?? {};
  return sha256(HashedParams.encode({ blockMaxBytes: maxBytes, blockMaxGas: maxGas }).finish());
}

/** Only what every node computes alike: code, data and gas. */
function deterministicResult({ code, data, gasWanted, gasUsed }: ExecTxResult): Uint8Array {
  return ExecTxResult.encode({ code, data, gasWanted, gasUsed, log: "", info: "", events: [], codespace: "" }).finish();
}

/** The next header's `last_results_hash`. */
export function hashResults(results: readonly ExecTxResult[]): Uint8Array {
  return merkleRoot(results.map(deterministicResult));
}

/** As {@linkcode hashResults}, with pauses. */
export const hashResultsWork = (results: readonly ExecTxResult[]): Work<Uint8Array> =>
  merkleRootWork(results, deterministicResult);

/** The proof that the result at `index` is under {@linkcode hashResults}. */
export function proveResult(results: readonly ExecTxResult[], index: number): Proof {
  return merkleProof(results.map(deterministicResult), index);
}

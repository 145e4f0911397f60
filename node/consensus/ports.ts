/** What the consensus driver needs from the world. Real adapters and the simulator implement the same ports. @module */
import type { BlockID, Commit } from "cosmjs-types/tendermint/types/types";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { Nanos } from "../core/time.ts";
import type { Decision } from "./effect.ts";
import type { HeightContext, PeerId, ProposedBlock, Signable } from "./input.ts";

export interface ClockPort {
  nowNanos(): Nanos;
  /** Calls back once after `ms`; the returned function cancels. */
  schedule(ms: number, callback: () => void): () => void;
}

/** The write-ahead log of the current height, as bytes. `append` resolves when the records are durable. */
export interface WalPort {
  append(height: bigint, records: readonly Uint8Array[]): Promise<void>;
  /** The whole records of `height` in order. A torn last record is dropped; damage before it is an IoError `wal_damaged`. */
  load(height: bigint): Promise<Uint8Array[]>;
  /** Drops records below `height`. */
  truncate(height: bigint): Promise<void>;
}

/**
 * Signs with the validator key under a double-sign guard: what was signed last (height, round, step, sign bytes,
 * signature) is durable before the signature is returned. The same sign bytes again give the same signature; anything
 * conflicting is refused.
 */
export interface SignerPort {
  sign(
    chainId: string,
    message: Signable,
  ): Promise<{ ok: true; message: Signable } | { ok: false; reason: string }>;
}

export interface TransportPort {
  broadcast(message: Uint8Array): void;
  send(to: PeerId, message: Uint8Array): void;
  report(peer: PeerId, code: string, reason: string): void;
}

/** The chain: builds, judges and applies blocks. */
export interface BlockPort {
  build(request: { height: bigint; round: number; lastCommit: Commit | undefined }): Promise<ProposedBlock>;
  validate(
    request: { height: bigint; round: number; blockId: BlockID; bytes: Uint8Array },
  ): Promise<{ valid: true; time: Nanos } | { valid: false; reason: string }>;
  /** Stores and executes the block; resolves when it is durable, with what the next height needs. */
  commit(decision: Decision): Promise<HeightContext>;
  addEvidence(evidence: Evidence): void;
}

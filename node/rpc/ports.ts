/**
 * What the RPC server needs from a node. The composition root implements it; tests use a fake. Promises reject only for
 * a failing world (IoError); what a client asked wrongly is answered by undefined or a coded result.
 * @module
 */
import type { Event, ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import type { Block } from "cosmjs-types/tendermint/types/block";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import type { BlockID, BlockMeta, Commit, Vote } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import type { CheckTxResult, QueryInput, QueryOutput } from "../app/ports.ts";
import type { CodedError } from "../core/errors.ts";
import type { Query } from "../core/event_query/mod.ts";
import type { Result } from "../core/result.ts";
import type { RoundView } from "../core/round_view.ts";
import type { Nanos } from "../core/time.ts";

export interface StoredBlock {
  readonly blockId: BlockID;
  readonly block: Block;
  /** Encoded size. */
  readonly size: number;
}

/** A transaction that is in a block. */
export interface IndexedTx {
  readonly height: bigint;
  readonly index: number;
}

export interface SearchPage<T> {
  readonly total: number;
  readonly items: readonly T[];
  /** Set when the search was not carried out: it would have read too much. */
  readonly refused?: CodedError;
}

/** `known: false` when the check itself was refused before running (mempool full, too large, seen before). */
export type AdmitResult =
  | { readonly admitted: true; readonly hash: Uint8Array; readonly check: CheckTxResult }
  | {
    readonly admitted: false;
    readonly hash: Uint8Array;
    /** Set when the application refused. */
    readonly check: CheckTxResult | undefined;
    readonly reason: "checked" | "seen" | "full" | "too_large" | "sequence_gap";
    readonly log: string;
  };

/** A committed block with its results, published after it is durable; the order of events is the chain's. */
export interface CommittedBlock {
  readonly height: bigint;
  readonly blockId: BlockID;
  readonly block: Block;
  readonly results: ResponseFinalizeBlock;
  /** Transaction hashes in order. */
  readonly txHashes: readonly Uint8Array[];
}

export interface NodeStatus {
  readonly chainId: string;
  readonly moniker: string;
  readonly nodeId: string;
  readonly listenAddress: string;
  readonly rpcAddress: string;
  readonly earliestHeight: bigint;
  readonly latestHeight: bigint;
  readonly catchingUp: boolean;
  /** This node's validator key (ed25519, 32 bytes) and its power at the latest height (0: no validator). */
  readonly validatorPubKey: Uint8Array | undefined;
  readonly validatorPower: bigint;
  /** True after the first committed block of this process or a stored one. */
  readonly ready: boolean;
  /** False when transactions and events are not indexed, so that no search can answer. */
  readonly indexing: boolean;
}

/** What `net_info` tells. */
export interface NetInfo {
  /** Multiaddrs. */
  readonly listeners: readonly string[];
  readonly peers: readonly {
    /** CometBFT's node id: 40 hexadecimal digits. */
    readonly nodeId: string;
    readonly moniker: string;
    readonly version: string;
    readonly outbound: boolean;
    /** Multiaddr. */
    readonly address: string;
    readonly remoteIp: string;
    readonly connectedMs: number;
    readonly bytesSent: number;
    readonly bytesReceived: number;
  }[];
}

/** Where consensus was when something happened; `step` in the engine's word, as `prevote`. */
interface RoundPlace {
  readonly height: bigint;
  readonly round: number;
  readonly step: string;
}

/** What happens within a height, named as the events of CometBFT v0.38. */
export type RoundEvent =
  | RoundPlace & {
    readonly type: "NewRound";
    /** Undefined: an empty validator set. */
    readonly proposer: { readonly address: Uint8Array; readonly index: number } | undefined;
  }
  | RoundPlace & { readonly type: "CompleteProposal"; readonly blockId: BlockID }
  | RoundPlace & {
    readonly type: "NewRoundStep" | "TimeoutPropose" | "TimeoutWait" | "Polka" | "ValidBlock" | "Lock" | "Relock";
  }
  | { readonly type: "Vote"; readonly vote: Vote };

export interface RpcBackend {
  status(): NodeStatus;
  /** The genesis document, as in the file. */
  genesis(): unknown;
  loadBlock(height: bigint): Promise<StoredBlock | undefined>;
  loadBlockByHash(hash: Uint8Array): Promise<StoredBlock | undefined>;
  loadBlockMeta(height: bigint): Promise<BlockMeta | undefined>;
  /** The canonical commit of `height` (in the next block), or the seen one at the latest height. */
  loadCommit(height: bigint): Promise<{ commit: Commit; canonical: boolean } | undefined>;
  loadBlockResults(height: bigint): Promise<ResponseFinalizeBlock | undefined>;
  /** Validators of `height` (up to latest + 1) with priorities. */
  loadValidators(height: bigint): Promise<ValidatorSet | undefined>;
  loadConsensusParams(height: bigint): Promise<ConsensusParams | undefined>;
  findTx(hash: Uint8Array): Promise<IndexedTx | undefined>;
  /** `page` from 1. Ascending by (height, index) unless `descending`. */
  searchTxs(query: Query, page: number, perPage: number, descending: boolean): Promise<SearchPage<IndexedTx>>;
  searchBlocks(query: Query, page: number, perPage: number, descending: boolean): Promise<SearchPage<bigint>>;
  query(query: QueryInput): Promise<QueryOutput>;
  checkTx(tx: Uint8Array): Promise<CheckTxResult>;
  /** Checks and puts into the mempool. */
  broadcastTx(tx: Uint8Array): Promise<AdmitResult>;
  /** Absent while nothing collects evidence. Answers its hash. */
  broadcastEvidence?(evidence: Evidence): Promise<Result<Uint8Array>>;
  unconfirmed(limit: number): { readonly count: number; readonly bytes: number; readonly txs: readonly Uint8Array[] };
  /** Connected peers, for `net_info`; absent: no network. */
  netInfo?(): NetInfo;
  /** The running height, its round and step, for `consensus_state`. */
  consensusState(): { readonly height: bigint; readonly round: number; readonly step: string };
  /** The running height in full; absent or undefined: no more is known than {@linkcode consensusState}. */
  roundView?(): RoundView | undefined;
  /** Calls back for what happens within heights until the returned function is called; absent: nothing is told. */
  onRound?(listener: (event: RoundEvent) => void): () => void;
  /** Calls back for each committed block until the returned function is called. */
  onCommit(listener: (committed: CommittedBlock) => void): () => void;
  now(): Nanos;
}

export type { Event };

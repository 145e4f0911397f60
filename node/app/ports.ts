/**
 * The doors of the application, as the runtime sees them. All of them are work over a state that may not be resident;
 * shapes are ABCI's of CometBFT v0.38. @module
 */
import type { Event, ExecTxResult, Misbehavior, ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import type { ProofOps } from "cosmjs-types/tendermint/crypto/proof";
import type { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import type { Nanos } from "../core/time.ts";
import type { LoadKeys, LoadNodes, LoadRange, Reply, Work } from "../core/work.ts";
import type { StagedCommit } from "../state/commit.ts";
import type { BlockContext } from "./module.ts";
import type { SpeculationReader } from "./speculation_reader.ts";

export type { Speculating } from "./speculating.ts";
export type { SpeculationReader } from "./speculation_reader.ts";

export type { Aside, AsideOutcome, AsideRun, AsideTask, Patience } from "./aside.ts";

export type * from "./module.ts";

/** Why a transaction is checked: first seen, or again after a block changed the state. */
export type CheckKind = "new" | "recheck";

export interface CheckTxResult {
  /** 0 admits. */
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly data: Uint8Array;
  readonly gasWanted: bigint;
  readonly gasUsed: bigint;
  readonly events: readonly Event[];
  /** The account whose sequence orders this sender's transactions: bytes of the first signer; empty when undecodable. */
  readonly sender: Uint8Array;
  /** The first signer's sequence in the transaction. */
  readonly sequence: bigint;
  /** The sequence of its account, when the transaction was refused for having another. */
  readonly awaited?: bigint;
  /** Fee per gas, in 1e-9 of the fee denom per gas unit: higher goes first. */
  readonly priority: bigint;
}

/** What a decided block tells the application (RequestFinalizeBlock without what it does not need). */
export interface BlockInput {
  readonly height: bigint;
  readonly time: Nanos;
  /** Header hash. */
  readonly hash: Uint8Array;
  readonly proposerAddress: Uint8Array;
  readonly txs: readonly Uint8Array[];
  readonly misbehavior: readonly Misbehavior[];
}

export interface BlockOutput {
  readonly txResults: readonly ExecTxResult[];
  readonly events: readonly Event[];
  readonly validatorUpdates: readonly ValidatorUpdate[];
  readonly consensusParamUpdates: ConsensusParams | undefined;
  readonly appHash: Uint8Array;
  /** To be written and published by the runtime, then handed to `commit`. */
  readonly staged: StagedCommit;
}

export interface GenesisInput {
  readonly chainId: string;
  readonly time: Nanos;
  readonly initialHeight: bigint;
  readonly consensusParams: ConsensusParams;
  /** The validators of the genesis file. */
  readonly validators: readonly ValidatorUpdate[];
  /** `app_state` of the genesis file: module name → its JSON. */
  readonly appState: Readonly<Record<string, unknown>>;
}

export interface GenesisOutput {
  /** The set to start with (the file's, or what the modules say). */
  readonly validators: readonly ValidatorUpdate[];
  readonly appHash: Uint8Array;
  /** Version initialHeight - 1. */
  readonly staged: StagedCommit;
}

export interface QueryInput {
  /** `/store/<name>/key`, a gRPC path `/cosmos.bank.v1beta1.Query/Balance`, `/app/version`, `/app/simulate`. */
  readonly path: string;
  readonly data: Uint8Array;
  /** 0: the last committed. */
  readonly height: bigint;
  readonly prove: boolean;
}

export interface QueryOutput {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly height: bigint;
  readonly proofOps: ProofOps | undefined;
}

/** A transaction of a block, for those who run it ahead of its turn. */
export interface SpeculatedTx {
  /** Its place in the block. */
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Who sent it, numbered in the block: what a sender sent is best run by one, in order. */
  readonly sender: number;
  /** For each signer the account number its signature was found good for; undefined unless all were. */
  readonly verified: readonly bigint[] | undefined;
}

/** How what was speculated came out. */
export interface SpeculationTally {
  /** Transactions whose speculation was true, and was taken. */
  readonly held: number;
  /** Transactions whose speculation was not: others had written what they had read. */
  readonly again: number;
}

/** A block that is being speculated on elsewhere, while the asker runs it in order. */
export interface SpeculationRun {
  /**
   * Who has run the transaction at a place; undefined: nobody yet, and the asker does it. Asked in order of places, for those that
   * are about to run.
   */
  made(index: number): Pick<SpeculationReader, "take" | "keys"> | undefined;
  /** The asker needs nothing more. */
  settle(tally: SpeculationTally): void;
}

/** Others who run transactions of a block ahead of their turn, over the last committed state. */
export interface Speculator {
  /** Undefined: not worth it, run this block alone. */
  begin(block: BlockContext, txs: readonly SpeculatedTx[]): SpeculationRun | undefined;
}

/** What an application elsewhere has to know to answer a query, made of the same modules and at the same version. */
export interface QueryTask {
  readonly query: QueryInput;
  /** The block that would come next. */
  readonly block: BlockContext;
  /** Stores that transactions which wait have written to, where the answer depends on that. */
  readonly stores: readonly string[];
}

/** A query that is answered elsewhere, as this application would have answered it at this moment. */
export interface QueryElsewhere {
  readonly task: QueryTask;
  /** The last committed version. */
  readonly version: bigint;
  /** The version that requests and their answers are bound to. */
  readonly bound: bigint;
  /** Answers what the one that does the task asks for, at whatever time. */
  answer(request: LoadKeys | LoadRange | LoadNodes): Work<Reply>;
}

export interface Application {
  /** After a restart, before anything else: when the last committed block was made. */
  resume?(lastBlockTime: Nanos): void;
  initChain(genesis: GenesisInput): Work<GenesisOutput>;
  /** `minGasPrices` is the node's own policy; the result changes the check view only when code is 0. */
  checkTx(tx: Uint8Array, kind: CheckKind): Work<CheckTxResult>;
  /**
   * Chooses from candidates in order what fits the block: at most `bytesMax` (protobuf bytes in Data) and `gasMax`
   * (-1: no bound).
   */
  buildBlock(candidates: readonly Uint8Array[], bytesMax: number, gasMax: bigint): readonly Uint8Array[];
  /** ProcessProposal: refuses blocks with undecodable or over-limit transactions. */
  validateBlock(txs: readonly Uint8Array[], gasMax: bigint): { ok: true } | { ok: false; reason: string };
  /** Pure with respect to the committed state: running it again gives the same output. */
  executeBlock(block: BlockInput): Work<BlockOutput>;
  /** After the staged commit is durable: it becomes the last committed state and the check view starts over. */
  commit(staged: StagedCommit): void;
  /** To be run bound to the version that {@linkcode Application.versionOf} says; absent: the one that is asked about. */
  query(query: QueryInput): Work<QueryOutput>;
  versionOf?(query: QueryInput): bigint;
  /** Whether a query may run contracts: nobody knows for how long, and whoever asks pays nothing. */
  mayRunContracts?(query: QueryInput): boolean;
  queryElsewhere?(query: QueryInput): QueryElsewhere;
  /** Genesis export at the last committed height. */
  exportGenesis(): Work<Record<string, unknown>>;
}

/** What a worker is given, and what it tells: contracts only. @module */
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import type { Clock, Endpoint, Message, Proven, Submitter } from "../chain/mod.ts";
import type { Result } from "../../node/core/result.ts";
import type { Course } from "./course.ts";
import type { ClientSettings, HandshakeStep } from "./handshake_ports.ts";
import type { ActionKind, Lane, PacketPolicy, PacketRecord } from "../packet/mod.ts";

/** One chain of the configuration. */
export interface WorkerChain {
  /** What it is called everywhere. */
  readonly name: string;
  readonly endpoint: Endpoint;
  /** Undefined: nothing can be submitted here. */
  readonly submitter: Submitter | undefined;
  /** Store that holds IBC, `ibc` everywhere. */
  readonly storePrefix: string;
  /** Messages and bytes of one transaction. */
  readonly messagesMax: number;
  readonly bytesMax: number;
  /** Of new clients that follow this chain. */
  readonly clientSettings?: ClientSettings;
  /** Batches that may be under way at once: wallets, times what one of them may have waiting for blocks. */
  readonly batchesMax: number;
}

/** Rules of the operator. Times are milliseconds. */
export interface WorkerPolicy extends PacketPolicy {
  /** How often a chain is asked for new blocks when nothing wakes the worker. */
  readonly pollMs: number;
  readonly leaseMs: number;
  /** Packets of a lane that are live of one block; what it sends beyond them counts as old at once. */
  readonly livePerBlock: number;
  /** Messages of the backlog in one batch. */
  readonly backlogBatch: number;
  /** Packets that are not settled; no more blocks are read while there are more. */
  readonly pendingMax: number;
  /** How often all channels are searched for packets that nobody saw; 0: only when asked. */
  readonly clearEveryMs: number;
  readonly clearOnStart: boolean;
  /** Share of the trusting period after which a client is refreshed, and how often clients are looked at. */
  readonly refreshAt: number;
  readonly clientCheckMs: number;
  /** How often clients are compared with their chains; 0: only when asked. */
  readonly misbehaviourCheckMs: number;
  readonly misbehaviourSubmit: boolean;
  /** Transfers with longer ones are skipped. */
  readonly memoBytesMax: number;
  readonly receiverBytesMax: number;
  /** Longest a commit of the store is put off. */
  readonly flushMs: number;
  /** Blocks behind the head that are not put aside as a gap, and most blocks of gaps. */
  readonly lagMax: bigint;
  readonly gapBlocksMax: bigint;
  /** Bring values of other chains that a chain asks for (module `calls`). */
  readonly answersReads: boolean;
  /** Settled packets of a lane that are remembered. */
  readonly historyMax: number;
}

export const WORKER_POLICY: WorkerPolicy = {
  retryFirstMs: 500,
  retryMaxMs: 60_000,
  attemptsMax: 10,
  receiveMarginMs: 2_000,
  ackSearchFirstMs: 4_000,
  ackSearchMaxMs: 300_000,
  backlogAfterMs: 20_000,
  pollMs: 1_000,
  leaseMs: 15_000,
  livePerBlock: 25,
  backlogBatch: 100,
  pendingMax: 50_000,
  clearEveryMs: 600_000,
  clearOnStart: true,
  refreshAt: 0.66,
  clientCheckMs: 60_000,
  misbehaviourCheckMs: 60_000,
  misbehaviourSubmit: true,
  memoBytesMax: 32_768,
  receiverBytesMax: 2_048,
  flushMs: 100,
  lagMax: 5n,
  gapBlocksMax: 20_000n,
  answersReads: true,
  historyMax: 1_000,
};

/** What happens, for metrics, logs and subscribers. Called synchronously; must not throw. */
export interface WorkerHooks {
  packetChanged?(lane: Lane, record: PacketRecord): void;
  batchEnded?(batch: {
    readonly chain: string;
    readonly pathId: string;
    readonly kinds: Readonly<Partial<Record<ActionKind, number>>>;
    readonly outcome: "included" | "refused" | "lost";
    /** `codespace/code` of a refusal. */
    readonly code: string | undefined;
    readonly updated: boolean;
    readonly durationMs: number;
  }): void;
  clientUpdated?(update: {
    readonly chain: string;
    readonly clientId: string;
    readonly height: IbcHeight;
    readonly txHash: string;
    readonly refresh: boolean;
  }): void;
  clientEnded?(client: {
    readonly chain: string;
    readonly clientId: string;
    /** `frozen` or `expired`. */
    readonly status: string;
    readonly height: IbcHeight;
  }): void;
  clientChecked?(check: {
    readonly chain: string;
    readonly clientId: string;
    readonly checkedHeights: number;
    readonly conflict: { readonly height: IbcHeight; readonly reason: string } | undefined;
    readonly txHash: string | undefined;
  }): void;
  chainReached?(chain: string, fault: string | undefined): void;
  pathChanged?(pathId: string): void;
  handshakeStep?(step: HandshakeStep & { readonly path: string }): void;
  flushed?(writes: number, durationMs: number): void;
  fault?(fault: {
    readonly code: string;
    readonly message: string;
    readonly chain?: string;
    readonly path?: string;
  }): void;
}

/** Messages that bring clients to a height, all verified. */
export interface ClientUpdate {
  /** How many there are; they go before the messages that need them. */
  readonly count: number;
  /** What the client on the target knows afterwards; absent: the height that was asked for. */
  readonly height?: IbcHeight;
  messages(signer: string): readonly Message[];
}

/** Why a client cannot be used: the text tells the operator. */
export interface ClientFault {
  /** `not_active`: frozen, expired or gone; `header`: the chain that is followed serves headers that do not verify. */
  readonly code: "not_active" | "header";
  readonly message: string;
}

/** The client, or clients, by which the target of a course believes its prover. */
export interface CourseClient {
  /**
   * A height of the prover that the target knows already and that is best for a proof from `needed` on; one below it, or 0,
   * when there is none.
   */
  known(needed: bigint): Promise<bigint>;
  /** What brings the target to height `height` of the prover. Throws a fault of an endpoint. */
  update(height: bigint): Promise<Result<ClientUpdate, ClientFault>>;
  /** An update to that height is in a block of the target. */
  onUpdated(height: bigint): void;
  /** The target believes a height only some time after it has learnt of it (`delay_period` of ICS-03). */
  onDelayed?(): void;
  /** Something went wrong: what is known is asked for again. */
  forget(): void;
  /**
   * The value under each key in the state before header `height`, with a proof that the target will believe, or not. `store`:
   * that of IBC when missing.
   */
  prove(
    keys: readonly Uint8Array[],
    height: bigint,
    store?: string,
  ): Promise<readonly (Proven & { readonly believed: boolean })[]>;
}

/** Gives the clients of a course. */
export type CourseClients = (course: Course) => CourseClient;

/** Everything a worker is made of. */
export interface WorkerWorld {
  readonly chains: ReadonlyMap<string, WorkerChain>;
  readonly clock: Clock;
  readonly policy: WorkerPolicy;
  readonly hooks: WorkerHooks;
}

/**
 * The contract of a consensus engine: a pure function from an input to a new state and an ordered list of effects. No
 * clock, no randomness, no IO, no throw on what a peer says. Decision D3 of the design.
 *
 * Type parameters: `S` the state (immutable to callers: `step` never changes the state it is given), `M` the messages
 * between validators, `R` the records of the write-ahead log.
 * @module
 */
import type { BlockID } from "cosmjs-types/tendermint/types/types";
import type { CodedError } from "../core/errors.ts";
import type { GossipVerdict } from "../core/peer.ts";
import type { Result } from "../core/result.ts";
import type { RoundView } from "../core/round_view.ts";
import type { Nanos } from "../core/time.ts";
import type { Effect } from "./effect.ts";
import type { Input } from "./input.ts";

/** Timeouts as CometBFT's: the duration in round r is `baseMs + r * deltaMs`. */
export interface TimeoutConfig {
  readonly baseMs: number;
  readonly deltaMs: number;
}

export interface EngineConfig {
  readonly propose: TimeoutConfig;
  readonly prevote: TimeoutConfig;
  readonly precommit: TimeoutConfig;
  /** How long to wait after a commit for late precommits, before the next height starts. */
  readonly commitMs: number;
  /** When false, a height starts proposing only once transactions are there (or a proof block is due). */
  readonly createEmptyBlocks: boolean;
}

/** What an engine may know beside its state. `nowNanos` is the driver's clock when the input arrived. */
export interface EngineContext {
  readonly chainId: string;
  /** This process's validator address (20 bytes); undefined for a full node, which follows but never signs. */
  readonly self: Uint8Array | undefined;
  readonly config: EngineConfig;
  readonly nowNanos: Nanos;
  /** Verifies a signature by a validator's consensus key (ed25519, ZIP-215). Deterministic. */
  readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
}

export interface Step<S, M, R> {
  readonly state: S;
  /** Carried out in order; each is finished before the next begins. */
  readonly effects: readonly Effect<M, R>[];
}

/** What gossip must know of a message to carry it; nothing of it is believed before {@linkcode Engine.judge} said so. */
export interface GossipFacts {
  readonly height: bigint;
  readonly round: number;
  /** The kind of message in the engine's own word: `proposal`, `prevote`, `precommit`, `status` … */
  readonly kind: string;
  /** Whose word it is: the index in the validator set. Undefined: nobody's (unsigned, or proven by a seal). */
  readonly author: number | undefined;
  /** The block that belongs to the message and travels beside it in parts; undefined: none. */
  readonly blockId: BlockID | undefined;
  /**
   * `relay`: worth keeping while its height runs, for whoever lacks it, and passed on by others than its author. `once`: meant
   * for whoever it was sent to, and of no use later.
   */
  readonly spread: "relay" | "once";
}

/** How the messages and records of an engine travel as bytes. Decoders are bounded and never throw. */
export interface EngineCodec<M, R> {
  facts(message: M): GossipFacts;
  /** The encoded block that a message carries; undefined when it carries none, or was taken apart. */
  blockOf(message: M): Uint8Array | undefined;
  /** The message with another block; undefined: without one, as its *head* travels. */
  withBlock(message: M, block: Uint8Array | undefined): M;
  encodeMessage(message: M): Uint8Array;
  decodeMessage(bytes: Uint8Array): Result<M, CodedError>;
  encodeRecord(record: R): Uint8Array;
  decodeRecord(bytes: Uint8Array): Result<R, CodedError>;
}

/** Where an engine stands, for gossip and observers: metrics, logs, `dump_consensus_state`. */
export interface EnginePosition {
  readonly height: bigint;
  readonly round: number;
  /** `propose`, `prevote`, `precommit`, or an engine's own word; `commit`: decided, and being executed. */
  readonly step: string;
}

export interface Engine<S, M, R> {
  /** As in `--engine NAME`. */
  readonly name: string;
  readonly codec: EngineCodec<M, R>;
  /** The state before `started`. */
  initial(): S;
  step(context: EngineContext, state: S, input: Input<M, R>): Step<S, M, R>;
  /**
   * What to do with a peer's message before it is passed on; it may lack its block. Pure, cheap and strict: `accept` only
   * for what is signed by whom it must be, at the height that runs, the one after where its validators are known, or the one
   * before where it is still of use. Of what is said `once`, `accept` is only for what is proven, and means that memory may be
   * spent on its block. `reject` only for what no honest node could ever have accepted, since they pass on what they accept.
   * Changes nothing.
   */
  judge(context: EngineContext, state: S, message: M): GossipVerdict;
  /** Tells observers and gossip where a state stands; nothing is decided by it. */
  position?(state: S): EnginePosition;
  /** The running height in full, for observers; undefined before `started`. Not cheap: only when somebody asks. */
  describe?(state: S): Omit<RoundView, "startTime"> | undefined;
}

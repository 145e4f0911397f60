/** What handshakes are given, and what they tell: contracts only. @module */
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import type { Clock, Endpoint, Submitter } from "../chain/mod.ts";
import type { ChannelOrder } from "../path/mod.ts";

/** What is said of new clients of a chain; absent: asked of the chain, or as chains usually have it. Nanoseconds. */
export interface ClientSettings {
  readonly unbondingNs?: bigint;
  readonly trustingNs?: bigint;
  readonly clockDriftNs?: bigint;
  readonly trustLevel?: { readonly numerator: bigint; readonly denominator: bigint };
}

/** One of the two chains of a handshake. */
export interface HandshakeChain {
  /** What it is called everywhere. */
  readonly name: string;
  readonly endpoint: Endpoint;
  /** Undefined: nothing can be submitted here. */
  readonly submitter: Submitter | undefined;
  /** Store that holds IBC. */
  readonly storePrefix: string;
  /** Of clients that follow this chain. */
  readonly clientSettings?: ClientSettings;
}

/** A step that was done, by us. */
export interface HandshakeStep {
  /** `create_client`, `connection_open_init`, `channel_open_ack` … */
  readonly step: string;
  readonly chain: string;
  /** The client, connection or channel on that chain. */
  readonly id: string;
  readonly height: bigint;
  /** Upper-case hexadecimal. */
  readonly txHash: string;
  /** Undefined where no proof is needed. */
  readonly proofHeight: IbcHeight | undefined;
}

/** Why a handshake did not come to its end. Append-only. */
export type HandshakeFaultCode =
  /** The chain has no wallet to sign with. */
  | "no_wallet"
  /** The chain refused a message, again and again; the message has its words. */
  | "chain_refused"
  | "chain_unreachable"
  /** Offered and not seen in a block: it may still happen. */
  | "transaction_lost"
  /** An identifier that was given does not fit, or what stands there cannot become what is wanted. */
  | "impossible"
  /** What the chain serves is not what its headers say, or its headers are not to be believed. */
  | "unbelievable"
  /** Blocks did not come, or others kept changing what was there. */
  | "stalled"
  /** The caller has called it off. */
  | "aborted";

/** `message` reads "action attempted: state found". */
export interface HandshakeFault {
  readonly code: HandshakeFaultCode;
  readonly message: string;
}

export interface HandshakeOptions {
  readonly clock: Clock;
  /** Called for each step done; must not throw. */
  readonly onStep?: (step: HandshakeStep) => void;
  /** Stops before the next step. */
  readonly signal?: AbortSignal;
  /** How long a block is waited for; 60 seconds unless said. */
  readonly blockTimeoutMs?: number;
}

/** A channel that is wanted. */
export interface ChannelWish {
  readonly portA: string;
  readonly portB: string;
  readonly order: ChannelOrder;
  /** Empty: the default of the applications. */
  readonly version: string;
}

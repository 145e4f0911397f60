/** The words of this room: lanes, packets on them, what was seen of them and what is to be done. @module */
import type { IbcHeight } from "../../node/core/ibc/mod.ts";

/** One end of a channel. */
export interface LaneEnd {
  /** Name of the chain in the configuration. */
  readonly chain: string;
  readonly portId: string;
  readonly channelId: string;
}

/** One direction of a channel: packets go from the source to the destination, acknowledgements come back. */
export interface Lane {
  /** {@linkcode laneIdOf} the source. */
  readonly id: string;
  readonly source: LaneEnd;
  readonly destination: LaneEnd;
  readonly ordered: boolean;
  /** Paths it runs over, that of the source's connection first. More than one: a multi-hop channel (ICS-33). */
  readonly pathIds: readonly string[];
  /** The end is closed, since a block of that height of its chain. */
  readonly sourceClosed: bigint | undefined;
  readonly destinationClosed: bigint | undefined;
}

/** A channel end belongs to one channel, so the source names the lane. */
export const laneIdOf = (source: LaneEnd): string => `${source.chain}/${source.portId}/${source.channelId}`;

/** A transaction in which something happened to a packet. */
export interface Step {
  readonly height: bigint;
  /** Upper-case hexadecimal; empty when not known. */
  readonly txHash: string;
  /** What the proof was against; undefined where none is needed, or when somebody else carried it. */
  readonly proofHeight: IbcHeight | undefined;
  /** Time of the block, nanoseconds since the Unix epoch. */
  readonly timeNanos: bigint | undefined;
}

/**
 * `sent`: committed to on the source; `received`: the destination has it and its acknowledgement is not known yet, or
 * somebody else was quicker and it is to be found out what became of it; `written`: the acknowledgement is known. The others are ends: `acknowledged` and `timed_out` on the source; `gone`: the
 * source does not commit to it any more, and we did not see why; `skipped`: the filter leaves it alone.
 */
export type Stage = "sent" | "received" | "written" | "acknowledged" | "timed_out" | "gone" | "skipped";

/** What went wrong last, for the operator. `code` is stable, for programs. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** Everything that is known of one packet. Immutable: each change makes a new one. */
export interface PacketRecord {
  readonly sequence: bigint;
  readonly stage: Stage;
  readonly data: Uint8Array;
  readonly timeoutHeight: IbcHeight;
  /** Nanoseconds since the Unix epoch; 0: none. */
  readonly timeoutTimestamp: bigint;
  /** Undefined until it is written, or known. */
  readonly acknowledgement: Uint8Array | undefined;
  /** Block of the destination that wrote it; 0: not known, and long ago. */
  readonly writtenHeight: bigint;
  readonly sent: Step | undefined;
  readonly received: Step | undefined;
  readonly settled: Step | undefined;
  /** The packet the destination sent on while it received this one. */
  readonly forwardedAs: (LaneEnd & { readonly sequence: bigint }) | undefined;
  /** When the relayer first heard of it, milliseconds since the Unix epoch, and the destination's newest block then. */
  readonly seenMs: number;
  readonly seenAtHeight: bigint;
  /** Found by a search through the past, so it waits behind live ones. */
  readonly backlog: boolean;
  /** Failed tries since the last change of the stage. */
  readonly attempts: number;
  /** Nothing is tried before; milliseconds since the Unix epoch. */
  readonly notBeforeMs: number;
  readonly fault: Fault | undefined;
  /** What is not tried any more, until an operator says so. A timeout is still tried after `recv` was given up. */
  readonly gaveUp: ActionKind | undefined;
}

/** Whether nothing is left to do. */
export const isSettled = ({ stage }: PacketRecord): boolean =>
  stage === "acknowledged" || stage === "timed_out" || stage === "gone" || stage === "skipped";

/** What a chain said of a packet on a lane. `height` is of the chain that said it. */
export type Observation =
  | { readonly tag: "sent" | "received"; readonly packet: PacketContent; readonly step: Step }
  | {
    readonly tag: "written";
    readonly packet: PacketContent;
    readonly acknowledgement: Uint8Array;
    readonly step: Step;
  }
  | { readonly tag: "acknowledged" | "timed_out"; readonly sequence: bigint; readonly step: Step };

/** What a packet is, without the ends, which are the lane's. */
export interface PacketContent {
  readonly sequence: bigint;
  readonly data: Uint8Array;
  readonly timeoutHeight: IbcHeight;
  readonly timeoutTimestamp: bigint;
}

/** `find_ack`: ask the destination what became of a packet it has. The others are messages of ICS-04. */
export type ActionKind = "recv" | "ack" | "timeout" | "timeout_on_close" | "find_ack";

/** Something that can be done now. */
export interface Action {
  readonly lane: Lane;
  readonly record: PacketRecord;
  readonly kind: ActionKind;
  /** Least height of the header that the proof leads to, on the chain that proves. */
  readonly proofHeightMin: bigint;
  readonly backlog: boolean;
}

/** The newest block of a chain, as far as we know. */
export interface Head {
  readonly height: bigint;
  readonly timeNanos: bigint;
  /** Revision of the chain's id. */
  readonly revision: bigint;
  /** When we learnt of it, milliseconds since the Unix epoch, by our clock. */
  readonly seenMs: number;
}

/** The heads of the two chains of a lane; undefined: not known yet. */
export interface Heads {
  readonly source: Head | undefined;
  readonly destination: Head | undefined;
}

/** Rules of the operator. Times are milliseconds. */
export interface PacketPolicy {
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** Refusals after which nothing more is tried. */
  readonly attemptsMax: number;
  /** A packet that times out sooner than this is not received any more: its transaction would be too late. */
  readonly receiveMarginMs: number;
  /** How long an acknowledgement may stay unknown before it is searched for; doubles up to `ackSearchMaxMs`. */
  readonly ackSearchFirstMs: number;
  readonly ackSearchMaxMs: number;
  /** A packet that waits longer is counted to the backlog. */
  readonly backlogAfterMs: number;
}

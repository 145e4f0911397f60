/** Taking note of what events say: observations, closed channels, packets sent on. @module */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { decodePacketData, type IbcHeight } from "../../node/core/ibc/mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { TRANSFER_PORT } from "../path/mod.ts";
import {
  type ChannelEvent,
  type LaneEnd,
  newRecord,
  observe,
  type PacketContent,
  parseChannelEvent,
  type Seen,
  type Step,
} from "../packet/mod.ts";
import type { WorkerCore } from "./core.ts";
import type { LaneState } from "./lanes.ts";

/** Events of one transaction, or of a block itself. */
export interface EventSource {
  readonly chain: string;
  readonly height: bigint;
  /** Empty for events of the block. */
  readonly txHash: string;
  readonly timeNanos: bigint | undefined;
  /** Seen in a search through the past. */
  readonly backlog: boolean;
}

/** The channel end on this chain that an event is about. */
export function endOfEvent(chain: string, said: ChannelEvent): LaneEnd {
  switch (said.tag) {
    case "sent":
    case "acknowledged":
    case "timed_out":
      return { chain, portId: said.sourcePort, channelId: said.sourceChannel };
    case "received":
    case "written":
      return { chain, portId: said.destinationPort, channelId: said.destinationChannel };
    case "closed":
    case "opened":
      return { chain, portId: said.portId, channelId: said.channelId };
  }
}

/** What events say of channels and packets, in their order. */
export function parseEvents(events: readonly Event[]): ChannelEvent[] {
  return events.map(parseChannelEvent).filter((said) => said !== undefined);
}

/**
 * Takes note of one transaction's events. Lanes that are not known are passed over. What a chain says of ends that do not
 * belong together does not count.
 */
export function noteEvents(core: WorkerCore, source: EventSource, events: readonly ChannelEvent[]): void {
  // What an application sends while it receives comes between the event of the receiving and that of its end.
  let receiving: { readonly state: LaneState; readonly sequence: bigint } | undefined;
  for (const said of events) {
    if (said.tag === "opened") continue;
    const end = endOfEvent(source.chain, said);
    if (said.tag === "closed") {
      noteClosed(core, end, source.height);
      continue;
    }
    const atSource = said.tag === "sent" || said.tag === "acknowledged" || said.tag === "timed_out";
    const state = atSource ? core.state.laneFrom(end) : core.state.laneTo(end);
    if (state === undefined || !isOnLane(state, said)) continue;
    if (said.tag === "received") receiving = { state, sequence: said.packet.sequence };
    if (said.tag === "written") receiving = undefined;
    if (said.tag === "sent" && receiving !== undefined) {
      const record = receiving.state.packets.get(receiving.sequence);
      if (record !== undefined && record.forwardedAs === undefined) {
        core.setPacket(receiving.state, { ...record, forwardedAs: { ...end, sequence: said.packet.sequence } });
      }
    }
    notePacket(core, state, said, source);
  }
}

function isOnLane({ lane: { source, destination } }: LaneState, said: Exclude<ChannelEvent, { portId: string }>) {
  return said.sourcePort === source.portId && said.sourceChannel === source.channelId &&
    said.destinationPort === destination.portId && said.destinationChannel === destination.channelId;
}

function noteClosed(core: WorkerCore, end: LaneEnd, height: bigint): void {
  const from = core.state.laneFrom(end);
  if (from !== undefined && from.lane.sourceClosed === undefined) {
    core.state.setLane({ ...from.lane, sourceClosed: height });
  }
  const to = core.state.laneTo(end);
  if (to !== undefined && to.lane.destinationClosed === undefined) {
    core.state.setLane({ ...to.lane, destinationClosed: height });
  }
}

type PacketEvent = Exclude<ChannelEvent, { tag: "closed" | "opened" }>;

function notePacket(core: WorkerCore, state: LaneState, said: PacketEvent, source: EventSource): void {
  const sequence = "packet" in said ? said.packet.sequence : said.sequence;
  const record = state.packets.get(sequence);
  if (record === undefined && state.isRecent(sequence)) return;
  // Of many that one block sends the first are live and the others a backlog: what comes after them need not wait.
  const isLate = said.tag === "sent" && state.countSent(source.height) >= core.world.policy.livePerBlock;
  const seen = seenBy(core, state, source.backlog || isLate);
  const step: Step = {
    height: source.height,
    txHash: source.txHash,
    // Most likely it is our own transaction, whose answer is not here yet.
    proofHeight: proofOf(state, sequence, said.tag),
    timeNanos: source.timeNanos,
  };
  if (record === undefined && "packet" in said && isSkipped(core, state, said.packet)) {
    if (said.tag === "sent") {
      core.setPacket(state, { ...newRecord(said.packet, "skipped", seen), sent: step, settled: step });
    }
    return;
  }
  const next = observe(record, { ...said, step }, seen);
  if (next !== undefined && next !== record) core.setPacket(state, next);
}

/** How what is seen now goes into records. */
export const seenBy = (core: WorkerCore, { lane }: LaneState, backlog: boolean): Seen => ({
  nowMs: core.nowMs,
  destinationHeight: core.heads.get(lane.destination.chain)?.height ?? 0n,
  backlog,
  ackSearchFirstMs: core.world.policy.ackSearchFirstMs,
});

function proofOf(state: LaneState, sequence: bigint, tag: PacketEvent["tag"]): IbcHeight | undefined {
  const busy = state.busy.get(sequence);
  if (busy === undefined) return undefined;
  const fits = tag === "received"
    ? busy.kind === "recv"
    : tag === "acknowledged"
    ? busy.kind === "ack"
    : tag === "timed_out" && (busy.kind === "timeout" || busy.kind === "timeout_on_close");
  return fits ? busy.proofHeight : undefined;
}

/** The operator does not want to pay for it. */
export function isSkipped(core: WorkerCore, { lane }: LaneState, packet: PacketContent): boolean {
  if (!core.isAllowed(lane)) return true;
  const { memoBytesMax, receiverBytesMax } = core.world.policy;
  // Shorter data cannot hold anything longer.
  if (lane.source.portId !== TRANSFER_PORT || packet.data.length <= Math.min(memoBytesMax, receiverBytesMax)) {
    return false;
  }
  const transfer = decodePacketData(packet.data);
  if (!transfer.ok) return packet.data.length > memoBytesMax + receiverBytesMax + 4_096;
  const { memo, receiver } = transfer.value;
  return utf8ToBytes(memo).length > memoBytesMax || utf8ToBytes(receiver).length > receiverBytesMax;
}

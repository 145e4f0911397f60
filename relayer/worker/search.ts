/**
 * Finding out about packets by asking chains instead of reading their blocks: for acknowledgements that nobody saw, and for
 * whole channels after blocks were missed. What the chains say goes the same way as what is read.
 * @module
 */
import type { CommittedTx, Endpoint } from "../chain/mod.ts";
import type { Lane, LaneEnd, PacketRecord } from "../packet/mod.ts";
import { OTHER_COMMITMENT, settle } from "../packet/mod.ts";
import type { WorkerCore } from "./core.ts";
import type { LaneState } from "./lanes.ts";
import { noteEvents, parseEvents } from "./note.ts";
import { queryCommitments, queryCommitted, queryUnreceived, SEQUENCES_MAX } from "./queries.ts";

/** Transactions answered to one search. */
const FOUND_MAX = 100;
/** Sequences close enough to each other that one search for all between costs less than one for each. */
const RUN_LENGTH_MAX = 100n;
/** Searches at once. */
const SEARCHES_AT_ONCE = 4;

/** What a look at some packets came to. */
export interface Findings {
  readonly unreceived: number;
  readonly unacknowledged: number;
}

/** Looks after packets the destination has, whose acknowledgement is not known. */
export async function findAcknowledgements(
  core: WorkerCore,
  state: LaneState,
  records: readonly PacketRecord[],
  isOver: () => boolean,
): Promise<void> {
  const { lane } = state;
  const [source, destination] = endpointsOf(core, lane);
  const sequences = records.map(({ sequence }) => sequence);
  const [committed, unreceived] = await Promise.all([
    queryCommitted(source, lane.source.portId, lane.source.channelId, sequences),
    queryUnreceived(destination, lane.destination.portId, lane.destination.channelId, sequences),
  ]);
  const waiting = sequences.filter((sequence) => committed.has(sequence) && !unreceived.has(sequence));
  await searchPackets(core, lane, "write_acknowledgement", waiting, false, isOver);
  // Settled, and not by what we saw: the source tells how.
  const isOpen = (sequence: bigint) => state.packets.get(sequence)?.stage === "received";
  const over = sequences.filter((sequence) => !committed.has(sequence));
  await searchPackets(core, lane, "acknowledge_packet", over.filter(isOpen), false, isOver);
  await searchPackets(core, lane, "timeout_packet", over.filter(isOpen), false, isOver);
  if (isOver()) return;
  for (const record of records) {
    const now = state.packets.get(record.sequence);
    if (now?.stage !== "received") continue;
    const outcome = !committed.has(record.sequence)
      ? { tag: "gone" } as const
      : unreceived.has(record.sequence)
      ? { tag: "not_received" } as const
      : { tag: "not_written" } as const;
    core.setPacket(state, settle(now, "find_ack", outcome, core.nowMs, core.world.policy));
  }
}

/**
 * One page of a search through a lane: packets the source still commits to, of which nothing is known. Answers where to go
 * on; an empty key after the last page.
 */
export async function searchLane(
  core: WorkerCore,
  state: LaneState,
  pageKey: Uint8Array,
  isOver: () => boolean,
): Promise<Findings & { readonly nextKey: Uint8Array }> {
  const { lane } = state;
  const [source] = endpointsOf(core, lane);
  const { portId, channelId } = lane.source;
  const page = await queryCommitments(source, portId, channelId, pageKey, SEQUENCES_MAX);
  const findings = await searchSequences(core, state, page.sequences, isOver);
  return { ...findings, nextKey: page.nextKey };
}

/** Brings what is known of these packets, which the source commits to, up to date. */
export async function searchSequences(
  core: WorkerCore,
  state: LaneState,
  sequences: readonly bigint[],
  isOver: () => boolean,
): Promise<Findings> {
  const { lane } = state;
  const [, destination] = endpointsOf(core, lane);
  const { portId, channelId } = lane.destination;
  const unreceived = await queryUnreceived(destination, portId, channelId, sequences);
  for (const sequence of sequences) state.forget(sequence);
  const isUnknown = (sequence: bigint) => {
    const record = state.packets.get(sequence);
    return record === undefined || record.fault?.code === OTHER_COMMITMENT;
  };
  await searchPackets(
    core,
    lane,
    "send_packet",
    sequences.filter((s) => unreceived.has(s) && isUnknown(s)),
    true,
    isOver,
  );
  const received = sequences.filter((sequence) => !unreceived.has(sequence));
  const untold = received.filter((sequence) => state.packets.get(sequence)?.stage !== "written");
  await searchPackets(core, lane, "write_acknowledgement", untold, true, isOver);
  // Received, and the acknowledgement is not written yet.
  await searchPackets(core, lane, "recv_packet", received.filter(isUnknown), true, isOver);
  return {
    unreceived: sequences.filter((sequence) => unreceived.has(sequence)).length,
    unacknowledged: received.length,
  };
}

function endpointsOf(core: WorkerCore, { source, destination }: Lane): [source: Endpoint, destination: Endpoint] {
  const of = ({ chain }: LaneEnd) => core.chain(chain)!.endpoint;
  return [of(source), of(destination)];
}

type PacketEventType =
  | "send_packet"
  | "write_acknowledgement"
  | "recv_packet"
  | "acknowledge_packet"
  | "timeout_packet";

/** Searches the transactions that told of these packets, and takes note of all they told of the lane. */
async function searchPackets(
  core: WorkerCore,
  lane: Lane,
  type: PacketEventType,
  sequences: readonly bigint[],
  backlog: boolean,
  isOver: () => boolean,
): Promise<void> {
  const atSource = type !== "write_acknowledgement" && type !== "recv_packet";
  const end = atSource ? lane.source : lane.destination;
  const endpoint = core.chain(end.chain)!.endpoint;
  const side = atSource ? "src" : "dst";
  const which = `${type}.packet_${side}_port='${end.portId}' AND ${type}.packet_${side}_channel='${end.channelId}'`;
  const queryOf = ({ from, to }: Run) =>
    from === to
      ? `${which} AND ${type}.packet_sequence='${from}'`
      : `${which} AND ${type}.packet_sequence>=${from} AND ${type}.packet_sequence<=${to}`;
  const wanted = new Set(sequences);
  const noted = new Set<string>();
  const found = new Set<bigint>();
  const take = (tx: CommittedTx) => {
    if (tx.code !== 0 || noted.has(tx.hash)) return;
    noted.add(tx.hash);
    const { hash, height } = tx;
    const events = parseEvents(tx.events).filter((said) => {
      const sequence = "packet" in said ? said.packet.sequence : "sequence" in said ? said.sequence : undefined;
      if (sequence === undefined || !wanted.has(sequence)) return false;
      found.add(sequence);
      return true;
    });
    noteEvents(core, { chain: end.chain, height, txHash: hash, timeNanos: undefined, backlog }, events);
  };
  const search = async (runs: readonly Run[]) => {
    for (let at = 0; at < runs.length && !isOver(); at += SEARCHES_AT_ONCE) {
      const part = runs.slice(at, at + SEARCHES_AT_ONCE);
      const txs = await Promise.all(part.map((run) => endpoint.searchTransactions(queryOf(run), FOUND_MAX)));
      if (isOver()) return;
      for (const tx of txs.flat()) take(tx);
    }
  };
  const runs = runsOf(sequences);
  await search(runs);
  // Other packets in the same transactions may have taken the places of those we want.
  const longer = runs.filter(({ from, to }) => from !== to);
  const missing = sequences.filter((one) => !found.has(one) && longer.some(({ from, to }) => from <= one && one <= to));
  await search(missing.map((sequence) => ({ from: sequence, to: sequence })));
}

interface Run {
  readonly from: bigint;
  readonly to: bigint;
}

/** Sequences as runs without large holes, each to be searched at once. */
export function runsOf(sequences: readonly bigint[]): Run[] {
  const sorted = [...sequences].sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
  const runs: { from: bigint; to: bigint }[] = [];
  for (const sequence of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && sequence - last.to <= 3n && sequence - last.from < RUN_LENGTH_MAX) last.to = sequence;
    else runs.push({ from: sequence, to: sequence });
  }
  return runs;
}

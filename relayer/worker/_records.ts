/**
 * Packets, lanes and cursors as the store has them: JSON, in which numbers of 64 bits are texts and bytes are base64. What
 * is read here was written here, so a form that is not ours is a fault of the store.
 * @module
 */
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { IoError } from "../../node/core/errors.ts";
import { formatHeight, type IbcHeight, parseHeight } from "../../node/core/ibc/mod.ts";
import type { ReadJob } from "../calls/mod.ts";
import type { ActionKind, Cursor, Lane, PacketRecord, Stage, Step } from "../packet/mod.ts";

const decoder = new TextDecoder();

export const toJson = (value: unknown): Uint8Array => utf8ToBytes(JSON.stringify(value));

/** Reads with `read`, which throws on anything that is not of its form. */
export function fromJson<T>(what: string, bytes: Uint8Array, read: (value: never) => T): T {
  try {
    return read(JSON.parse(decoder.decode(bytes)) as never);
  } catch (cause) {
    throw new IoError("store_corrupt", `read ${what} of the relayer's store: it is not of this version`, { cause });
  }
}

type StoredStep = [height: string, txHash: string, proofHeight: string | null, timeNanos: string | null];

const stepOut = (step: Step | undefined): StoredStep | null =>
  step === undefined ? null : [
    `${step.height}`,
    step.txHash,
    step.proofHeight === undefined ? null : formatHeight(step.proofHeight),
    step.timeNanos === undefined ? null : `${step.timeNanos}`,
  ];

function heightIn(text: string): IbcHeight {
  const parsed = parseHeight(text);
  if (!parsed.ok) throw new TypeError(parsed.error.message);
  return parsed.value;
}

const stepIn = (stored: StoredStep | null): Step | undefined =>
  stored === null ? undefined : {
    height: BigInt(stored[0]),
    txHash: stored[1],
    proofHeight: stored[2] === null ? undefined : heightIn(stored[2]),
    timeNanos: stored[3] === null ? undefined : BigInt(stored[3]),
  };

/** Short names: there may be many. */
interface StoredPacket {
  q: string;
  g: Stage;
  th: string;
  tt: string;
  w: string;
  s: StoredStep | null;
  r: StoredStep | null;
  e: StoredStep | null;
  f: [chain: string, port: string, channel: string, sequence: string] | null;
  m: number;
  h: string;
  b: boolean;
  n: number;
  u: number;
  x: [code: string, message: string] | null;
  v: ActionKind | null;
  /** Bytes of data, and of the acknowledgement: -1 for none. */
  l: [data: number, acknowledgement: number];
  /** Data and acknowledgement, when they are short; otherwise they are in pieces of their own. */
  d?: string;
}

/** Longest messages of faults that are kept; they hold the chain's words. */
const FAULT_CHARACTERS_MAX = 500;

/** Bytes of data and acknowledgement that stay in the record. */
export const INLINE_BYTES_MAX = 16_384;

/** The record, and what is too long for it. */
export function encodePacket(
  record: PacketRecord,
): { readonly head: Uint8Array; readonly body: Uint8Array | undefined } {
  const { data, acknowledgement, forwardedAs, fault } = record;
  const body = new Uint8Array(data.length + (acknowledgement?.length ?? 0));
  body.set(data);
  if (acknowledgement !== undefined) body.set(acknowledgement, data.length);
  const isShort = body.length <= INLINE_BYTES_MAX;
  const stored: StoredPacket = {
    q: `${record.sequence}`,
    g: record.stage,
    th: formatHeight(record.timeoutHeight),
    tt: `${record.timeoutTimestamp}`,
    w: `${record.writtenHeight}`,
    s: stepOut(record.sent),
    r: stepOut(record.received),
    e: stepOut(record.settled),
    f: forwardedAs === undefined
      ? null
      : [forwardedAs.chain, forwardedAs.portId, forwardedAs.channelId, `${forwardedAs.sequence}`],
    m: record.seenMs,
    h: `${record.seenAtHeight}`,
    b: record.backlog,
    n: record.attempts,
    u: record.notBeforeMs,
    x: fault === undefined ? null : [fault.code, fault.message.slice(0, FAULT_CHARACTERS_MAX)],
    v: record.gaveUp ?? null,
    l: [data.length, acknowledgement?.length ?? -1],
    ...(isShort && { d: body.toBase64() }),
  };
  return { head: toJson(stored), body: isShort ? undefined : body };
}

/** How many bytes are in pieces of their own; 0: none. */
export const bodyBytesOf = (head: Uint8Array): number =>
  fromJson(
    "a packet",
    head,
    (stored: StoredPacket) => stored.d === undefined ? stored.l[0] + Math.max(0, stored.l[1]) : 0,
  );

export function decodePacket(head: Uint8Array, body: Uint8Array | undefined): PacketRecord {
  return fromJson("a packet", head, (stored: StoredPacket) => {
    const bytes = stored.d === undefined ? body : Uint8Array.fromBase64(stored.d);
    const [dataLength, ackLength] = stored.l;
    if (bytes?.length !== dataLength + Math.max(0, ackLength)) throw new TypeError("pieces are missing");
    return {
      sequence: BigInt(stored.q),
      stage: stored.g,
      data: bytes.subarray(0, dataLength),
      timeoutHeight: heightIn(stored.th),
      timeoutTimestamp: BigInt(stored.tt),
      acknowledgement: ackLength < 0 ? undefined : bytes.subarray(dataLength),
      writtenHeight: BigInt(stored.w),
      sent: stepIn(stored.s),
      received: stepIn(stored.r),
      settled: stepIn(stored.e),
      forwardedAs: stored.f === null
        ? undefined
        : { chain: stored.f[0], portId: stored.f[1], channelId: stored.f[2], sequence: BigInt(stored.f[3]) },
      seenMs: stored.m,
      seenAtHeight: BigInt(stored.h),
      backlog: stored.b,
      attempts: stored.n,
      notBeforeMs: stored.u,
      fault: stored.x === null ? undefined : { code: stored.x[0], message: stored.x[1] },
      gaveUp: stored.v ?? undefined,
    };
  });
}

type StoredLane = Omit<Lane, "sourceClosed" | "destinationClosed"> & {
  readonly sourceClosed: string | null;
  readonly destinationClosed: string | null;
};

export const encodeLane = (lane: Lane): Uint8Array =>
  toJson({
    ...lane,
    sourceClosed: lane.sourceClosed === undefined ? null : `${lane.sourceClosed}`,
    destinationClosed: lane.destinationClosed === undefined ? null : `${lane.destinationClosed}`,
  });

export const decodeLane = (bytes: Uint8Array): Lane =>
  fromJson("a lane", bytes, (stored: StoredLane) => ({
    ...stored,
    sourceClosed: stored.sourceClosed === null ? undefined : BigInt(stored.sourceClosed),
    destinationClosed: stored.destinationClosed === null ? undefined : BigInt(stored.destinationClosed),
  }));

export const encodeCursor = ({ next, gaps }: Cursor): Uint8Array =>
  toJson({ next: `${next}`, gaps: gaps.map(({ from, to }) => [`${from}`, `${to}`]) });

export const decodeCursor = (bytes: Uint8Array): Cursor =>
  fromJson("a cursor", bytes, (stored: { next: string; gaps: [string, string][] }) => ({
    next: BigInt(stored.next),
    gaps: stored.gaps.map(([from, to]) => ({ from: BigInt(from), to: BigInt(to) })),
  }));

interface StoredRead {
  readonly id: string;
  readonly clientId: string;
  readonly store: string;
  readonly key: string;
  readonly minHeight: string;
  readonly timeoutTimestamp: string;
  readonly attempts: number;
  readonly notBeforeMs: number;
  readonly fault: [code: string, message: string] | null;
}

export const encodeRead = (job: ReadJob): Uint8Array =>
  toJson(
    {
      ...job,
      id: `${job.id}`,
      store: job.store.toBase64(),
      key: job.key.toBase64(),
      minHeight: formatHeight(job.minHeight),
      timeoutTimestamp: `${job.timeoutTimestamp}`,
      fault: job.fault === undefined ? null : [job.fault.code, job.fault.message.slice(0, FAULT_CHARACTERS_MAX)],
    } satisfies StoredRead,
  );

export const decodeRead = (bytes: Uint8Array): ReadJob =>
  fromJson("a read", bytes, (stored: StoredRead) => ({
    ...stored,
    id: BigInt(stored.id),
    store: Uint8Array.fromBase64(stored.store),
    key: Uint8Array.fromBase64(stored.key),
    minHeight: heightIn(stored.minHeight),
    timeoutTimestamp: BigInt(stored.timeoutTimestamp),
    fault: stored.fault === null ? undefined : { code: stored.fault[0], message: stored.fault[1] },
  }));

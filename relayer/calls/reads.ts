/**
 * Proven reads: a chain asks for a value of another one, in a `read_request` event of its module `calls`, and anybody may
 * bring it with a proof (`/catenary.calls.v1.MsgSubmitRead`).
 * @module
 */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { encode, type MessageOf } from "../../node/core/codec/mod.ts";
import {
  type IbcHeight,
  MsgSubmitReadCodec,
  type QueryReadsResponseCodec,
  ZERO_HEIGHT,
} from "../../node/core/ibc/mod.ts";
import { attribute, backoffMs, type Fault, type Head, heightOf, hexOf, identifierOf, uint64Of } from "../packet/mod.ts";

/** Bytes of a key and of a store's name; longer ones have no proofs. */
const KEY_BYTES_MAX = 1_024;
const STORE_BYTES_MAX = 64;

/** What is asked for. */
export interface ReadRequest {
  readonly id: bigint;
  /** The client by which the chain that asks follows the one that is asked. */
  readonly clientId: string;
  readonly store: Uint8Array;
  readonly key: Uint8Array;
  /** Least height of the header that the proof leads to. */
  readonly minHeight: IbcHeight;
  /** Nanoseconds since the Unix epoch, of the chain that asks. */
  readonly timeoutTimestamp: bigint;
}

/** A request and what was tried. Immutable. */
export interface ReadJob extends ReadRequest {
  readonly attempts: number;
  readonly notBeforeMs: number;
  readonly fault: Fault | undefined;
}

export type ReadEvent =
  | { readonly tag: "requested"; readonly request: ReadRequest }
  | { readonly tag: "answered"; readonly id: bigint };

/** What an event says of reads; undefined for others and for what does not have the form. */
export function parseReadEvent(event: Event): ReadEvent | undefined {
  if (event.type !== "read_request" && event.type !== "read_result") return undefined;
  const id = uint64Of(attribute(event, "id"));
  if (id === undefined) return undefined;
  if (event.type === "read_result") return { tag: "answered", id };
  const clientId = identifierOf("client", attribute(event, "client_id"));
  const store = hexOf(attribute(event, "store"), STORE_BYTES_MAX);
  const key = hexOf(attribute(event, "key"), KEY_BYTES_MAX);
  const minHeight = heightOf(attribute(event, "min_height"));
  const timeoutTimestamp = uint64Of(attribute(event, "timeout_timestamp"));
  if (
    clientId === undefined || store === undefined || key === undefined || minHeight === undefined ||
    timeoutTimestamp === undefined || store.length === 0 || key.length === 0
  ) return undefined;
  return { tag: "requested", request: { id, clientId, store, key, minHeight, timeoutTimestamp } };
}

export const newReadJob = (request: ReadRequest): ReadJob => ({
  ...request,
  attempts: 0,
  notBeforeMs: 0,
  fault: undefined,
});

export type ReadStep =
  /** With a proof to the newest header of the chain that is asked. */
  | { readonly tag: "answer" }
  | { readonly tag: "wait"; readonly untilMs: number | undefined }
  /** Nobody wants it any more. */
  | { readonly tag: "over" };

/** What is to be done about a read. `asking`: the head of the chain that asks; `asked`: of the other one. */
export function planRead(
  job: ReadJob,
  asking: Head | undefined,
  asked: Head | undefined,
  nowMs: number,
): ReadStep {
  if (asking === undefined || asked === undefined) return { tag: "wait", untilMs: undefined };
  if (asking.timeNanos >= job.timeoutTimestamp) return { tag: "over" };
  const { revisionNumber, revisionHeight } = job.minHeight;
  // The chain was upgraded since: heights of its new revision are all higher.
  if (revisionNumber > asked.revision) return { tag: "wait", untilMs: undefined };
  const proofHeightMin = revisionNumber === asked.revision && revisionHeight > 1n ? revisionHeight : 1n;
  if (job.notBeforeMs > nowMs) return { tag: "wait", untilMs: job.notBeforeMs };
  return asked.height < proofHeightMin ? { tag: "wait", untilMs: undefined } : { tag: "answer" };
}

/** Refusals after which a read is left alone. */
const ATTEMPTS_MAX = 8;

/** After a failed try; undefined when it is given up. */
export function afterFailure(
  job: ReadJob,
  fault: Fault,
  nowMs: number,
  { retryFirstMs, retryMaxMs }: { readonly retryFirstMs: number; readonly retryMaxMs: number },
): ReadJob | undefined {
  const attempts = job.attempts + 1;
  if (attempts >= ATTEMPTS_MAX) return undefined;
  return { ...job, attempts, fault, notBeforeMs: nowMs + backoffMs(attempts, retryFirstMs, retryMaxMs, job.id) };
}

/** The answer: the value, or its absence, with its proof. */
export function submitReadMessage(
  { id }: ReadRequest,
  { value, proof, height }: {
    readonly value: Uint8Array | undefined;
    readonly proof: Uint8Array;
    readonly height: IbcHeight;
  },
  submitter: string,
): { readonly typeUrl: string; readonly value: Uint8Array } {
  const answer = {
    submitter,
    id,
    absent: value === undefined,
    value: value ?? new Uint8Array(),
    proof,
    proofHeight: height,
  };
  return { typeUrl: MsgSubmitReadCodec.typeUrl, value: encode(MsgSubmitReadCodec, answer) };
}

/** `/catenary.calls.v1.Query/PendingReads`, for requests whose events nobody saw. */
export const PENDING_READS = "/catenary.calls.v1.Query/PendingReads";

/** Those of a listing that can be read at all. */
export function requestsOf(
  { reads }: MessageOf<typeof QueryReadsResponseCodec>,
): ReadRequest[] {
  return reads.flatMap(({ id, clientId, store, key, minHeight, timeoutTimestamp }) =>
    identifierOf("client", clientId) === undefined || store.length === 0 || store.length > STORE_BYTES_MAX ||
      key.length === 0 || key.length > KEY_BYTES_MAX
      ? []
      : [{ id, clientId, store, key, minHeight: minHeight ?? ZERO_HEIGHT, timeoutTimestamp }]
  );
}

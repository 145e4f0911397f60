/** Events of calls and reads. @module */
import type { Event, EventAttribute } from "cosmjs-types/tendermint/abci/types";
import { formatHeight, ZERO_HEIGHT } from "../../core/ibc/mod.ts";
import { type Call, CALL_STATUS, type CallPacketData, type Read, READ_STATUS } from "./types.ts";

const attribute = (key: string, value: string): EventAttribute => ({ key, value, index: true });
const hex = (key: string, value: Uint8Array): EventAttribute => ({ key, value: value.toHex(), index: false });

/** A call left. */
export const callSent = ({ channelId, sequence, caller, target }: Call): Event => ({
  type: "call_sent",
  attributes: [
    attribute("channel", channelId),
    attribute("sequence", sequence.toString()),
    attribute("caller", caller),
    attribute("target", target),
  ],
});

/** What a call from another chain came to here. */
export type Executed =
  | { readonly success: true; readonly gasUsed: bigint }
  | { readonly success: false; readonly codespace: string; readonly code: number; readonly message: string };

/** A call from another chain ran. `caller`: its account on this chain. */
export const callExecuted = (
  { channelId, sequence, caller, data }: {
    readonly channelId: string;
    readonly sequence: bigint;
    readonly caller: string;
    readonly data: CallPacketData | undefined;
  },
  outcome: Executed,
): Event => ({
  type: "call_executed",
  attributes: [
    attribute("channel", channelId),
    attribute("sequence", sequence.toString()),
    attribute("caller", caller),
    attribute("sender", data?.sender ?? ""),
    attribute("target", data?.target ?? ""),
    attribute("success", String(outcome.success)),
    ...(outcome.success ? [attribute("gas_used", outcome.gasUsed.toString())] : [
      attribute("codespace", outcome.codespace),
      attribute("code", outcome.code.toString()),
      attribute("error", outcome.message),
    ]),
  ],
});

/** What a call that was sent came to. */
export const callResult = (call: Call): Event => ({
  type: "call_result",
  attributes: [
    attribute("channel", call.channelId),
    attribute("sequence", call.sequence.toString()),
    attribute("caller", call.caller),
    attribute("success", String(call.status === CALL_STATUS.succeeded)),
    ...(call.status === CALL_STATUS.succeeded
      ? [hex("result", call.result)]
      : [attribute("codespace", call.codespace), attribute("code", call.code.toString())]),
  ],
});

const subjectOf = ({ id, clientId, store, key }: Read): EventAttribute[] => [
  attribute("id", id.toString()),
  attribute("client_id", clientId),
  hex("store", store),
  hex("key", key),
];

/** Somebody asks for a value of another chain. */
export const readRequest = (read: Read): Event => ({
  type: "read_request",
  attributes: [
    ...subjectOf(read),
    attribute("min_height", formatHeight(read.minHeight ?? ZERO_HEIGHT)),
    attribute("timeout_timestamp", read.timeoutTimestamp.toString()),
    attribute("requester", read.requester),
  ],
});

/** A value of another chain, or its absence, is proven. */
export const readResult = (read: Read): Event => ({
  type: "read_result",
  attributes: [
    ...subjectOf(read),
    attribute("found", String(read.status === READ_STATUS.found)),
    hex("value", read.value),
    attribute("proof_height", formatHeight(read.proofHeight ?? ZERO_HEIGHT)),
    attribute("submitter", read.submitter),
  ],
});

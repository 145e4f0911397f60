/** Events of callbacks, with names and order of ibc-go `apps/callbacks/types/events.go`. @module */
import type { ChannelEnd, Context } from "../../app/ports.ts";
import { type Callback, VERSION } from "./ibc_callback_data.ts";

/** When it is called. */
export type CallbackType = "send_packet" | "acknowledgement_packet" | "timeout_packet" | "receive_packet";

/** `end`: of the packet on this chain; `error`: absent when it succeeded. */
export function emitCallback(
  context: Context,
  type: CallbackType,
  { address, gasLimit, gasWanted }: Callback,
  { portId, channelId }: ChannelEnd,
  sequence: bigint,
  error?: string,
): void {
  const arrived = type === "receive_packet";
  const side = arrived ? "dest" : "src";
  const attributes: [key: string, value: string][] = [
    ["module", "ibccallbacks"],
    ["callback_type", type],
    ["callback_address", address],
    ["callback_exec_gas_limit", `${gasLimit}`],
    ["callback_commit_gas_limit", `${gasWanted}`],
    ["packet_sequence", `${sequence}`],
    ["callback_base_application_version", VERSION],
    ...(error === undefined ? [] : [["callback_error", error] satisfies [string, string]]),
    ["callback_result", error === undefined ? "success" : "failure"],
    [`packet_${side}_port`, portId],
    [`packet_${side}_channel`, channelId],
  ];
  context.emit({
    type: `ibc_${side}_callback`,
    attributes: attributes.map(([key, value]) => ({ key, value, index: true })),
  });
}

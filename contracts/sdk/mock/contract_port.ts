/**
 * A contract behind its port: the JSON of its IBC entry points, and what becomes of its answers, as in wasmd.
 * @module
 */
import { encodeAcknowledgement } from "../../../node/core/ibc/mod.ts";
import type { EntryPoint } from "../../engine.ts";
import type { MockChain } from "./chain.ts";
import { codeOf, ContractError, ContractStopped } from "./contract_error.ts";
import { dispatch, type Frame } from "./dispatch.ts";
import type { Endpoint, MockApplication, MockEnd, MockPacket, MockTimeout } from "./ibc_types.ts";
import { type ContractResponse, toJsonBytes } from "./messages.ts";

const endJson = ({ portId, channelId }: Endpoint) => ({ port_id: portId, channel_id: channelId });

const channelJson = (end: MockEnd) => ({
  endpoint: endJson(end),
  counterparty_endpoint: endJson(end.counterparty),
  order: end.ordered ? "ORDER_ORDERED" : "ORDER_UNORDERED",
  version: end.version,
  connection_id: "connection-0",
});

const timeoutJson = ({ block, nanos }: MockTimeout) => ({
  block: block === undefined ? null : { revision: block.revision, height: Number(block.height) },
  ...(nanos === 0n ? {} : { timestamp: nanos }),
});

/** Bytes of none are null, as Go writes them. */
const bytesJson = (bytes: Uint8Array) => bytes.length === 0 ? null : bytes;

/** `IbcPacket`. */
export const packetJson = ({ data, src, dest, sequence, timeout }: MockPacket) => ({
  data: bytesJson(data),
  src: endJson(src),
  dest: endJson(dest),
  sequence,
  timeout: timeoutJson(timeout),
});

/** `IbcPacketAckMsg`. */
export const acknowledgedJson = (chain: MockChain, packet: MockPacket, acknowledgement: Uint8Array) => ({
  acknowledgement: { data: bytesJson(acknowledgement) },
  original_packet: packetJson(packet),
  relayer: relayerOf(chain),
});

/** `IbcPacketReceiveMsg`, `IbcPacketTimeoutMsg`. */
export const packetMessage = (chain: MockChain, packet: MockPacket) => ({
  packet: packetJson(packet),
  relayer: relayerOf(chain),
});

const relayerOf = (chain: MockChain) => chain.account("relayer");

/** Tells a contract something, and carries out what it says to that. */
export function tell(chain: MockChain, frame: Frame, address: string, entry: EntryPoint, message: unknown): void {
  const response = chain.call(frame, entry, address, [toJsonBytes(message)]) as ContractResponse;
  dispatch(chain, frame, entry, address, { ...response, data: null });
}

const aborted = (error: ContractError) =>
  `ABCI error: ${codeOf(error).join("/")}: error handling packet: see events for details`;

export function contractPort(chain: MockChain, address: string): MockApplication {
  return {
    open(frame, end, theirs) {
      const step = theirs === undefined ? "open_init" : "open_try";
      const message = { [step]: { channel: channelJson(end), counterparty_version: theirs } };
      const answer = chain.call(frame, "ibc_channel_open", address, [toJsonBytes(message)]) as
        | { version?: string }
        | null;
      return answer?.version || end.version;
    },
    connect(frame, end, theirs) {
      const step = theirs === undefined ? "open_confirm" : "open_ack";
      const message = { [step]: { channel: channelJson(end), counterparty_version: theirs } };
      tell(chain, frame, address, "ibc_channel_connect", message);
    },
    close: (frame, end, step) =>
      tell(chain, frame, address, "ibc_channel_close", { [step]: { channel: channelJson(end) } }),
    receive: (frame, packet) => receive(chain, frame, address, packet),
    acknowledge: (frame, packet, acknowledgement) =>
      tell(chain, frame, address, "ibc_packet_ack", acknowledgedJson(chain, packet, acknowledgement)),
    timeout: (frame, packet) => tell(chain, frame, address, "ibc_packet_timeout", packetMessage(chain, packet)),
  };
}

/** A refusal is an acknowledgement, and nothing else stays of it; a contract that stops fails the message. */
function receive(chain: MockChain, frame: Frame, address: string, packet: MockPacket): Uint8Array | undefined {
  const checkpoint = chain.state.checkpoint();
  const events = frame.events.length;
  let said = true;
  try {
    const message = toJsonBytes(packetMessage(chain, packet));
    const answer = chain.call(frame, "ibc_packet_receive", address, [message]) as Received;
    said = false;
    dispatch(chain, frame, "ibc_packet_receive", address, { ...answer, data: answer.acknowledgement });
  } catch (error) {
    if (!(error instanceof ContractError) || (said && error instanceof ContractStopped)) throw error;
    chain.state.revert(checkpoint);
    frame.events.length = events;
    return encodeAcknowledgement({ success: false, error: said ? error.message : aborted(error) });
  }
  if (frame.data?.length === 0) throw new ContractError("acknowledgement cannot be empty: invalid acknowledgement");
  return frame.data;
}

/** `IbcReceiveResponse`. */
interface Received extends Omit<ContractResponse, "data"> {
  readonly acknowledgement: string | null;
}

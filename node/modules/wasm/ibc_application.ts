/** Contracts as the IBC core sees them: each behind a port of its own (wasmd `ibc.go`). @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type {
  Address,
  ChannelEnd,
  ChannelOpening,
  Context,
  IbcApplication,
  IbcChannels,
  PacketAbort,
} from "../../app/ports.ts";
import {
  encodeAcknowledgement,
  goString,
  parseChannelSequence,
  refuse,
  type WrittenAcknowledgement,
} from "../../core/ibc/mod.ts";
import { invariant } from "../../core/invariant.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { contractOfPort } from "./addresses.ts";
import { empty, tooManyChannels, wrap } from "./errors.ts";
import { emitPacketReceived } from "./events.ts";
import { acknowledgedJson, arrivedJson, channelJson } from "./ibc_json.ts";
import { keepPending } from "./ibc_pending.ts";
import { askToOpen, givePacket, tellContract } from "./ibc_run.ts";
import type { WasmKeeper } from "./keeper.ts";
import { contractKey, STORE } from "./keys.ts";
import { RELAYED_RUNS_MAX } from "./limits.ts";

/** Greatest number of a channel that is opened (`math.MaxUint32`). */
const CHANNEL_SEQUENCE_MAX = 0xffff_ffffn;

/** To be bound to all ports that have a contract ({@linkcode contractOfPort}), whether it exists or not. */
export function contractApplication(keeper: WasmKeeper, channels: IbcChannels): IbcApplication {
  const contractOf = (portId: string): Address => {
    const contract = contractOfPort(keeper.parts.codec, portId);
    invariant(contract !== undefined, `find the contract of port ${portId}: it is none of ours`);
    return contract;
  };
  const tell = (
    entry: "ibc_channel_connect" | "ibc_channel_close",
    context: Context,
    end: ChannelEnd,
    step: string,
    rest = "",
  ): Result<undefined> => {
    const channel = channels.channel(context.view, end);
    if (channel === undefined) {
      return refuse("channelNotFound", `port ID (${end.portId}) channel ID (${end.channelId})`);
    }
    const facts = channelJson({ ...channel, order: channel.ordering, end });
    const message = `{"${step}":{"channel":${facts}${rest}}}`;
    return tellContract(keeper, context, { contract: contractOf(end.portId), entry, message });
  };
  return {
    onChanOpenInit(context, channel, version) {
      const wanted = ask(keeper, context, contractOf(channel.portId), channel, "open_init", version);
      if (!wanted.ok || wanted.value !== "") return wanted;
      return version === "" ? err(empty("version")) : ok(version);
    },
    onChanOpenTry(context, channel, version) {
      const wanted = ask(keeper, context, contractOf(channel.portId), channel, "open_try", version);
      return wanted.ok ? ok(wanted.value || version) : wanted;
    },
    onChanOpenAck: (context, end, _channelId, version) =>
      tell("ibc_channel_connect", context, end, "open_ack", versionField(version)),
    onChanOpenConfirm: (context, end) => tell("ibc_channel_connect", context, end, "open_confirm"),
    onChanCloseInit: (context, end) => tell("ibc_channel_close", context, end, "close_init"),
    onChanCloseConfirm: (context, end) => tell("ibc_channel_close", context, end, "close_confirm"),
    onRecvPacket: (context, _version, packet, relayer) =>
      receive(keeper, context, contractOf(packet.destinationPort), packet, relayer),
    onAcknowledgementPacket(context, _version, packet, acknowledgement, relayer) {
      const message = acknowledgedJson(packet, acknowledgement, relayer);
      const contract = contractOf(packet.sourcePort);
      const told = tellContract(keeper, context, { contract, entry: "ibc_packet_ack", message });
      return told.ok ? told : err(wrap(told.error, "on ack"));
    },
    onTimeoutPacket(context, _version, packet, relayer) {
      const message = arrivedJson(packet, relayer);
      const contract = contractOf(packet.sourcePort);
      const told = tellContract(keeper, context, { contract, entry: "ibc_packet_timeout", message });
      return told.ok ? told : err(wrap(told.error, "on timeout"));
    },
    touchPacket(callback, packet, key) {
      const portId = callback === "receive" ? packet.destinationPort : packet.sourcePort;
      key(STORE, contractKey(contractOf(portId).bytes));
    },
  };
}

const versionField = (version: string): string => `,"counterparty_version":${goString(version)}`;

/** The version that a contract wants for a new channel; empty: it says none. */
function ask(
  keeper: WasmKeeper,
  context: Context,
  contract: Address,
  opening: ChannelOpening,
  step: "open_init" | "open_try",
  version: string,
): Result<string> {
  const sequence = parseChannelSequence(opening.channelId);
  if (sequence !== undefined && sequence > CHANNEL_SEQUENCE_MAX) {
    const limit = `max allowed transfer channels ${CHANNEL_SEQUENCE_MAX}`;
    return err(tooManyChannels(`channel sequence ${sequence} is greater than ${limit}`));
  }
  const { portId, channelId } = opening;
  const facts = channelJson({ ...opening, end: { portId, channelId }, version });
  const rest = step === "open_try" ? versionField(version) : "";
  return askToOpen(keeper, context, contract, `{"${step}":{"channel":${facts}${rest}}}`);
}

function receive(
  keeper: WasmKeeper,
  context: Context,
  contract: Address,
  packet: Packet,
  relayer: Address,
): WrittenAcknowledgement | PacketAbort | undefined {
  // Who relays chooses where this runs, and must not be able to choose what becomes of the packet.
  const refused = keeper.frames.refusal(context, RELAYED_RUNS_MAX);
  if (refused !== undefined) return { success: false, abort: refused };
  const first = context.events.length;
  const received = givePacket(keeper, context, contract, arrivedJson(packet, relayer));
  if ("aborted" in received) return { success: false, abort: received.aborted };
  if ("acknowledgement" in received) {
    const { acknowledgement: raw } = received;
    if (raw === undefined) keepPending(context.view, packet);
    emitPacketReceived(context, contract, true);
    return raw && { success: true, raw };
  }
  // What the contract wrote is taken back by who asked.
  context.events.length = first;
  const said = "said" in received;
  emitPacketReceived(context, contract, false, said ? undefined : received.refused.message);
  const error = said
    ? received.said
    : `ABCI error: ${received.refused.codespace}/${received.refused.code}: error handling packet: see events for details`;
  return { success: false, raw: encodeAcknowledgement({ success: false, error }) };
}

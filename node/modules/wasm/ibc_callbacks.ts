/**
 * Contracts that hear what becomes of tokens (ADR-8; ibc-go `apps/callbacks` with wasmd's `ContractKeeper`): a memo names a
 * contract, which is told when the packet is settled (`src_callback`) or has arrived (`dest_callback`). Around the application of
 * tokens, and around the channels that it sends over.
 * @module
 */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Address, ChannelEnd, Context, IbcApplication, IbcChannels, PacketAbort } from "../../app/ports.ts";
import type { CodedError } from "../../core/errors.ts";
import { encodeAcknowledgement, failure, type WrittenAcknowledgement } from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { addressFault } from "../../core/address_fault.ts";
import { executeFailed, uncoded, wrap } from "./errors.ts";
import { type Callback, callbackOf } from "./ibc_callback_data.ts";
import { destinationJson, sourceAcknowledgedJson, sourceTimedOutJson } from "./ibc_callback_json.ts";
import { type CallbackType, emitCallback } from "./ibc_callback_events.ts";
import { type IbcEntryPoint, tellContract } from "./ibc_run.ts";
import type { WasmKeeper } from "./keeper.ts";
import { RELAYED_RUNS_MAX } from "./limits.ts";

const outOfGas = (type: CallbackType): CodedError => ({
  codespace: "ibccallbacks",
  code: 6,
  message: `ibc ${type} callback out of gas: callback out of gas`,
});

export interface ContractCallbacks {
  /** Channels whose packets may not be sent with a `src_callback` to anybody but their sender. */
  readonly channels: IbcChannels;
  /** The application with callbacks around it. */
  around(application: IbcApplication): IbcApplication;
}

/** One callback that is due. */
interface Due {
  readonly type: CallbackType;
  readonly callback: Callback;
  readonly end: ChannelEnd;
  readonly sequence: bigint;
}

export function contractCallbacks(keeper: WasmKeeper, channels: IbcChannels): ContractCallbacks {
  return {
    channels: checkedChannels(keeper, channels),
    around: (application) => around(keeper, application),
  };
}

function checkedChannels(keeper: WasmKeeper, channels: IbcChannels): IbcChannels {
  return {
    sendPacket(context, packet) {
      const sent = channels.sendPacket(context, packet);
      if (!sent.ok) return sent;
      const end = { portId: packet.sourcePort, channelId: packet.sourceChannel };
      const version = () => channels.channel(context.view, end)?.version ?? "";
      const callback = callbackOf(packet.data, "src_callback", version, context.gas.left);
      if (callback === undefined) return sent;
      if (!callback.ok) return callback;
      const sender = checkSender(keeper, callback.value);
      if (!sender.ok) return sender;
      emitCallback(context, "send_packet", callback.value, end, sent.value);
      return sent;
    },
    writeAcknowledgement: (context, packet, acknowledgement) =>
      channels.writeAcknowledgement(context, packet, acknowledgement),
    channel: (view, end) => channels.channel(view, end),
    clientIdOf: (view, end) => channels.clientIdOf(view, end),
  };
}

/** Only the sender hears what becomes of its packet; the contract's address. */
function checkSender(keeper: WasmKeeper, { address, sender }: Callback): Result<Address> {
  const contract = parse(keeper, address, "contract address");
  if (!contract.ok) return contract;
  const from = parse(keeper, sender, "packet sender address");
  if (!from.ok || from.value.text === contract.value.text) return from;
  return err(executeFailed(`contract address ${address} does not match packet sender ${sender}`));
}

function parse({ parts: { codec } }: WasmKeeper, text: string, what?: string): Result<Address> {
  const address = codec.parse(text);
  if (address !== undefined) return ok(address);
  const refused = uncoded(addressFault(codec.prefix, text));
  return err(what === undefined ? refused : wrap(refused, what));
}

function around(keeper: WasmKeeper, app: IbcApplication): IbcApplication {
  const settled = (
    context: Context,
    version: string,
    packet: Packet,
    type: CallbackType,
    tell: (part: Context, contract: Address) => Result<undefined>,
  ): Result<undefined> => {
    const end = { portId: packet.sourcePort, channelId: packet.sourceChannel };
    const callback = callbackOf(packet.data, "src_callback", () => version, context.gas.left);
    if (callback === undefined) return ok(undefined);
    if (!callback.ok) return callback;
    const due = { type, callback: callback.value, end, sequence: packet.sequence };
    const called = call(keeper, context, due, (part) => {
      const contract = checkSender(keeper, callback.value);
      return contract.ok ? tell(part, contract.value) : contract;
    });
    return "abort" in called ? err(called.abort) : ok(undefined);
  };
  const source = (context: Context, contract: Address, message: string, step: string): Result<undefined> =>
    told(keeper, context, contract, "ibc_source_callback", message, `on source chain callback ${step}`);
  return {
    ...app,
    onAcknowledgementPacket(context, version, packet, acknowledgement, relayer) {
      const done = app.onAcknowledgementPacket(context, version, packet, acknowledgement, relayer);
      if (!done.ok) return done;
      return settled(
        context,
        version,
        packet,
        "acknowledgement_packet",
        (part, contract) => source(part, contract, sourceAcknowledgedJson(packet, acknowledgement, relayer), "ack"),
      );
    },
    onTimeoutPacket(context, version, packet, relayer) {
      const done = app.onTimeoutPacket(context, version, packet, relayer);
      if (!done.ok) return done;
      return settled(
        context,
        version,
        packet,
        "timeout_packet",
        (part, contract) => source(part, contract, sourceTimedOutJson(packet, relayer), "timeout"),
      );
    },
    onRecvPacket(context, version, packet, relayer) {
      const acknowledgement = app.onRecvPacket(context, version, packet, relayer);
      if (acknowledgement?.success !== true) return acknowledgement;
      return arrived(keeper, context, version, packet, acknowledgement);
    },
  };
}

/** What the packet comes to once the contract has heard of it: a callback that fails makes it fail. */
function arrived(
  keeper: WasmKeeper,
  context: Context,
  version: string,
  packet: Packet,
  acknowledgement: WrittenAcknowledgement,
): WrittenAcknowledgement | PacketAbort {
  const end = { portId: packet.destinationPort, channelId: packet.destinationChannel };
  const callback = callbackOf(packet.data, "dest_callback", () => version, context.gas.left);
  if (callback === undefined) return acknowledgement;
  if (!callback.ok) return failure(callback.error.code);
  const due: Due = { type: "receive_packet", callback: callback.value, end, sequence: packet.sequence };
  const called = call(keeper, context, due, (part) => {
    const contract = parse(keeper, callback.value.address);
    if (!contract.ok) return contract;
    const message = destinationJson(keeper.parts.codec, packet, encodeAcknowledgement(acknowledgement));
    return message.ok
      ? told(keeper, part, contract.value, "ibc_destination_callback", message.value, "on destination chain callback")
      : message;
  });
  if ("abort" in called) return { success: false, abort: called.abort };
  return called.result.ok ? acknowledgement : failure(called.result.error.code);
}

function told(
  keeper: WasmKeeper,
  context: Context,
  contract: Address,
  entry: IbcEntryPoint,
  message: string,
  step: string,
): Result<undefined> {
  const done = tellContract(keeper, context, { contract, entry, message });
  return done.ok ? done : err(wrap(done.error, step));
}

/**
 * Runs a callback with its own gas (`ProcessCallback`) and tells how it went. When it runs out of less gas than it may have, the
 * transaction does: the relayer may try again with more.
 */
function call(
  keeper: WasmKeeper,
  context: Context,
  { type, callback, end, sequence }: Due,
  run: (part: Context) => Result<undefined>,
): { readonly result: Result<undefined> } | { readonly abort: CodedError } {
  const branch = context.branch(callback.gasLimit);
  let result: Result<undefined> | undefined;
  let refused: CodedError | undefined;
  try {
    refused = keeper.frames.refusal(branch.context, RELAYED_RUNS_MAX);
    if (refused === undefined) result = run(branch.context);
  } catch (thrown) {
    if (!branch.ranOut(thrown)) throw thrown;
  } finally {
    if (result?.ok === true) branch.keep();
    else branch.drop();
  }
  if (refused !== undefined) return { abort: refused };
  if (result === undefined) {
    if (callback.gasLimit < callback.gasWanted) {
      context.gas.exhaust(`ibc ${type} callback out of gas; commitGasLimit: ${callback.gasWanted}`);
    }
    result = err(outOfGas(type));
  }
  emitCallback(context, type, callback, end, sequence, result.ok ? undefined : result.error.message);
  return { result };
}

/** A call from another chain runs here. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Address, Context } from "../../app/ports.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import type { PacketAcknowledgement } from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { acknowledgementOf } from "./acknowledgement.ts";
import { callerAddress } from "./caller.ts";
import { invalidPacket, invalidVersion, resultTooLong, unknownTarget } from "./errors.ts";
import { callExecuted } from "./events.ts";
import type { CallsKeeper } from "./keeper.ts";
import { VERSION } from "./keys.ts";
import { PACKET_BYTES_MAX, PAYLOAD_BYTES_MAX, RESULT_BYTES_MAX, SENDER_BYTES_MAX } from "./params.ts";
import { type CallPacketData, CallPacketDataCodec } from "./types.ts";

interface Done {
  readonly result: Uint8Array;
  readonly gasUsed: bigint;
}

/** Answers the acknowledgement. A failure is for the IBC core to take back. */
export function executeCall(
  keeper: CallsKeeper,
  context: Context,
  version: string,
  packet: Packet,
): PacketAcknowledgement {
  const { destinationChannel: channelId, sequence } = packet;
  const data = read(version, packet);
  const caller = data.ok ? keeper.codec.of(callerAddress(channelId, data.value.sender)) : undefined;
  const done = data.ok ? run(keeper, context, data.value, caller!) : data;
  const call = { channelId, sequence, caller: caller?.text ?? "", data: data.ok ? data.value : undefined };
  const outcome = done.ok ? { success: true, ...done.value } as const : { success: false, ...done.error } as const;
  context.emit(callExecuted(call, outcome));
  return acknowledgementOf(outcome);
}

function read(version: string, { data }: Packet): Result<CallPacketData> {
  if (version !== VERSION) return err(invalidVersion(`read call: version ${JSON.stringify(version.slice(0, 64))}`));
  const decoded = decodeStrict(CallPacketDataCodec, data, "call", PACKET_BYTES_MAX);
  if (!decoded.ok) return err(invalidPacket(decoded.error.message));
  const { sender, payload, gasLimit } = decoded.value;
  if (sender === "" || utf8ToBytes(sender).length > SENDER_BYTES_MAX) {
    return err(invalidPacket("read call: its sender"));
  }
  if (payload.length > PAYLOAD_BYTES_MAX) return err(invalidPacket(`read call: ${payload.length} bytes of payload`));
  return gasLimit === 0n ? err(invalidPacket("read call: it has no gas")) : decoded;
}

/**
 * The gas bound is the lower one of packet and chain. Only passing that bound fails the call; a relayer who brings too
 * little gas fails the message instead, and another may deliver.
 */
function run(keeper: CallsKeeper, context: Context, data: CallPacketData, caller: Address): Result<Done> {
  const target = keeper.target(data.target);
  if (target === undefined) {
    return err(unknownTarget(`call ${JSON.stringify(data.target.slice(0, 64))}: no such target`));
  }
  const { gasMax } = keeper.params(context.view);
  const gasLimit = data.gasLimit < gasMax ? data.gasLimit : gasMax;
  const { result: done } = context.attempt((inner): Result<Done> => {
    const result = target.execute(inner, caller, data.payload);
    return result.ok ? ok({ result: result.value, gasUsed: BigInt(inner.gas.used) }) : result;
  }, Number(gasLimit));
  if (done.ok && done.value.result.length > RESULT_BYTES_MAX) {
    return err(resultTooLong(`call ${data.target}: ${done.value.result.length} bytes of result`));
  }
  return done;
}

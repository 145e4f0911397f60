/**
 * Around the application of tokens: transfers whose memo asks for it are sent on, and are acknowledged when the forward is
 * (ibc-go `packet-forward-middleware/ibc_middleware.go`).
 * @module
 */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Address, Context, IbcApplication, PacketAbort } from "../../app/ports.ts";
import { sdkRefusal } from "../../core/errors.ts";
import {
  decodeAcknowledgement,
  decodePacketData,
  encodePacketData,
  failure,
  forwardAddress,
  parseForwardMemo,
  type WrittenAcknowledgement,
} from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { INTERNAL_CODE, INVALID_FORWARD_CODE } from "./errors.ts";
import { forwardAgain, forwardTokens } from "./forward.ts";
import type { PacketForwardKeeper } from "./keeper.ts";
import { settleForward } from "./settle.ts";
import type { InFlightPacket } from "./types.ts";

/** `app` is the application of tokens; everything about channels is its own. */
export function packetForwardMiddleware(keeper: PacketForwardKeeper, app: IbcApplication): IbcApplication {
  return {
    ...app,
    onRecvPacket: (context, version, packet, relayer) => receive(keeper, app, context, version, packet, relayer),
    onAcknowledgementPacket(context, version, packet, acknowledgement, relayer) {
      const inFlight = keeper.inFlight(context.view, packet);
      return inFlight === undefined
        ? app.onAcknowledgementPacket(context, version, packet, acknowledgement, relayer)
        : acknowledge(keeper, context, packet, acknowledgement, inFlight);
    },
    onTimeoutPacket(context, version, packet, relayer) {
      const inFlight = keeper.inFlight(context.view, packet);
      return inFlight === undefined
        ? app.onTimeoutPacket(context, version, packet, relayer)
        : timeout(keeper, app, context, version, packet, relayer, inFlight);
    },
    touchPacket(callback, packet, key) {
      if (callback === "settle") keeper.touch(packet, key);
      app.touchPacket?.(callback, packet, key);
    },
  };
}

function receive(
  keeper: PacketForwardKeeper,
  app: IbcApplication,
  context: Context,
  version: string,
  packet: Packet,
  relayer: Address,
): WrittenAcknowledgement | PacketAbort | undefined {
  const data = decodePacketData(packet.data);
  // What cannot be read is for the application to refuse.
  if (!data.ok) return app.onRecvPacket(context, version, packet, relayer);
  const forward = parseForwardMemo(data.value.memo);
  if (!forward.ok) return failure(INVALID_FORWARD_CODE);
  if (forward.value === undefined) return app.onRecvPacket(context, version, packet, relayer);
  const holder = keeper.codec.of(forwardAddress(packet.destinationChannel, data.value.sender));
  const toHolder = { ...packet, data: encodePacketData({ ...data.value, receiver: holder.text, memo: "" }) };
  const received = app.onRecvPacket(context, version, toHolder, relayer);
  if (received === undefined) return failure(INTERNAL_CODE);
  if (!received.success) return received;
  const sent = forwardTokens(keeper, context, packet, data.value, holder, forward.value);
  return sent.ok ? undefined : failure(sent.error.code);
}

function acknowledge(
  keeper: PacketForwardKeeper,
  context: Context,
  packet: Packet,
  bytes: Uint8Array,
  inFlight: InFlightPacket,
): Result<undefined> {
  const acknowledgement = decodeAcknowledgement(bytes);
  if (!acknowledgement.ok) {
    const detail = `read acknowledgement of a forward: ${acknowledgement.error.message}`;
    return err(sdkRefusal("unknownRequest", detail));
  }
  const data = decodePacketData(packet.data);
  if (!data.ok) return data;
  keeper.deleteInFlight(context.view, packet);
  return settleForward(keeper, context, packet, data.value, inFlight, acknowledgement.value);
}

/**
 * Sends again while there are tries left, and gives up otherwise. A try that cannot even be sent (the channel was closed,
 * sending was switched off) is giving up too: in ibc-go the timeout then fails for ever, and with it the refund.
 */
function timeout(
  keeper: PacketForwardKeeper,
  app: IbcApplication,
  context: Context,
  version: string,
  packet: Packet,
  relayer: Address,
  inFlight: InFlightPacket,
): Result<undefined> {
  const data = decodePacketData(packet.data);
  if (!data.ok) return data;
  keeper.deleteInFlight(context.view, packet);
  let code = INTERNAL_CODE;
  if (inFlight.retriesRemaining > 0) {
    const { result } = context.attempt((inner) => {
      const returned = app.onTimeoutPacket(inner, version, packet, relayer);
      return returned.ok ? forwardAgain(keeper, inner, packet, data.value, inFlight) : returned;
    });
    if (result.ok) return ok(undefined);
    code = result.error.code;
  }
  return settleForward(keeper, context, packet, data.value, inFlight, failure(code));
}

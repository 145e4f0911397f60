/** IBC messages of contracts (wasmd `keeper/handler_plugin.go`, `handler_plugin_encoders.go`). @module */
import { MsgIBCSendResponse, MsgIBCWriteAcknowledgementResponse } from "cosmjs-types/cosmwasm/wasm/v1/ibc";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { MsgChannelCloseInit } from "cosmjs-types/ibc/core/channel/v1/tx";
import type { Address, Context, IbcChannels } from "../../app/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { portOf } from "./addresses.ts";
import { sumCoins } from "./coins.ts";
import { empty, invalid, unsupported, wrap } from "./errors.ts";
import type { ExpectedIbc, MsgResponse } from "./expected.ts";
import type { OwnIbcMsg, RoutedIbcMsg } from "./ibc_msg.ts";
import { dropPending, pendingPacket } from "./ibc_pending.ts";

/** Port of token transfers. */
const TRANSFER_PORT = "transfer";

/** A message that another module handles, in its protobuf form. */
export function routedIbc(
  contract: Address,
  message: RoutedIbcMsg,
): Result<readonly [typeUrl: string, bytes: Uint8Array]> {
  const { channelId } = message;
  if (message.variant === "close_channel") {
    const close = { portId: portOf(contract), channelId, signer: contract.text };
    return ok([MsgChannelCloseInit.typeUrl, MsgChannelCloseInit.encode(close).finish()]);
  }
  const { amount: token, to, timeout, memo } = message;
  const coin = sumCoins([token]);
  if (!coin.ok) return err(wrap(coin.error, "amount"));
  const transfer = MsgTransfer.fromPartial({
    sourcePort: TRANSFER_PORT,
    sourceChannel: channelId,
    token,
    sender: contract.text,
    receiver: to,
    timeoutHeight: timeout.height,
    timeoutTimestamp: timeout.timestamp,
    memo,
  });
  return ok([MsgTransfer.typeUrl, MsgTransfer.encode(transfer).finish()]);
}

/** Packets of contracts, and acknowledgements that they put off (`IBCRawPacketHandler`). */
export const contractPackets = (channels: IbcChannels): ExpectedIbc => ({
  dispatch(context, portId, message) {
    if (portId === "") return err(unsupported("ibc not supported"));
    if (message.channelId === "") return err(empty("ibc channel"));
    return message.variant === "send_packet"
      ? sendPacket(channels, context, portId, message)
      : writeAcknowledgement(channels, context, portId, message);
  },
});

type Sent = Result<readonly MsgResponse[]>;

function sendPacket(
  channels: IbcChannels,
  context: Context,
  portId: string,
  { channelId, data, timeout }: Extract<OwnIbcMsg, { variant: "send_packet" }>,
): Sent {
  const sent = channels.sendPacket(context, {
    sourcePort: portId,
    sourceChannel: channelId,
    timeoutHeight: timeout.height,
    timeoutTimestamp: timeout.timestamp,
    data,
  });
  if (!sent.ok) return err(wrap(sent.error, "channel"));
  const value = MsgIBCSendResponse.encode({ sequence: sent.value }).finish();
  return ok([{ typeUrl: MsgIBCSendResponse.typeUrl, value }]);
}

/** Once for each packet: it is forgotten then. */
function writeAcknowledgement(
  channels: IbcChannels,
  context: Context,
  portId: string,
  { channelId, sequence, data }: Extract<OwnIbcMsg, { variant: "write_acknowledgement" }>,
): Sent {
  const packet = pendingPacket(context.view, { portId, channelId }, sequence);
  if (packet === undefined) return err(invalid("packet"));
  const written = channels.writeAcknowledgement(context, packet, { success: true, raw: data });
  if (!written.ok) return err(wrap(written.error, "acknowledgement"));
  dropPending(context.view, packet);
  return ok([{ typeUrl: MsgIBCWriteAcknowledgementResponse.typeUrl, value: new Uint8Array() }]);
}

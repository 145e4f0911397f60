/** Calls as the IBC core sees them. @module */
import { Order } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { ChannelOpening, IbcApplication } from "../../app/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { outcomeOf } from "./acknowledgement.ts";
import { closingRefused, invalidOrdering, invalidPort, invalidVersion } from "./errors.ts";
import { executeCall } from "./execute.ts";
import type { CallsKeeper } from "./keeper.ts";
import { PORT, VERSION } from "./keys.ts";
import { settleCall } from "./settle.ts";

const DONE: Result<undefined, never> = ok(undefined);

export function callsApplication(keeper: CallsKeeper): IbcApplication {
  return {
    onChanOpenInit(_context, channel, version) {
      const opening = checkOpening(channel);
      if (!opening.ok) return opening;
      return version.trim() === "" ? ok(VERSION) : checkVersion(version);
    },
    onChanOpenTry(_context, channel, version) {
      const opening = checkOpening(channel);
      return opening.ok ? checkVersion(version) : opening;
    },
    onChanOpenAck(_context, _end, _channelId, version) {
      const checked = checkVersion(version);
      return checked.ok ? DONE : checked;
    },
    onChanOpenConfirm: () => DONE,
    onChanCloseInit: (_context, { channelId }) => err(closingRefused(`close ${channelId}: others use it too`)),
    onChanCloseConfirm: () => DONE,
    onRecvPacket: (context, version, packet) => executeCall(keeper, context, version, packet),
    onAcknowledgementPacket: (context, _version, packet, acknowledgement) =>
      settleCall(keeper, context, packet, outcomeOf(acknowledgement)),
    onTimeoutPacket: (context, _version, packet) => settleCall(keeper, context, packet, undefined),
  };
}

/**
 * Both ends are on the port `calls`: the sender in a packet is whom the other end says it is, and what is bound to other ports
 * there may say anything.
 */
function checkOpening({ portId, order, counterparty }: ChannelOpening): Result<undefined> {
  if (portId !== PORT || counterparty.portId !== PORT) {
    return err(invalidPort(`open channel: ports ${portId} and ${counterparty.portId}, both must be ${PORT}`));
  }
  return order === Order.ORDER_ORDERED || order === Order.ORDER_UNORDERED
    ? DONE
    : err(invalidOrdering("open channel: neither ordered nor unordered"));
}

function checkVersion(version: string): Result<string> {
  return version === VERSION
    ? ok(VERSION)
    : err(invalidVersion(`open channel: version ${JSON.stringify(version.slice(0, 100))}, must be ${VERSION}`));
}

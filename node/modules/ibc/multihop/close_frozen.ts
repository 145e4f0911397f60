/**
 * `/ibc.core.channel.v1.MsgChannelCloseFrozen`: closes an end of a channel over several connections because a client on its
 * way is frozen (ICS-04 `chanCloseFrozen`). Whoever learns of misbehaviour need not wait until the roots from before it are
 * too old.
 * @module
 */
import { State } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { AddressCodec, ChannelEnd, Context, MessageHandler } from "../../../app/ports.ts";
import {
  checkHops,
  checkIdentifier,
  decodeMultihopProofs,
  type MsgChannelCloseFrozen,
  MsgChannelCloseFrozenCodec,
  MULTIHOP_PROOF_BYTES_MAX,
  refuse,
  verifyFrozenClient,
  wrapRefusal,
} from "../../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { emitChannelStep } from "../channel/events.ts";
import { type ChannelKeeper, checkOpen, type Path } from "../channel/keeper.ts";
import { channelKey, STORE } from "../channel/keys.ts";
import type { ChannelParts } from "../channel/messages_open.ts";
import { chargeProof } from "../client/gas.ts";
import { all, checkProof, messageHandler, type Signed } from "../message.ts";
import { routeStart } from "./verifier.ts";

/** Longest message, in bytes: two proofs and little else. */
const BYTES_MAX = 2 * MULTIHOP_PROOF_BYTES_MAX + 1_024;
const EMPTY = new Uint8Array();

export const closeFrozenMessage = (
  addresses: AddressCodec,
  { channels, router }: ChannelParts,
): MessageHandler<Signed<MsgChannelCloseFrozen>> =>
  messageHandler(addresses, {
    codec: MsgChannelCloseFrozenCodec,
    bytesMax: BYTES_MAX,
    validate: ({ portId, channelId, proofConnection, proofClientState }) =>
      all(
        () => checkIdentifier("port", portId),
        () => checkIdentifier("channel", channelId),
        () => checkProof(proofConnection, "proof of the connection"),
        () => checkProof(proofClientState, "proof of the client state"),
      ),
    touch: (message, key) => key(STORE, channelKey(message)),
    execute(context, message) {
      const { portId, channelId } = message;
      const application = router.route(portId);
      if (!application.ok) return application;
      const closed = closeFrozen(channels, context, message);
      if (!closed.ok) return closed;
      // As in the branch of ibc-go: applications have no callback of this name.
      const heard = application.value.onChanCloseConfirm(context, { portId, channelId });
      return heard.ok
        ? ok(EMPTY)
        : err(wrapRefusal(heard.error, `ask application of port ${portId} about ${channelId}`));
    },
  });

function closeFrozen(keeper: ChannelKeeper, context: Context, message: MsgChannelCloseFrozen): Result<undefined> {
  const { portId, channelId } = message;
  const end: ChannelEnd = { portId, channelId };
  const path = keeper.path(context.view, end);
  if (!path.ok) return path;
  const { channel, connection, hops } = path.value;
  const several = checkHops(hops);
  if (!several.ok) return several;
  if (channel.state === State.STATE_CLOSED) {
    return refuse("invalidChannelState", `close channel ${channelId}: it is closed already`);
  }
  const open = checkOpen(connection, hops[0]!);
  if (!open.ok) return open;
  const frozen = verifyFrozen(keeper, context, path.value, message);
  if (!frozen.ok) return frozen;
  const closed = { ...channel, state: State.STATE_CLOSED };
  keeper.setChannel(context.view, end, closed);
  emitChannelStep(context, "channel_close_frozen", end, closed);
  return ok(undefined);
}

function verifyFrozen(
  { clients, connections }: ChannelKeeper,
  context: Context,
  { connection, hops }: Path,
  { proofConnection, proofClientState, proofHeight }: MsgChannelCloseFrozen,
): Result<unknown> {
  if (proofHeight === undefined) return refuse("invalidHeight", "close channel: the proof height is missing");
  chargeProof(context, proofConnection);
  const ofConnection = decodeMultihopProofs(proofConnection);
  if (!ofConnection.ok) return ofConnection;
  chargeProof(context, proofClientState);
  const ofClient = decodeMultihopProofs(proofClientState);
  if (!ofClient.ok) return ofClient;
  const start = routeStart(context, { clients, connections }, connection, proofHeight, 0n);
  return start.ok ? verifyFrozenClient(start.value, hops, ofConnection.value, ofClient.value) : start;
}

/** The messages that open and close a channel; the application of the port has a say in each (ICS-26). @module */
import { type Channel, Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgChannelCloseConfirm,
  MsgChannelCloseInit,
  MsgChannelOpenAck,
  MsgChannelOpenConfirm,
  MsgChannelOpenInit,
  MsgChannelOpenInitResponse,
  MsgChannelOpenTry,
  MsgChannelOpenTryResponse,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import type { ChannelEnd, ChannelOpening, IbcApplication } from "../../../app/ports.ts";
import { encode } from "../../../core/codec/mod.ts";
import { checkIdentifier, parseChannelSequence, refuse, wrapRefusal } from "../../../core/ibc/mod.ts";
import type { CodedError } from "../../../core/errors.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { connectionKey } from "../connection/keys.ts";
import { all, checkProof, type MessageSteps } from "../message.ts";
import type { PortRouter } from "../router.ts";
import { checkInit, checkTry, closeConfirm, closeInit, openAck, openConfirm, writeNew } from "./handshake.ts";
import type { ChannelKeeper } from "./keeper.ts";
import { channelKey, NEXT_SEQUENCE_KEY, STORE } from "./keys.ts";

/** What the messages of channels act on. */
export interface ChannelParts {
  readonly channels: ChannelKeeper;
  readonly router: PortRouter;
}

/** Longest message, in bytes; a proof over several hops is long. */
const BYTES_MAX = 262_144;
const DONE: Result<Uint8Array, never> = ok(new Uint8Array());

export const openInitSteps = ({ channels, router }: ChannelParts): MessageSteps<MsgChannelOpenInit> => ({
  codec: MsgChannelOpenInit,
  bytesMax: BYTES_MAX,
  validate: ({ portId, channel }) =>
    all(
      () => checkIdentifier("port", portId),
      () => checkMessageState(channel, State.STATE_INIT, "INIT"),
      () =>
        channel.counterparty.channelId === ""
          ? ok(undefined)
          : refuse("invalidChannelCounterparty", "check message: the counterparty has a channel already"),
      () => checkChannel(channels, channel),
    ),
  touch: ({ channel }, key) => touchOpening(channel, key),
  execute(context, message) {
    const application = router.route(message.portId);
    if (!application.ok) return application;
    const checked = checkInit(channels, context, message);
    if (!checked.ok) return checked;
    const end = { portId: message.portId, channelId: checked.value };
    const opening = openingOf(end, message.channel);
    const version = application.value.onChanOpenInit(context, opening, message.channel.version);
    if (!version.ok) return refusedBy(end, version.error);
    writeNew(channels, context, end, message.channel, version.value, State.STATE_INIT);
    return ok(encode(MsgChannelOpenInitResponse, { channelId: end.channelId, version: version.value }));
  },
});

export const openTrySteps = ({ channels, router }: ChannelParts): MessageSteps<MsgChannelOpenTry> => ({
  codec: MsgChannelOpenTry,
  bytesMax: BYTES_MAX,
  validate: ({ portId, previousChannelId, channel, proofInit }) =>
    all(
      () => checkIdentifier("port", portId),
      () =>
        previousChannelId === ""
          ? ok(undefined)
          : refuse("invalidChannelId", "check message: a previous channel is no longer possible"),
      () => checkProof(proofInit, "proof of INIT"),
      () => checkMessageState(channel, State.STATE_TRYOPEN, "TRYOPEN"),
      () => checkIdentifier("channel", channel.counterparty.channelId),
      () => checkChannel(channels, channel),
    ),
  touch: ({ channel }, key) => touchOpening(channel, key),
  execute(context, message) {
    const application = router.route(message.portId);
    if (!application.ok) return application;
    const checked = checkTry(channels, context, message);
    if (!checked.ok) return checked;
    const end = { portId: message.portId, channelId: checked.value };
    const opening = openingOf(end, message.channel);
    const version = application.value.onChanOpenTry(context, opening, message.counterpartyVersion);
    if (!version.ok) return refusedBy(end, version.error);
    writeNew(channels, context, end, message.channel, version.value, State.STATE_TRYOPEN);
    return ok(encode(MsgChannelOpenTryResponse, { channelId: end.channelId, version: version.value }));
  },
});

export const openAckSteps = ({ channels, router }: ChannelParts): MessageSteps<MsgChannelOpenAck> => ({
  codec: MsgChannelOpenAck,
  bytesMax: BYTES_MAX,
  validate: (message) =>
    all(
      () => checkEnd(message),
      () => checkIdentifier("channel", message.counterpartyChannelId),
      () => checkProof(message.proofTry, "proof of TRYOPEN"),
    ),
  touch: touchEnd,
  execute: (context, message) =>
    step(router, message, (application) => {
      const opened = openAck(channels, context, message);
      if (!opened.ok) return opened;
      const { counterpartyChannelId, counterpartyVersion } = message;
      const end = endOf(message);
      return heard(end, application.onChanOpenAck(context, end, counterpartyChannelId, counterpartyVersion));
    }),
});

export const openConfirmSteps = ({ channels, router }: ChannelParts): MessageSteps<MsgChannelOpenConfirm> => ({
  codec: MsgChannelOpenConfirm,
  bytesMax: BYTES_MAX,
  validate: (message) => all(() => checkEnd(message), () => checkProof(message.proofAck, "proof of OPEN")),
  touch: touchEnd,
  execute: (context, message) =>
    step(router, message, (application) => {
      const opened = openConfirm(channels, context, message);
      if (!opened.ok) return opened;
      const end = endOf(message);
      return heard(end, application.onChanOpenConfirm(context, end));
    }),
});

export const closeInitSteps = ({ channels, router }: ChannelParts): MessageSteps<MsgChannelCloseInit> => ({
  codec: MsgChannelCloseInit,
  bytesMax: BYTES_MAX,
  validate: checkEnd,
  touch: touchEnd,
  execute: (context, message) =>
    step(router, message, (application) => {
      const end = endOf(message);
      const agreed = heard(end, application.onChanCloseInit(context, end));
      return agreed.ok ? closeInit(channels, context, end) : agreed;
    }),
});

export const closeConfirmSteps = ({ channels, router }: ChannelParts): MessageSteps<MsgChannelCloseConfirm> => ({
  codec: MsgChannelCloseConfirm,
  bytesMax: BYTES_MAX,
  validate: (message) => all(() => checkEnd(message), () => checkProof(message.proofInit, "proof of CLOSED")),
  touch: touchEnd,
  execute: (context, message) =>
    step(router, message, (application) => {
      const end = endOf(message);
      const agreed = heard(end, application.onChanCloseConfirm(context, end));
      return agreed.ok ? closeConfirm(channels, context, message) : agreed;
    }),
});

const endOf = ({ portId, channelId }: ChannelEnd): ChannelEnd => ({ portId, channelId });

const openingOf = (end: ChannelEnd, { ordering, connectionHops, counterparty }: Channel): ChannelOpening => ({
  ...end,
  order: ordering,
  connectionHops,
  counterparty,
});

function step(
  router: PortRouter,
  { portId }: ChannelEnd,
  run: (application: IbcApplication) => Result<undefined>,
): Result<Uint8Array> {
  const application = router.route(portId);
  if (!application.ok) return application;
  const done = run(application.value);
  return done.ok ? DONE : done;
}

const refusedBy = ({ portId, channelId }: ChannelEnd, error: CodedError): Result<never> =>
  err(wrapRefusal(error, `ask application of port ${portId} about ${channelId}`));

const heard = (end: ChannelEnd, answer: Result<undefined>): Result<undefined> =>
  answer.ok ? answer : refusedBy(end, answer.error);

function touchEnd(end: ChannelEnd, key: (store: string, key: Uint8Array) => void): void {
  key(STORE, channelKey(end));
}

function touchOpening({ connectionHops }: Channel, key: (store: string, key: Uint8Array) => void): void {
  key(STORE, NEXT_SEQUENCE_KEY);
  key(STORE, connectionKey(connectionHops[0]!));
}

function checkEnd({ portId, channelId }: ChannelEnd): Result<unknown> {
  const port = checkIdentifier("port", portId);
  if (!port.ok || parseChannelSequence(channelId) !== undefined) return port;
  return refuse("invalidChannelId", `check message: ${channelId.slice(0, 64)} is not channel-<n>`);
}

const checkMessageState = (channel: Channel, state: State, name: string): Result<undefined> =>
  channel.state === state
    ? ok(undefined)
    : refuse("invalidChannelState", `check message: the state of the channel is ${channel.state}, must be ${name}`);

/** Refused unless order, connections and counterparty are possible. */
function checkChannel(
  { verifiers: { hopsMax } }: ChannelKeeper,
  { ordering, connectionHops, counterparty }: Channel,
): Result<unknown> {
  if (ordering !== Order.ORDER_ORDERED && ordering !== Order.ORDER_UNORDERED) {
    return refuse("invalidOrder", `check channel: its order is ${ordering}`);
  }
  if (connectionHops.length < 1 || connectionHops.length > hopsMax) {
    return refuse("tooManyHops", `check channel: ${connectionHops.length} connections, must be 1 to ${hopsMax}`);
  }
  for (const hop of connectionHops) {
    const connection = checkIdentifier("connection", hop);
    if (!connection.ok) return connection;
  }
  const port = checkIdentifier("port", counterparty.portId);
  if (!port.ok || counterparty.channelId === "") return port;
  return checkIdentifier("channel", counterparty.channelId);
}

/**
 * The steps that open a channel and those that close it (ICS-04; ibc-go v10 `04-channel/keeper/handshake.go`). What the
 * application says to a step is asked by the messages; of the two first steps it says the version.
 * @module
 */
import { type Channel, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import type {
  MsgChannelCloseConfirm,
  MsgChannelOpenAck,
  MsgChannelOpenConfirm,
  MsgChannelOpenInit,
  MsgChannelOpenTry,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import type { ChannelEnd, Context } from "../../../app/ports.ts";
import { refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { checkOrder } from "../connection/versions.ts";
import { type ChannelStep, emitChannelStep } from "./events.ts";
import { type ChannelKeeper, checkOpen, type Path } from "./keeper.ts";

const DONE: Result<undefined, never> = ok(undefined);

/** Whether a channel may begin on this chain; its new id. */
export function checkInit(keeper: ChannelKeeper, context: Context, { channel }: MsgChannelOpenInit): Result<string> {
  const route = keeper.route(context.view, channel.connectionHops);
  if (!route.ok) return route;
  const { clientId, versions } = route.value.connection;
  const allowed = checkOrder(versions, channel.ordering);
  if (!allowed.ok) return allowed;
  const active = checkActive(keeper, context, clientId);
  return active.ok ? ok(keeper.nextId(context.view)) : active;
}

/** Whether a beginning that the other chain has stored may be answered; the new id on this chain. */
export function checkTry(keeper: ChannelKeeper, context: Context, message: MsgChannelOpenTry): Result<string> {
  const { portId, channel, counterpartyVersion, proofHeight, proofInit } = message;
  const { connectionHops, ordering, counterparty } = channel;
  const channelId = keeper.nextId(context.view);
  const route = keeper.route(context.view, connectionHops);
  if (!route.ok) return route;
  const { connection, verifier } = route.value;
  const open = checkOpen(connection, connectionHops[0]!);
  if (!open.ok) return open;
  const allowed = checkOrder(connection.versions, ordering);
  if (!allowed.ok) return allowed;
  const theirs = {
    state: State.STATE_INIT,
    ordering,
    counterparty: { portId, channelId: "" },
    version: counterpartyVersion,
  };
  const proof = { height: proofHeight, proof: proofInit };
  const verified = verifier.verifyChannelState(context, route.value, proof, counterparty, theirs);
  return verified.ok ? ok(channelId) : verified;
}

/** Stores a channel that has begun, with the version the application wants. */
export function writeNew(
  keeper: ChannelKeeper,
  context: Context,
  end: ChannelEnd,
  { ordering, counterparty, connectionHops }: Channel,
  version: string,
  state: State.STATE_INIT | State.STATE_TRYOPEN,
): void {
  const { view } = context;
  keeper.setCounter(view, "send", end, 1n);
  keeper.setCounter(view, "receive", end, 1n);
  keeper.setCounter(view, "acknowledge", end, 1n);
  const channel: Channel = { state, ordering, counterparty, connectionHops, version };
  keeper.setChannel(view, end, channel);
  emitChannelStep(context, state === State.STATE_INIT ? "channel_open_init" : "channel_open_try", end, channel);
}

/** Opens the end that began, once the other chain has answered. */
export function openAck(keeper: ChannelKeeper, context: Context, message: MsgChannelOpenAck): Result<undefined> {
  const { counterpartyChannelId, counterpartyVersion } = message;
  const found = pathInState(keeper, context, message, State.STATE_INIT);
  if (!found.ok) return found;
  const path = found.value;
  const counterparty = { ...path.channel.counterparty, channelId: counterpartyChannelId };
  const channel = { ...path.channel, state: State.STATE_OPEN, counterparty, version: counterpartyVersion };
  const proof = { height: message.proofHeight, proof: message.proofTry };
  const verified = verifyOther(context, message, { ...path, channel }, proof, State.STATE_TRYOPEN);
  return verified.ok ? write(keeper, context, "channel_open_ack", message, channel) : verified;
}

/** Opens the end that answered, once the other one is open. */
export function openConfirm(
  keeper: ChannelKeeper,
  context: Context,
  message: MsgChannelOpenConfirm,
): Result<undefined> {
  const path = pathInState(keeper, context, message, State.STATE_TRYOPEN);
  if (!path.ok) return path;
  const proof = { height: message.proofHeight, proof: message.proofAck };
  const verified = verifyOther(context, message, path.value, proof, State.STATE_OPEN);
  if (!verified.ok) return verified;
  const channel = { ...path.value.channel, state: State.STATE_OPEN };
  return write(keeper, context, "channel_open_confirm", message, channel);
}

/** Closes this end for good. */
export function closeInit(keeper: ChannelKeeper, context: Context, end: ChannelEnd): Result<undefined> {
  const path = pathNotClosed(keeper, context, end);
  if (!path.ok) return path;
  const { connection, channel, hops } = path.value;
  const active = checkActive(keeper, context, connection.clientId);
  if (!active.ok) return active;
  const open = checkOpen(connection, hops[0]!);
  if (!open.ok) return open;
  return write(keeper, context, "channel_close_init", end, { ...channel, state: State.STATE_CLOSED });
}

/** Closes this end after the other one. */
export function closeConfirm(
  keeper: ChannelKeeper,
  context: Context,
  message: MsgChannelCloseConfirm,
): Result<undefined> {
  const path = pathNotClosed(keeper, context, message);
  if (!path.ok) return path;
  const { connection, channel, hops } = path.value;
  const open = checkOpen(connection, hops[0]!);
  if (!open.ok) return open;
  const proof = { height: message.proofHeight, proof: message.proofInit };
  const verified = verifyOther(context, message, path.value, proof, State.STATE_CLOSED);
  if (!verified.ok) return verified;
  return write(keeper, context, "channel_close_confirm", message, { ...channel, state: State.STATE_CLOSED });
}

/** Refused unless the other end of `path` is proven to be in that state, with this one as its counterparty. */
export function verifyOther(
  context: Context,
  { portId, channelId }: ChannelEnd,
  path: Path,
  proof: Parameters<Path["verifier"]["verifyChannelState"]>[2],
  state: State,
): Result<undefined> {
  const { ordering, version, counterparty } = path.channel;
  const theirs = { state, ordering, counterparty: { portId, channelId }, version };
  return path.verifier.verifyChannelState(context, path, proof, counterparty, theirs);
}

function write(
  keeper: ChannelKeeper,
  context: Context,
  step: ChannelStep,
  end: ChannelEnd,
  channel: Channel,
): Result<undefined> {
  keeper.setChannel(context.view, end, channel);
  emitChannelStep(context, step, end, channel);
  return DONE;
}

const STATE_NAMES: Readonly<Record<number, string>> = {
  0: "UNINITIALIZED",
  1: "INIT",
  2: "TRYOPEN",
  3: "OPEN",
  4: "CLOSED",
};

/** Refused unless a channel is in that state. */
export function checkState({ state }: Channel, channelId: string, wanted: State): Result<undefined> {
  return state === wanted ? DONE : refuse(
    "invalidChannelState",
    `use channel ${channelId}: its state is ${STATE_NAMES[state]}, not ${STATE_NAMES[wanted]}`,
  );
}

/** The path of a channel in that state, over a connection that is open. */
function pathInState(keeper: ChannelKeeper, context: Context, end: ChannelEnd, state: State): Result<Path> {
  const path = keeper.path(context.view, end);
  if (!path.ok) return path;
  const { channel, connection, hops } = path.value;
  const inState = checkState(channel, end.channelId, state);
  if (!inState.ok) return inState;
  const open = checkOpen(connection, hops[0]!);
  return open.ok ? path : open;
}

function pathNotClosed(keeper: ChannelKeeper, context: Context, end: ChannelEnd): Result<Path> {
  const path = keeper.path(context.view, end);
  if (!path.ok || path.value.channel.state !== State.STATE_CLOSED) return path;
  return refuse("invalidChannelState", `close channel ${end.channelId}: it is closed already`);
}

function checkActive({ clients }: ChannelKeeper, context: Context, clientId: string): Result<undefined> {
  const status = clients.status(context, clientId);
  return status === "Active" ? DONE : refuse("clientNotActive", `use client ${clientId}: it is ${status}`);
}

/**
 * The four steps that open a connection (ICS-03; ibc-go v10 `03-connection/keeper/handshake.go`). The proof of each names
 * one connection end; the proofs of client and consensus states that older versions asked for are not looked at.
 * @module
 */
import { ConnectionEnd, State, type Version } from "cosmjs-types/ibc/core/connection/v1/connection";
import type {
  MsgConnectionOpenAck,
  MsgConnectionOpenConfirm,
  MsgConnectionOpenInit,
  MsgConnectionOpenTry,
} from "cosmjs-types/ibc/core/connection/v1/tx";
import type { Context } from "../../../app/ports.ts";
import { encode } from "../../../core/codec/mod.ts";
import { type IbcHeight, refuse, wrapRefusal } from "../../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { emitStep } from "./events.ts";
import { type ConnectionKeeper, OWN_PREFIX } from "./keeper.ts";
import { connectionKey } from "./keys.ts";
import { isSupported, pickVersion, VERSIONS } from "./versions.ts";

const DONE: Result<undefined, never> = ok(undefined);

/** Begins on this chain. The identifiers were checked with the message. */
export function openInit(keeper: ConnectionKeeper, context: Context, message: MsgConnectionOpenInit): Result<string> {
  const { clientId, counterparty, version, delayPeriod } = message;
  if (version !== undefined && !isSupported(VERSIONS, version)) {
    return refuse("invalidConnectionVersion", `open connection: version ${version.identifier} is not supported`);
  }
  const status = keeper.clients.status(context, clientId);
  if (status !== "Active") return refuse("clientNotActive", `open connection: client ${clientId} is ${status}`);
  const connectionId = keeper.nextId(context.view);
  const added = keeper.addToClient(context.view, clientId, connectionId);
  if (!added.ok) return added;
  const versions = version === undefined ? [...VERSIONS] : [version];
  keeper.setConnection(context.view, connectionId, {
    clientId,
    versions,
    state: State.STATE_INIT,
    counterparty,
    delayPeriod,
  });
  emitStep(context, "init", { connectionId, clientId, counterparty });
  return ok(connectionId);
}

/** Answers a beginning that the other chain has stored. */
export function openTry(keeper: ConnectionKeeper, context: Context, message: MsgConnectionOpenTry): Result<string> {
  const { clientId, counterparty, counterpartyVersions, delayPeriod } = message;
  const connectionId = keeper.nextId(context.view);
  const version = pickVersion(counterpartyVersions);
  if (version === undefined) {
    return refuse("versionNegotiationFailed", "open connection: no version of the counterparty is supported");
  }
  const connection: ConnectionEnd = {
    clientId,
    versions: [version],
    state: State.STATE_TRYOPEN,
    counterparty,
    delayPeriod,
  };
  const theirs = expectedEnd(connection, "", State.STATE_INIT, counterpartyVersions);
  const proof = { height: message.proofHeight, proof: message.proofInit };
  const verified = verifyConnection(keeper, context, connection, proof, theirs);
  if (!verified.ok) return verified;
  const added = keeper.addToClient(context.view, clientId, connectionId);
  if (!added.ok) return added;
  keeper.setConnection(context.view, connectionId, connection);
  emitStep(context, "try", { connectionId, clientId, counterparty });
  return ok(connectionId);
}

/** Goes on where the beginning was, once the other chain has answered it. */
export function openAck(keeper: ConnectionKeeper, context: Context, message: MsgConnectionOpenAck): Result<undefined> {
  const { connectionId, counterpartyConnectionId } = message;
  const found = inState(keeper, context, connectionId, State.STATE_INIT);
  if (!found.ok) return found;
  // The message was refused without one.
  const version = message.version!;
  if (!isSupported(found.value.versions, version)) {
    return refuse(
      "invalidConnectionState",
      `open ${connectionId}: version ${version.identifier} of the counterparty was not offered`,
    );
  }
  const counterparty = { ...found.value.counterparty, connectionId: counterpartyConnectionId };
  const connection = { ...found.value, state: State.STATE_OPEN, versions: [version], counterparty };
  const theirs = expectedEnd(connection, connectionId, State.STATE_TRYOPEN, [version]);
  const proof = { height: message.proofHeight, proof: message.proofTry };
  const verified = verifyConnection(keeper, context, connection, proof, theirs);
  if (!verified.ok) return verified;
  keeper.setConnection(context.view, connectionId, connection);
  emitStep(context, "ack", { ...connection, connectionId });
  return DONE;
}

/** Ends the handshake on the side that answered. */
export function openConfirm(
  keeper: ConnectionKeeper,
  context: Context,
  message: MsgConnectionOpenConfirm,
): Result<undefined> {
  const { connectionId } = message;
  const found = inState(keeper, context, connectionId, State.STATE_TRYOPEN);
  if (!found.ok) return found;
  const theirs = expectedEnd(found.value, connectionId, State.STATE_OPEN, found.value.versions);
  const proof = { height: message.proofHeight, proof: message.proofAck };
  const verified = verifyConnection(keeper, context, found.value, proof, theirs);
  if (!verified.ok) return verified;
  const connection = { ...found.value, state: State.STATE_OPEN };
  keeper.setConnection(context.view, connectionId, connection);
  emitStep(context, "confirm", { ...connection, connectionId });
  return DONE;
}

const STATE_NAMES: Readonly<Record<number, string>> = { 0: "UNINITIALIZED", 1: "INIT", 2: "TRYOPEN", 3: "OPEN" };

function inState(
  keeper: ConnectionKeeper,
  context: Context,
  connectionId: string,
  state: State,
): Result<ConnectionEnd> {
  const connection = keeper.connection(context.view, connectionId);
  if (connection === undefined) return refuse("connectionNotFound", `open ${connectionId}: it is not there`);
  return connection.state === state ? ok(connection) : refuse(
    "invalidConnectionState",
    `open ${connectionId}: its state is ${STATE_NAMES[connection.state]}, not ${STATE_NAMES[state]}`,
  );
}

/** What the other chain must have stored of this connection. `connectionId`: the own one, as the other chain knows it. */
function expectedEnd(own: ConnectionEnd, connectionId: string, state: State, versions: Version[]): ConnectionEnd {
  return {
    clientId: own.counterparty.clientId,
    versions,
    state,
    counterparty: { clientId: own.clientId, connectionId, prefix: { keyPrefix: OWN_PREFIX } },
    delayPeriod: own.delayPeriod,
  };
}

/** Refused unless `expected` is proven under the counterparty's id. The delay is for packets: none here. */
function verifyConnection(
  { clients }: ConnectionKeeper,
  context: Context,
  { clientId, counterparty }: ConnectionEnd,
  { height, proof }: { readonly height: IbcHeight; readonly proof: Uint8Array },
  expected: ConnectionEnd,
): Result<undefined> {
  const verified = clients.verifyMembership(
    context,
    clientId,
    { height, proof, delayTime: 0n, delayBlocks: 0n },
    [counterparty.prefix.keyPrefix, connectionKey(counterparty.connectionId)],
    encode(ConnectionEnd, expected),
  );
  return verified.ok ? DONE : err(wrapRefusal(verified.error, `verify connection over client ${clientId}`));
}

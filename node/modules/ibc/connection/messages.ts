/** The messages that open a connection. @module */
import type { Counterparty } from "cosmjs-types/ibc/core/connection/v1/connection";
import {
  MsgConnectionOpenAck,
  MsgConnectionOpenConfirm,
  MsgConnectionOpenInit,
  MsgConnectionOpenTry,
} from "cosmjs-types/ibc/core/connection/v1/tx";
import type { AddressCodec, MessageHandler } from "../../../app/ports.ts";
import { checkIdentifier, LOCALHOST_CLIENT_ID, parseConnectionSequence, refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { all, checkProof, messageHandler, type MessageSteps } from "../message.ts";
import { openAck, openConfirm, openInit, openTry } from "./handshake.ts";
import type { ConnectionKeeper } from "./keeper.ts";
import { clientConnectionsKey, clientStateKey, connectionKey, NEXT_SEQUENCE_KEY, STORE } from "./keys.ts";
import { checkVersion, checkVersions } from "./versions.ts";

/** Longest message, in bytes: with proofs of client and consensus states that nobody needs any more. */
const BYTES_MAX = 262_144;
const DONE: Result<Uint8Array, never> = ok(new Uint8Array());
/** Longest prefix of a store of another chain, in bytes. */
const PREFIX_BYTES_MAX = 128;

/** The handlers of all four. */
// The handlers differ in their message type.
// deno-lint-ignore no-explicit-any
export const connectionMessages = (addresses: AddressCodec, keeper: ConnectionKeeper): MessageHandler<any>[] => [
  messageHandler(addresses, initSteps(keeper)),
  messageHandler(addresses, trySteps(keeper)),
  messageHandler(addresses, ackSteps(keeper)),
  messageHandler(addresses, confirmSteps(keeper)),
];

const initSteps = (keeper: ConnectionKeeper): MessageSteps<MsgConnectionOpenInit> => ({
  codec: MsgConnectionOpenInit,
  bytesMax: BYTES_MAX,
  validate: ({ clientId, counterparty, version }) =>
    all(
      () => checkClient(clientId),
      () =>
        counterparty.connectionId === ""
          ? ok(undefined)
          : refuse("invalidConnectionCounterparty", "check message: the counterparty has a connection already"),
      () => version === undefined ? ok(undefined) : checkVersion(version),
      () => checkCounterparty(counterparty),
    ),
  touch: ({ clientId }, key) => touchClient(clientId, key),
  execute: (context, message) => respond(openInit(keeper, context, message)),
});

const trySteps = (keeper: ConnectionKeeper): MessageSteps<MsgConnectionOpenTry> => ({
  codec: MsgConnectionOpenTry,
  bytesMax: BYTES_MAX,
  validate: ({ clientId, counterparty, counterpartyVersions, proofInit }) =>
    all(
      () => checkClient(clientId),
      () => checkIdentifier("connection", counterparty.connectionId),
      () => checkVersions(counterpartyVersions),
      () => checkProof(proofInit, "proof of INIT"),
      () => checkCounterparty(counterparty),
    ),
  touch: ({ clientId }, key) => touchClient(clientId, key),
  execute: (context, message) => respond(openTry(keeper, context, message)),
});

const ackSteps = (keeper: ConnectionKeeper): MessageSteps<MsgConnectionOpenAck> => ({
  codec: MsgConnectionOpenAck,
  bytesMax: BYTES_MAX,
  validate: ({ connectionId, counterpartyConnectionId, version, proofTry }) =>
    all(
      () => checkOwnId(connectionId),
      () => checkIdentifier("connection", counterpartyConnectionId),
      () => checkVersion(version),
      () => checkProof(proofTry, "proof of TRYOPEN"),
    ),
  touch: ({ connectionId }, key) => key(STORE, connectionKey(connectionId)),
  execute: (context, message) => respond(openAck(keeper, context, message)),
});

const confirmSteps = (keeper: ConnectionKeeper): MessageSteps<MsgConnectionOpenConfirm> => ({
  codec: MsgConnectionOpenConfirm,
  bytesMax: BYTES_MAX,
  validate: ({ connectionId, proofAck }) =>
    all(() => checkOwnId(connectionId), () => checkProof(proofAck, "proof of OPEN")),
  touch: ({ connectionId }, key) => key(STORE, connectionKey(connectionId)),
  execute: (context, message) => respond(openConfirm(keeper, context, message)),
});

/** Responses have no fields: what a connection is called is in the events. */
const respond = (opened: Result<unknown>): Result<Uint8Array> => opened.ok ? DONE : opened;

function touchClient(clientId: string, key: (store: string, key: Uint8Array) => void): void {
  key(STORE, NEXT_SEQUENCE_KEY);
  key(STORE, clientStateKey(clientId));
  key(STORE, clientConnectionsKey(clientId));
}

function checkClient(clientId: string): Result<unknown> {
  return clientId === LOCALHOST_CLIENT_ID
    ? refuse("invalidClientType", "check message: the connection to this chain itself is open already")
    : checkIdentifier("client", clientId);
}

/** A connection that was given its id by this module. */
function checkOwnId(connectionId: string): Result<unknown> {
  return parseConnectionSequence(connectionId) === undefined
    ? refuse("invalidConnectionId", `check message: ${connectionId.slice(0, 64)} is not connection-<n>`)
    : ok(undefined);
}

function checkCounterparty({ clientId, connectionId, prefix }: Counterparty): Result<unknown> {
  return all(
    () => connectionId === "" ? ok(undefined) : checkIdentifier("connection", connectionId),
    () => checkIdentifier("client", clientId),
    () =>
      prefix.keyPrefix.length > 0 && prefix.keyPrefix.length <= PREFIX_BYTES_MAX ? ok(undefined) : refuse(
        "invalidConnectionCounterparty",
        `check message: the prefix of the counterparty has ${prefix.keyPrefix.length} bytes`,
      ),
  );
}

/** Where connections are kept: the paths of ICS-24. @module */
import { utf8ToBytes } from "../../../core/bytes.ts";
import {
  clientConnectionsPath,
  clientStatePath,
  connectionPath,
  consensusStatePath,
  IBC_STORE_NAME,
  type IbcHeight,
  NEXT_CONNECTION_SEQUENCE_PATH,
} from "../../../core/ibc/mod.ts";

/** Name of the store of everything in IBC. */
export const STORE = IBC_STORE_NAME;

/** `nextConnectionSequence` → eight bytes, big-endian. */
export const NEXT_SEQUENCE_KEY: Uint8Array = utf8ToBytes(NEXT_CONNECTION_SEQUENCE_PATH);
/** `connectionParams` → `Params` (ibc-go `03-connection/types/keys.go`). */
export const PARAMS_KEY: Uint8Array = utf8ToBytes("connectionParams");
/** Prefix of all connection ends; their ids follow. */
export const CONNECTIONS_PREFIX: Uint8Array = utf8ToBytes("connections/");

/** → `ConnectionEnd`. */
export const connectionKey = (connectionId: string): Uint8Array => utf8ToBytes(connectionPath(connectionId));
/** → `ClientPaths`. */
export const clientConnectionsKey = (clientId: string): Uint8Array => utf8ToBytes(clientConnectionsPath(clientId));
/** → `Any` of a client state; written by the clients alone. */
export const clientStateKey = (clientId: string): Uint8Array => utf8ToBytes(clientStatePath(clientId));
/** → `Any` of a consensus state. */
export const consensusStateKey = (clientId: string, height: IbcHeight): Uint8Array =>
  utf8ToBytes(consensusStatePath(clientId, height));

/** The id in a key of {@linkcode connectionKey}. */
export const connectionId = (key: Uint8Array): string =>
  new TextDecoder().decode(key.subarray(CONNECTIONS_PREFIX.length));

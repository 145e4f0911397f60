/** Where clients are kept: the layout of ibc-go v10 `24-host/client_keys.go` and `07-tendermint/store.go`. @module */
import { concatBytes, u64ToBytes, utf8ToBytes } from "../../../core/bytes.ts";
import {
  clientStatePath,
  consensusStatePath,
  consensusStatesPrefix,
  IBC_STORE_NAME,
  type IbcHeight,
  NEXT_CLIENT_SEQUENCE_PATH,
} from "../../../core/ibc/mod.ts";

/** Name of the store. */
export const STORE = IBC_STORE_NAME;
/** Everything about clients. */
export const CLIENTS_PREFIX: Uint8Array = utf8ToBytes("clients/");
/** `Params`. */
export const PARAMS_KEY: Uint8Array = utf8ToBytes("clientParams");
/** The number of the next client, eight bytes, big-endian. */
export const NEXT_SEQUENCE_KEY: Uint8Array = utf8ToBytes(NEXT_CLIENT_SEQUENCE_PATH);

/** Everything about one client. */
export const clientPrefix = (clientId: string): Uint8Array => utf8ToBytes(`clients/${clientId}/`);
/** `Any` of the client state. */
export const clientStateKey = (clientId: string): Uint8Array => utf8ToBytes(clientStatePath(clientId));
/** Address of who created the client. */
export const creatorKey = (clientId: string): Uint8Array => utf8ToBytes(`clients/${clientId}/creator`);
/** Consensus states and, after a further `/`, their metadata. */
export const consensusStatesKey = (clientId: string): Uint8Array => utf8ToBytes(consensusStatesPrefix(clientId));
/** `Any` of the consensus state. */
export const consensusStateKey = (clientId: string, height: IbcHeight): Uint8Array =>
  utf8ToBytes(consensusStatePath(clientId, height));
/** When this chain stored that consensus state: nanoseconds, eight bytes, big-endian. */
export const processedTimeKey = (clientId: string, height: IbcHeight): Uint8Array =>
  utf8ToBytes(`${consensusStatePath(clientId, height)}/processedTime`);
/** At which height of its own: `<revision>-<height>`. */
export const processedHeightKey = (clientId: string, height: IbcHeight): Uint8Array =>
  utf8ToBytes(`${consensusStatePath(clientId, height)}/processedHeight`);

/** Prefix of an index of the consensus states whose order is that of their heights. */
export const iterationPrefix = (clientId: string): Uint8Array =>
  utf8ToBytes(`clients/${clientId}/iterateConsensusStates`);
/** Revision and height, eight bytes big-endian each, after the prefix → path of the consensus state in the client. */
export const iterationKey = (clientId: string, { revisionNumber, revisionHeight }: IbcHeight): Uint8Array =>
  concatBytes(iterationPrefix(clientId), u64ToBytes(revisionNumber), u64ToBytes(revisionHeight));

/** Connection ends, which client each is over, and their parameters (ICS-03; ibc-go `03-connection/keeper`). @module */
import { ClientPaths, ConnectionEnd, Params, State } from "cosmjs-types/ibc/core/connection/v1/connection";
import { bytesToU64, u64ToBytes, utf8ToBytes } from "../../../core/bytes.ts";
import { encode } from "../../../core/codec/mod.ts";
import {
  connectionIdentifier,
  IBC_STORE_NAME,
  LOCALHOST_CLIENT_ID,
  LOCALHOST_CONNECTION_ID,
  refuse,
} from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { IbcClients } from "../../../app/ports.ts";
import type { StateReader, StateView } from "../../../state/view.ts";
import { Decoded } from "../decoded.ts";
import { clientConnectionsKey, clientStateKey, connectionKey, NEXT_SEQUENCE_KEY, PARAMS_KEY, STORE } from "./keys.ts";
import { VERSIONS } from "./versions.ts";

/** What a chain starts with: 30 seconds (ibc-go `DefaultTimePerBlock`). */
export const DEFAULT_PARAMS: Params = { maxExpectedTimePerBlock: 30_000_000_000n };

/** Under what others find our state: the name of the store. */
export const OWN_PREFIX: Uint8Array = utf8ToBytes(IBC_STORE_NAME);

/** The connection every chain has to itself, open from the start (ICS-09; ibc-go `CreateSentinelLocalhostConnection`). */
export const LOCALHOST_CONNECTION: ConnectionEnd = {
  clientId: LOCALHOST_CLIENT_ID,
  versions: [...VERSIONS],
  state: State.STATE_OPEN,
  counterparty: {
    clientId: LOCALHOST_CLIENT_ID,
    connectionId: LOCALHOST_CONNECTION_ID,
    prefix: { keyPrefix: OWN_PREFIX },
  },
  delayPeriod: 0n,
};

/**
 * A chain that is older than this module has none of its state: then counters are 0, parameters the default, and the
 * connection to itself is there.
 */
export class ConnectionKeeper {
  readonly #ends = new Decoded(ConnectionEnd);
  readonly #params = new Decoded(Params);

  constructor(readonly clients: IbcClients) {}

  /** Shared: nobody changes it. */
  connection(view: StateReader, connectionId: string): ConnectionEnd | undefined {
    const bytes = view.get(STORE, connectionKey(connectionId));
    if (bytes !== undefined) return this.#ends.of(bytes);
    return connectionId === LOCALHOST_CONNECTION_ID ? LOCALHOST_CONNECTION : undefined;
  }

  setConnection(view: StateView, connectionId: string, end: ConnectionEnd): void {
    view.set(STORE, connectionKey(connectionId), encode(ConnectionEnd, end));
  }

  /** A new id, `connection-<n>`. */
  nextId(view: StateView): string {
    const sequence = this.nextSequence(view);
    this.setNextSequence(view, sequence + 1n);
    return connectionIdentifier(sequence);
  }

  nextSequence(view: StateReader): bigint {
    const bytes = view.get(STORE, NEXT_SEQUENCE_KEY);
    return bytes === undefined ? 0n : bytesToU64(bytes);
  }

  setNextSequence(view: StateView, sequence: bigint): void {
    view.set(STORE, NEXT_SEQUENCE_KEY, u64ToBytes(sequence));
  }

  /** The connections over a client; undefined when there never was one. */
  clientConnections(view: StateReader, clientId: string): string[] | undefined {
    const bytes = view.get(STORE, clientConnectionsKey(clientId));
    return bytes === undefined ? undefined : ClientPaths.decode(bytes).paths;
  }

  setClientConnections(view: StateView, clientId: string, paths: string[]): void {
    view.set(STORE, clientConnectionsKey(clientId), encode(ClientPaths, { paths }));
  }

  /** Notes that a connection is over a client, which must be there. */
  addToClient(view: StateView, clientId: string, connectionId: string): Result<undefined> {
    if (view.get(STORE, clientStateKey(clientId)) === undefined) {
      return refuse("clientNotFound", `add ${connectionId} to client ${clientId}: there is no such client`);
    }
    this.setClientConnections(view, clientId, [...this.clientConnections(view, clientId) ?? [], connectionId]);
    return ok(undefined);
  }

  /** Shared: nobody changes it. */
  params(view: StateReader): Params {
    const bytes = view.get(STORE, PARAMS_KEY);
    return bytes === undefined ? DEFAULT_PARAMS : this.#params.of(bytes);
  }

  setParams(view: StateView, params: Params): void {
    view.set(STORE, PARAMS_KEY, encode(Params, params));
  }

  /**
   * Blocks that must pass for a delay of so many nanoseconds: divided by the longest time between blocks and rounded up, in
   * 64-bit floating point as ibc-go computes it (`getBlockDelay`).
   */
  blockDelay(view: StateReader, delayPeriod: bigint): bigint {
    if (delayPeriod === 0n) return 0n;
    const { maxExpectedTimePerBlock } = this.params(view);
    if (maxExpectedTimePerBlock === 0n) return 0n;
    return BigInt(Math.ceil(Number(delayPeriod) / Number(maxExpectedTimePerBlock)));
  }
}

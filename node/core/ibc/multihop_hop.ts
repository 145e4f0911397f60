/** What one entry of a proof over several hops claims, read but not proven. @module */
import { Any } from "cosmjs-types/google/protobuf/any";
import { ConnectionEnd, State } from "cosmjs-types/ibc/core/connection/v1/connection";
import { ConsensusState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { decodeStrict, type MessageCodec } from "../codec/mod.ts";
import { equalBytes, utf8ToBytes } from "../bytes.ts";
import { ok, type Result } from "../result.ts";
import { timestampToNanos } from "../time.ts";
import { CLIENT_STATE_BYTES_MAX, ClientStateCodec, type TendermintClientState } from "./client_state.ts";
import { quoted } from "./_text.ts";
import { compareHeights, formatHeight, type IbcHeight, isZeroHeight, parseHeight } from "./heights.ts";
import { validateIdentifier } from "./identifiers.ts";
import type { MultihopProof } from "./multihop_proofs.ts";
import { refuseProof } from "./multihop_refusals.ts";
import { clientStatePath, connectionPath, consensusStatePath, consensusStatesPrefix } from "./paths.ts";

/** Longest connection end and consensus state, in bytes. Real ones have about 100. */
const STATE_BYTES_MAX = 4_096;

/** A connection towards the source, its client and one of the client's consensus states. */
export interface HopClaim {
  readonly connection: ConnectionEnd;
  /** Merkle prefix of the chain that the connection leads to; not empty. */
  readonly nextPrefix: Uint8Array;
  readonly client: TendermintClientState;
  /** Of the consensus state. */
  readonly height: IbcHeight;
  /** Of the consensus state, in nanoseconds since the Unix epoch. */
  readonly timestamp: bigint;
  readonly root: Uint8Array;
  /** The keys in the store of the chain that has the connection. */
  readonly keys: { readonly connection: string; readonly client: string; readonly consensus: string };
}

/** The three proofs of one chain on the way. */
export interface HopProofs {
  readonly connection: MultihopProof;
  readonly client: MultihopProof;
  readonly consensus: MultihopProof;
}

function read<T>(codec: MessageCodec<T>, bytes: Uint8Array, what: string, hop: number, bytesMax: number): Result<T> {
  const decoded = decodeStrict(codec, bytes, what, bytesMax);
  return decoded.ok ? decoded : refuseProof("malformed", decoded.error.message, hop);
}

/** What is in an `Any` of the type of `codec`. */
function readAny<T>(codec: MessageCodec<T>, bytes: Uint8Array, what: string, hop: number, bytesMax: number): Result<T> {
  const any = read(Any, bytes, what, hop, bytesMax);
  if (!any.ok) return any;
  if (any.value.typeUrl !== codec.typeUrl) {
    return refuseProof("unsupportedClient", `${what} is a ${quoted(any.value.typeUrl)}`, hop);
  }
  return read(codec, any.value.value, what, hop, bytesMax);
}

/** A connection end that is open and names all that an open one names. */
export function readConnection(bytes: Uint8Array, hop: number): Result<ConnectionEnd> {
  const connection = read(ConnectionEnd, bytes, "connection end", hop, STATE_BYTES_MAX);
  if (!connection.ok) return connection;
  const { state, clientId, counterparty } = connection.value;
  if (state !== State.STATE_OPEN) return refuseProof("connectionNotOpen", `the connection is in state ${state}`, hop);
  if (
    !validateIdentifier("client", clientId) || !validateIdentifier("client", counterparty.clientId) ||
    !validateIdentifier("connection", counterparty.connectionId) || counterparty.prefix.keyPrefix.length === 0
  ) {
    return refuseProof("malformed", "the connection end is open and incomplete", hop);
  }
  return connection;
}

/** The state of a client, whether frozen or not. */
export function readClient(bytes: Uint8Array, hop: number): Result<TendermintClientState> {
  return readAny(ClientStateCodec, bytes, "client state", hop, CLIENT_STATE_BYTES_MAX);
}

/**
 * The height in the key of a consensus state. Leading zeros are not read: the key is built again from the height and
 * compared.
 */
function readConsensusHeight({ prefixedKey }: MultihopProof, clientId: string, hop: number): Result<IbcHeight> {
  const key = prefixedKey?.keyPath.at(-1);
  const prefix = utf8ToBytes(consensusStatesPrefix(clientId));
  if (key !== undefined && key.length > prefix.length && equalBytes(key.subarray(0, prefix.length), prefix)) {
    const height = parseHeight(new TextDecoder().decode(key.subarray(prefix.length)));
    if (height.ok) return height;
  }
  return refuseProof("wrongKey", `not a consensus state of the connection's client ${quoted(clientId)}`, hop);
}

/** Reads the claims of the chain that has the connection `connectionId`. */
export function readHop(proofs: HopProofs, connectionId: string, hop: number): Result<HopClaim> {
  const connection = readConnection(proofs.connection.value, hop);
  if (!connection.ok) return connection;
  const { clientId, counterparty } = connection.value;
  const client = readClient(proofs.client.value, hop);
  if (!client.ok) return client;
  const height = readConsensusHeight(proofs.consensus, clientId, hop);
  if (!height.ok) return height;
  const consensus = readAny(ConsensusState, proofs.consensus.value, "consensus state", hop, STATE_BYTES_MAX);
  if (!consensus.ok) return consensus;
  return ok({
    connection: connection.value,
    nextPrefix: counterparty.prefix.keyPrefix,
    client: client.value,
    height: height.value,
    timestamp: timestampToNanos(consensus.value.timestamp),
    root: consensus.value.root.hash,
    keys: {
      connection: connectionPath(connectionId),
      client: clientStatePath(clientId),
      consensus: consensusStatePath(clientId, height.value),
    },
  });
}

/** Why a client does not vouch for its consensus state; judged at `time` of its chain, in nanoseconds. */
export function judgeClient(claim: HopClaim, time: bigint, ageMax: bigint, hop: number): Result<undefined> {
  const { client, height, timestamp } = claim;
  const { frozenHeight, latestHeight, trustingPeriod } = client;
  if (!isZeroHeight(frozenHeight)) {
    return refuseProof("clientFrozen", `the client ${claim.connection.clientId} is frozen`, hop);
  }
  if (compareHeights(height, latestHeight) > 0) {
    const heights = `${formatHeight(height)} is above the client's latest ${formatHeight(latestHeight)}`;
    return refuseProof("inconsistentHeight", `the consensus state ${heights}`, hop);
  }
  const age = time - timestamp;
  // ibc-go `07-tendermint/client_state.go`, `IsExpired`: at the end of the period it has expired.
  if (age >= trustingPeriod.seconds * 1_000_000_000n + BigInt(trustingPeriod.nanos)) {
    return refuseProof("clientExpired", "the consensus state is older than the trusting period", hop);
  }
  if (age > ageMax) return refuseProof("staleRoot", `the consensus state is ${age / 1_000_000_000n} s old`, hop);
  return ok(undefined);
}

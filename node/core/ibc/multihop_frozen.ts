/** Proofs that the way of a channel has ended: a client on it is frozen (ICS-04 `chanCloseFrozen`). @module */
import { Height } from "cosmjs-types/ibc/core/client/v1/client";
import { utf8ToBytes } from "../bytes.ts";
import { fields, type MessageCodec, messageCodec } from "../codec/mod.ts";
import { ok, type Result } from "../result.ts";
import { type IbcHeight, isZeroHeight } from "./heights.ts";
import { type ClaimedRoute, type FarEnd, proveRoute, readRoute, type RouteStart } from "./multihop.ts";
import { readClient, readConnection } from "./multihop_hop.ts";
import type { MultihopProofs } from "./multihop_proofs.ts";
import { refuseProof } from "./multihop_refusals.ts";
import { clientStatePath, connectionPath } from "./paths.ts";

/** `ibc.core.channel.v1.MsgChannelCloseFrozen` of the ICS-33 branch of ibc-go. */
export interface MsgChannelCloseFrozen {
  readonly portId: string;
  readonly channelId: string;
  /** An encoded `MsgMultihopProofs`, and so is the next. */
  readonly proofConnection: Uint8Array;
  readonly proofClientState: Uint8Array;
  /** Where both proofs start. */
  readonly proofHeight: IbcHeight | undefined;
  readonly signer: string;
}

export const MsgChannelCloseFrozenCodec: MessageCodec<MsgChannelCloseFrozen> = messageCodec(
  "/ibc.core.channel.v1.MsgChannelCloseFrozen",
  {
    portId: fields.string(1),
    channelId: fields.string(2),
    proofConnection: fields.bytes(3),
    proofClientState: fields.bytes(4),
    proofHeight: fields.message(5, Height),
    signer: fields.string(6),
  },
);

/** A client that is frozen, and the connection over it. */
export interface FrozenHop {
  readonly connectionId: string;
  readonly clientId: string;
}

/**
 * Refused unless the two proofs show, on the same chain between the ends, the connection of the channel `connectionHops` and
 * that its client is frozen. They lead to that chain as any proof does, so clients before it are not frozen. The proofs of
 * the key carry the values they show.
 */
export function verifyFrozenClient(
  start: RouteStart,
  connectionHops: readonly string[],
  ofConnection: MultihopProofs,
  ofClient: MultihopProofs,
): Result<FrozenHop> {
  const chains = ofConnection.connectionProofs.length;
  const connectionId = connectionHops[chains + 1];
  if (connectionId === undefined) {
    return refuseProof(
      "elements",
      `${chains} chains on the way to a client of a channel over ${connectionHops.length}`,
    );
  }
  const way = connectionHops.slice(0, chains + 1);
  const connectionBytes = shown(start, way, ofConnection, connectionPath(connectionId));
  if (!connectionBytes.ok) return connectionBytes;
  const connection = readConnection(connectionBytes.value, chains + 1);
  if (!connection.ok) return connection;
  const { clientId } = connection.value;
  const clientBytes = shown(start, way, ofClient, clientStatePath(clientId));
  if (!clientBytes.ok) return clientBytes;
  const client = readClient(clientBytes.value, chains + 1);
  if (!client.ok) return client;
  return isZeroHeight(client.value.frozenHeight)
    ? refuseProof("clientNotFrozen", `the client ${clientId} is not frozen`, chains + 1)
    : ok({ connectionId, clientId });
}

/** The value that a proof carries and shows under `key` at the end of `way`. */
function shown(
  start: RouteStart,
  way: readonly string[],
  proofs: MultihopProofs,
  key: string,
): Result<Uint8Array> {
  const route = readRoute(way, proofs);
  if (!route.ok) return route;
  const end = proveRoute(start, route.value);
  if (!end.ok) return end;
  return valueAt(end.value, route.value, key);
}

function valueAt({ judge, prefix }: FarEnd, { keyProof }: ClaimedRoute, key: string): Result<Uint8Array> {
  const { proof, value } = keyProof;
  const verified = judge.verifyMembership(proof, [prefix, utf8ToBytes(key)], value);
  return verified.ok ? ok(value) : verified;
}

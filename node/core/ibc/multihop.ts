/**
 * Verification of proofs over several connections (ICS-33 "Multi-hop Proof Verification Steps"): from a root of the
 * neighbour that is known already, chain by chain, to a root of the chain at the other end. Pure, so that a relayer judges
 * its proofs with the same code as the chain. What is believed, and why, is in decision 0005.
 *
 * The keys of all proofs are built here, from the channel's connections and from what is proven; a key in the message must
 * be that one. So a proof cannot lead through another connection, client, store or chain.
 * @module
 */
import type { ConnectionEnd } from "cosmjs-types/ibc/core/connection/v1/connection";
import { equalBytes, utf8ToBytes } from "../bytes.ts";
import { err, ok, type Result } from "../result.ts";
import { validateIdentifier } from "./identifiers.ts";
import type { IbcHeight } from "./heights.ts";
import { type HopClaim, type HopProofs, judgeClient, readHop } from "./multihop_hop.ts";
import { CONNECTION_HOPS_MAX, type MultihopProof, type MultihopProofs } from "./multihop_proofs.ts";
import { refuseProof } from "./multihop_refusals.ts";
import { wrapRefusal } from "./refusals.ts";
import { type RootJudge, rootJudge } from "./multihop_root.ts";

/**
 * How much older than the chain before it a root on the way may be, in nanoseconds: one hour. A relayer with an older root
 * updates the client first. It bounds for how long a client can pass for healthy after it was frozen.
 */
export const ROOT_AGE_MAX_NS = 3_600_000_000_000n;

/** What a proof claims, read and counted; nothing of it is proven. */
export interface ClaimedRoute {
  readonly hops: readonly HopProofs[];
  readonly claims: readonly HopClaim[];
  readonly keyProof: MultihopProof;
  /** Longest delay of the connections on the way, the own one left out; nanoseconds. */
  readonly delayPeriod: bigint;
}

/** Where the verifying chain starts. */
export interface RouteStart {
  /** Of the neighbour's root, in the client of the own connection; that client is active. */
  readonly judge: RootJudge;
  /** Of that root, in nanoseconds since the Unix epoch. */
  readonly timestamp: bigint;
  /** The own end of the first connection. */
  readonly connection: ConnectionEnd;
  /** The verifying chain's time, in nanoseconds since the Unix epoch. */
  readonly now: bigint;
}

/** The root at the other end, proven. */
export interface FarEnd {
  readonly judge: RootJudge;
  /** Merkle prefix of the chain there. */
  readonly prefix: Uint8Array;
}

/** Whether a channel may go over these connections; one is none of our business. */
export function checkHops(connectionHops: readonly string[]): Result<undefined> {
  const count = connectionHops.length;
  if (count < 2 || count > CONNECTION_HOPS_MAX) {
    return refuseProof("hopCount", `${count} connections, must be 2 to ${CONNECTION_HOPS_MAX}`);
  }
  const bad = connectionHops.findIndex((id) => !validateIdentifier("connection", id));
  return bad < 0 ? ok(undefined) : refuseProof("wrongKey", `connection ${bad} of the channel has no valid identifier`);
}

/**
 * Reads a proof about the chain at the end of `connectionHops`, which a channel has or which are the first of them; the own
 * connection first.
 */
export function readRoute(connectionHops: readonly string[], proofs: MultihopProofs): Result<ClaimedRoute> {
  const wanted = connectionHops.length - 1;
  const { keyProof, connectionProofs, consensusProofs, clientProofs } = proofs;
  if (keyProof === undefined || keyProof.prefixedKey !== undefined) {
    return refuseProof("elements", "a proof of the key is needed, without a key");
  }
  if ([connectionProofs, consensusProofs, clientProofs].some((list) => list.length !== wanted)) {
    const found =
      `${connectionProofs.length} connections, ${consensusProofs.length} consensus states, ${clientProofs.length}`;
    return refuseProof("elements", `${found} clients, must be ${wanted} of each`);
  }
  const hops: HopProofs[] = [];
  const claims: HopClaim[] = [];
  let delayPeriod = 0n;
  for (let i = 0; i < wanted; i++) {
    const hop = { connection: connectionProofs[i]!, consensus: consensusProofs[i]!, client: clientProofs[i]! };
    const claim = readHop(hop, connectionHops[i + 1]!, i + 1);
    if (!claim.ok) return claim;
    hops.push(hop);
    claims.push(claim.value);
    if (claim.value.connection.delayPeriod > delayPeriod) delayPeriod = claim.value.connection.delayPeriod;
  }
  return ok({ hops, claims, keyProof, delayPeriod });
}

/** The connections as the chain at the other end must name them, its own first; `own` is this chain's end. */
export function counterpartyHops(own: ConnectionEnd, route: ClaimedRoute): string[] {
  const onwards = route.claims.map(({ connection }) => connection.counterparty.connectionId);
  return [own.counterparty.connectionId, ...onwards].reverse();
}

/** Of what the proof of the key speaks; undefined when there are no chains between. */
export function claimedMoment(route: ClaimedRoute): { height: IbcHeight; timestamp: bigint } | undefined {
  const last = route.claims.at(-1);
  return last && { height: last.height, timestamp: last.timestamp };
}

/** Proves what was claimed, chain by chain. The proof of the key is left to the judge that this ends with. */
export function proveRoute(start: RouteStart, route: ClaimedRoute): Result<FarEnd> {
  const ownDelay = start.connection.delayPeriod;
  const delay = route.delayPeriod > ownDelay ? route.delayPeriod : ownDelay;
  // The delay passes on this chain only, after it has learnt the neighbour's root.
  const age = start.now - start.timestamp;
  if (age > ROOT_AGE_MAX_NS + delay) return refuseProof("staleRoot", `the root is ${age / 1_000_000_000n} s old`, 1);
  let end: FarEnd = { judge: start.judge, prefix: start.connection.counterparty.prefix.keyPrefix };
  let time = start.timestamp;
  for (const [i, claim] of route.claims.entries()) {
    const proven = proveHop(end, claim, route.hops[i]!, i + 1);
    if (!proven.ok) return proven;
    const judged = judgeClient(claim, time, ROOT_AGE_MAX_NS, i + 1);
    if (!judged.ok) return judged;
    end = { judge: rootJudge(claim.client.proofSpecs, claim.root), prefix: claim.nextPrefix };
    time = claim.timestamp;
  }
  return ok(end);
}

/** Connection, client and consensus state stand under the root, at the keys where they must. */
function proveHop(here: FarEnd, claim: HopClaim, proofs: HopProofs, hop: number): Result<undefined> {
  for (const kind of ["connection", "client", "consensus"] as const) {
    const path = [here.prefix, utf8ToBytes(claim.keys[kind])];
    const { proof, value, prefixedKey } = proofs[kind];
    const given = prefixedKey?.keyPath ?? [];
    if (given.length !== path.length || !path.every((part, at) => equalBytes(part, given[at]!))) {
      return refuseProof("wrongKey", `the ${kind} proof is not about ${claim.keys[kind]}`, hop);
    }
    const proven = here.judge.verifyMembership(proof, path, value);
    if (!proven.ok) return err(wrapRefusal(proven.error, `verify multi-hop proof, hop ${hop}, ${kind}`));
  }
  return ok(undefined);
}

/** The key has `value` at the other end. */
export function verifyFarMembership(
  end: FarEnd,
  { keyProof }: ClaimedRoute,
  key: string,
  value: Uint8Array,
): Result<undefined> {
  if (keyProof.value.length > 0) return refuseProof("elements", "the proof of the key carries a value");
  return end.judge.verifyMembership(keyProof.proof, [end.prefix, utf8ToBytes(key)], value);
}

/** Nothing stands under the key at the other end. */
export function verifyFarAbsence(end: FarEnd, { keyProof }: ClaimedRoute, key: string): Result<undefined> {
  if (keyProof.value.length > 0) return refuseProof("elements", "the proof of the key carries a value");
  return end.judge.verifyNonMembership(keyProof.proof, [end.prefix, utf8ToBytes(key)]);
}

/**
 * Building of proofs over several hops, as a plan: which client has to be updated first, or which proofs to fetch and how to
 * put the message together. Pure; who runs it does the asking. Heights are as in ICS-33 "Proof Generation".
 * @module
 */
import { utf8ToBytes } from "../bytes.ts";
import { ok, type Result } from "../result.ts";
import { compareHeights, type IbcHeight } from "./heights.ts";
import { encodeMultihopProofs, type MultihopProof } from "./multihop_proofs.ts";
import { refuseProof } from "./multihop_refusals.ts";
import { clientStatePath, connectionPath, consensusStatePath } from "./paths.ts";

/** A consensus state that a client has. */
export interface KnownHeight {
  /** Of the chain that the client is of. */
  readonly height: IbcHeight;
  /** A block of the client's own chain after which it was there; the first such block is best. */
  readonly since: bigint;
}

/** A chain of the way; they are listed from the verifying chain to the one before the source. */
export interface RouteChain {
  /** Name of the store under which the connections of this chain are proven, usually `ibc`. */
  readonly prefix: Uint8Array;
  /** Of the connection towards the source. */
  readonly connectionId: string;
  /** The client of that connection. */
  readonly clientId: string;
  /** What the client knows, in any order; heights that are known to be too old may be left out. */
  readonly known: readonly KnownHeight[];
}

/** Something to be proven at the source. */
export interface Wanted {
  readonly key: Uint8Array;
  /** It stands in the state after this block of the source; later states will do. */
  readonly since: bigint;
}

/** A proof to be fetched. */
export interface ProofRequest {
  /** Place of the chain on the way: 0 is the verifying one, so never asked; the last is the source. */
  readonly chain: number;
  /** Key in the store that the chain has under the prefix of its connections. */
  readonly key: Uint8Array;
  /** The proof has to lead to the root that a header of this height carries: of the state one block before. */
  readonly rootHeight: IbcHeight;
}

/** All that a message needs. */
export interface ProofPlan {
  readonly tag: "fetch";
  /** The neighbour's height with which the verifying chain starts: `proof_height` of the message. */
  readonly proofHeight: IbcHeight;
  /** The key first, then connection, client state and consensus state of each chain between, the neighbour first. */
  readonly requests: readonly ProofRequest[];
}

/** A client that has to learn of a later block first; then plan again. */
export interface UpdateFirst {
  readonly tag: "update";
  /** Place of the chain on the way whose client of the next chain it is. */
  readonly chain: number;
  /** Of the next chain: this block or a later one. */
  readonly height: bigint;
}

/** The answer to a {@linkcode ProofRequest}. */
export interface FetchedProof {
  /** Undefined: proven absent. */
  readonly value: Uint8Array | undefined;
  /** An encoded `MerkleProof`. */
  readonly proof: Uint8Array;
}

/**
 * The next step towards a proof of `wanted` at the end of `route`. Updates are asked for from the source towards the
 * verifying chain, each with the oldest height that will do; of what is known the newest roots that go together are taken.
 */
export function planMultihopProof(route: readonly RouteChain[], wanted: Wanted): ProofPlan | UpdateFirst {
  // From the source on: what stands in a state is proven by the root in the next header; the next chain can prove that root
  // in the states after it has stored it.
  let since = wanted.since;
  for (let chain = route.length - 1; chain >= 0; chain--) {
    const height = since + 1n;
    const usable = route[chain]!.known.filter((known) => known.height.revisionHeight >= height);
    if (usable.length === 0) return { tag: "update", chain, height };
    since = usable.map((known) => known.since).reduce((a, b) => a < b ? a : b);
  }
  // From the verifying chain on: the newest root of which the state before can prove. It is not below the least, as one that
  // is not, is there.
  const roots: IbcHeight[] = [];
  let state: bigint | undefined;
  for (const { known } of route) {
    const provable = known.filter(({ since }) => state === undefined || since <= state);
    const newest = provable.reduce((best, next) => compareHeights(next.height, best.height) > 0 ? next : best).height;
    roots.push(newest);
    state = newest.revisionHeight - 1n;
  }
  return { tag: "fetch", proofHeight: roots[0]!, requests: requestsOf(route, roots, wanted) };
}

function requestsOf(route: readonly RouteChain[], roots: readonly IbcHeight[], wanted: Wanted): ProofRequest[] {
  const requests: ProofRequest[] = [{ chain: route.length, key: wanted.key, rootHeight: roots.at(-1)! }];
  for (const [chain, { connectionId, clientId }] of route.entries()) {
    if (chain === 0) continue;
    const rootHeight = roots[chain - 1]!;
    const keys = [connectionPath(connectionId), clientStatePath(clientId), consensusStatePath(clientId, roots[chain]!)];
    for (const key of keys) requests.push({ chain, key: utf8ToBytes(key), rootHeight });
  }
  return requests;
}

/**
 * The encoded message out of the answers, in the order of the requests. `withValue` puts the value of the key into it, as the
 * proofs of a frozen client need it.
 */
export function assembleMultihopProof(
  route: readonly RouteChain[],
  plan: ProofPlan,
  answers: readonly FetchedProof[],
  withValue = false,
): Result<Uint8Array> {
  const [keyAnswer, ...others] = answers;
  if (keyAnswer === undefined || answers.length !== plan.requests.length) {
    return refuseProof("elements", `${answers.length} proofs were fetched of ${plan.requests.length}`);
  }
  const lists: [MultihopProof[], MultihopProof[], MultihopProof[]] = [[], [], []];
  for (const [i, { value, proof }] of others.entries()) {
    const { chain, key } = plan.requests[i + 1]!;
    if (value === undefined) {
      return refuseProof("notProven", `nothing stands under ${new TextDecoder().decode(key)}`, chain);
    }
    lists[i % 3]!.push({ proof, value, prefixedKey: { keyPath: [route[chain]!.prefix, key] } });
  }
  const [connectionProofs, clientProofs, consensusProofs] = lists;
  const value = withValue ? keyAnswer.value ?? EMPTY : EMPTY;
  const keyProof = { proof: keyAnswer.proof, value };
  return ok(encodeMultihopProofs({ keyProof, connectionProofs, consensusProofs, clientProofs }));
}

const EMPTY = new Uint8Array();

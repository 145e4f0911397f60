/**
 * Proofs over several hops as relayers hand them in: `ibc.core.channel.v1.MsgMultihopProofs` of the ICS-33 branch of ibc-go
 * (polymer/multihop-main), with its field numbers, and one field more: the client states of the way
 * (decision 0005).
 * @module
 */
import { MerklePath } from "cosmjs-types/ibc/core/commitment/v2/commitment";
import { decodeStrict, encode, fields, type MessageCodec, messageCodec } from "../codec/mod.ts";
import type { CodedError } from "../errors.ts";
import type { Result } from "../result.ts";

/**
 * Most connections a channel may go over, so at most three chains between its ends. Each hop adds a chain that could lie, three
 * Merkle proofs and a client to keep alive.
 */
export const CONNECTION_HOPS_MAX = 4;

/** Longest encoded proof over several hops. Ours have about 3 KB for each hop, those of IAVL chains about 6 KB. */
export const MULTIHOP_PROOF_BYTES_MAX = 131_072;

/** `ibc.core.channel.v1.MultihopProof`: a value under a key, and why to believe it. */
export interface MultihopProof {
  /** An encoded `MerkleProof`. */
  readonly proof: Uint8Array;
  /** Empty in the proof of the key: the verifier knows what it wants to see. */
  readonly value: Uint8Array;
  /** Store prefix, then key. Absent in the proof of the key. */
  readonly prefixedKey?: MerklePath | undefined;
}

/**
 * `ibc.core.channel.v1.MsgMultihopProofs`. The three lists have one entry for each chain between the ends, in the order of
 * `connection_hops`: the neighbour of the verifying chain first. Entry `i` is of the chain on which the connection
 * `connection_hops[i + 1]` is, and is proven under the root that the entry before led to.
 */
export interface MultihopProofs {
  readonly keyProof?: MultihopProof | undefined;
  /** The end of the connection towards the source. */
  readonly connectionProofs: readonly MultihopProof[];
  /** A consensus state of the client of that connection. */
  readonly consensusProofs: readonly MultihopProof[];
  /** The state of that client: our field. */
  readonly clientProofs: readonly MultihopProof[];
}

/** Fields 2, 3 and 4. `MerklePath` of v1 has strings where that of v2 has bytes: the same on the wire. */
export const MultihopProofCodec: MessageCodec<MultihopProof> = messageCodec("/ibc.core.channel.v1.MultihopProof", {
  proof: fields.bytes(2),
  value: fields.bytes(3),
  prefixedKey: fields.message(4, MerklePath),
});

/** Entries of each list that are read: more than any way has, so that whoever knows the way says what is wrong. */
const ENTRIES_MAX = 4 * CONNECTION_HOPS_MAX;

/** Fields 2 to 5; 5 is ours. */
export const MultihopProofsCodec: MessageCodec<MultihopProofs> = messageCodec(
  "/ibc.core.channel.v1.MsgMultihopProofs",
  {
    keyProof: fields.message(2, MultihopProofCodec),
    connectionProofs: fields.messages(3, MultihopProofCodec, ENTRIES_MAX),
    consensusProofs: fields.messages(4, MultihopProofCodec, ENTRIES_MAX),
    clientProofs: fields.messages(5, MultihopProofCodec, ENTRIES_MAX),
  },
);

/** The one encoding. */
export function encodeMultihopProofs(proofs: MultihopProofs): Uint8Array {
  return encode(MultihopProofsCodec, proofs);
}

/** Reads what a relayer sent, strictly (see `decodeStrict`) and bounded. How many entries it has is judged later. */
export function decodeMultihopProofs(bytes: Uint8Array): Result<MultihopProofs, CodedError> {
  return decodeStrict(MultihopProofsCodec, bytes, "multi-hop proof", MULTIHOP_PROOF_BYTES_MAX);
}

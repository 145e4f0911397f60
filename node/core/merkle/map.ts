/**
 * The simple map of cosmos-sdk's multistore: entries sorted by key, each leaf the length-prefixed key and the
 * length-prefixed SHA-256 of the value, under the simple Merkle tree. Its proofs are ICS-23 under the `tendermint` spec.
 * @module
 */
import {
  type CommitmentProof,
  type ExistenceProof,
  HashOp,
  type InnerOp,
  LengthOp,
} from "cosmjs-types/cosmos/ics23/v1/proofs";
import { compareBytes, concatBytes, equalBytes } from "../bytes.ts";
import { sha256 } from "../crypto/mod.ts";
import { encodeVarint } from "./_varint.ts";
import { merkleProof, merkleRoot, pathSides } from "./tree.ts";

export type MapEntry = readonly [key: Uint8Array, value: Uint8Array];

/** One leaf: varint(len(key)) ‖ key ‖ 0x20 ‖ SHA-256(value). */
export function mapLeaf(key: Uint8Array, value: Uint8Array): Uint8Array {
  return concatBytes(encodeVarint(key.length), key, Uint8Array.of(32), sha256(value));
}

const sorted = (entries: readonly MapEntry[]) => entries.toSorted((a, b) => compareBytes(a[0], b[0]));

/** The root (32 bytes) of a map. Keys are unique; order does not matter. */
export function tendermintMapRoot(entries: readonly MapEntry[]): Uint8Array {
  return merkleRoot(sorted(entries).map(([key, value]) => mapLeaf(key, value)));
}

function existence(entries: readonly MapEntry[], index: number): ExistenceProof {
  const [key, value] = entries[index]!;
  const proof = merkleProof(entries.map(([k, v]) => mapLeaf(k, v)), index);
  const path = pathSides(index, entries.length).map((isLeft, i): InnerOp => ({
    hash: HashOp.SHA256,
    prefix: isLeft ? Uint8Array.of(1) : concatBytes(Uint8Array.of(1), proof.aunts[i]!),
    suffix: isLeft ? proof.aunts[i]! : new Uint8Array(),
  }));
  const leaf = {
    hash: HashOp.SHA256,
    prehashKey: HashOp.NO_HASH,
    prehashValue: HashOp.SHA256,
    length: LengthOp.VAR_PROTO,
    prefix: Uint8Array.of(0),
  };
  return { key, value, leaf, path };
}

/**
 * An ICS-23 proof about `key` in the map: of existence when it is there, else of absence by its neighbours. Throws
 * RangeError on an empty map, which ICS-23 cannot prove anything about.
 */
export function tendermintMapProof(entries: readonly MapEntry[], key: Uint8Array): CommitmentProof {
  if (entries.length === 0) throw new RangeError("prove a map entry: the map is empty");
  const all = sorted(entries);
  const next = all.findIndex(([candidate]) => compareBytes(candidate, key) >= 0);
  if (next >= 0 && equalBytes(all[next]![0], key)) return { exist: existence(all, next) };
  const right = next < 0 ? all.length : next;
  const left = right > 0 ? { left: existence(all, right - 1) } : {};
  return { nonexist: { key, ...left, ...(right < all.length ? { right: existence(all, right) } : {}) } };
}

import { HashOp, LengthOp, type ProofSpec } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { utf8ToBytes } from "../bytes.ts";

/**
 * An ICS-23 specification of a tree. The flag is field 5 of the published message, which the codec does not carry; absent
 * means false.
 */
export interface Ics23Spec extends ProofSpec {
  /** Keys are ordered by their hash in this tree, so absence is judged by hashes. */
  readonly prehashKeyBeforeComparison?: boolean;
}

const keyValueLeaf = {
  hash: HashOp.SHA256,
  prehashKey: HashOp.NO_HASH,
  prehashValue: HashOp.SHA256,
  length: LengthOp.VAR_PROTO,
  prefix: Uint8Array.of(0),
};
const hashedLeaf = { ...keyValueLeaf, prehashKey: HashOp.SHA256, length: LengthOp.NO_PREFIX };
const binary = { childOrder: [0, 1], hash: HashOp.SHA256, emptyChild: new Uint8Array() };

/** IAVL trees of cosmos-sdk stores. */
const iavl: Ics23Spec = {
  leafSpec: keyValueLeaf,
  // 33: a child hash comes with a length byte.
  innerSpec: { ...binary, childSize: 33, minPrefixLength: 4, maxPrefixLength: 12 },
  minDepth: 0,
  maxDepth: 0,
};

/** The simple Merkle map over store roots (`tendermintMapRoot`). */
const tendermint: Ics23Spec = {
  leafSpec: keyValueLeaf,
  innerSpec: { ...binary, childSize: 32, minPrefixLength: 1, maxPrefixLength: 1 },
  minDepth: 0,
  maxDepth: 0,
};

/** Celestia's sparse Merkle tree. */
const smt: Ics23Spec = {
  leafSpec: hashedLeaf,
  innerSpec: { ...binary, childSize: 32, minPrefixLength: 1, maxPrefixLength: 1, emptyChild: new Uint8Array(32) },
  minDepth: 0,
  maxDepth: 256,
  prehashKeyBeforeComparison: true,
};

/** Jellyfish Merkle trees as the `jmt` crate publishes its specification (`ics23_spec`): the trees of our own stores. */
const jmt: Ics23Spec = {
  leafSpec: { ...hashedLeaf, prefix: utf8ToBytes("JMT::LeafNode") },
  innerSpec: {
    ...binary,
    childSize: 32,
    minPrefixLength: 16,
    maxPrefixLength: 16,
    emptyChild: utf8ToBytes("SPARSE_MERKLE_PLACEHOLDER_HASH__"),
  },
  minDepth: 0,
  maxDepth: 64,
  prehashKeyBeforeComparison: true,
};

/** The trees whose proofs we judge, by name. Treat as constants. */
export const ICS23_SPECS = { iavl, tendermint, smt, jmt } as const;

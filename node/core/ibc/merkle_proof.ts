/**
 * Proofs through several trees, one inside the other: the value of a key, or its absence, in the lowest, and each tree's
 * root as a value of the next (ICS-23 as ibc-go v10 `23-commitment/types/merkle.go` chains it). Who knows only the topmost
 * root, an app hash, is convinced of what a store holds.
 * @module
 */
import type { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { CommitmentProof as CommitmentProofCodec } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { MerkleProof } from "cosmjs-types/ibc/core/commitment/v1/commitment";
import type { ProofOps } from "cosmjs-types/tendermint/crypto/proof";
import { equalBytes } from "../bytes.ts";
import { decodeStrict, encode } from "../codec/mod.ts";
import type { CodedError } from "../errors.ts";
import { checkExistence } from "../merkle/ics23_check.ts";
import { existenceRoot, type Ics23Spec, verifyNonMembership } from "../merkle/mod.ts";
import { ok, type Result } from "../result.ts";
import { refuse } from "./refusals.ts";

/** Longest encoded proof that is read, in bytes. Two trees of a busy chain need 2 000 to 6 000. */
export const MERKLE_PROOF_BYTES_MAX = 65_536;

/**
 * Fewest bytes of a proof for each of its steps. No tree has less: a step names its hash, and carries at least one sibling of
 * 20 bytes or more. Four bytes would make a step, too, and then hashing 64 KB of them takes a fifth of a second.
 */
export const PROOF_STEP_BYTES_MIN = 24;

/** Most trees one inside the other, and most children of a node: chains have two trees with two or sixteen children. */
export const PROOF_SPECS_MAX = 8;
export const PROOF_SPEC_CHILDREN_MAX = 32;

type Specs = readonly Ics23Spec[];
type Path = readonly Uint8Array[];

/** Reads `ibc.core.commitment.v1.MerkleProof` strictly. */
export function decodeMerkleProof(bytes: Uint8Array): Result<MerkleProof, CodedError> {
  const decoded = decodeStrict(MerkleProof, bytes, "merkle proof", MERKLE_PROOF_BYTES_MAX);
  if (!decoded.ok) return refuse("invalidProof", decoded.error.message);
  const steps = decoded.value.proofs.reduce((sum, proof) => sum + stepsOf(proof), 0);
  return (steps - STEPS_FREE) * PROOF_STEP_BYTES_MIN <= bytes.length
    ? decoded
    : refuse("invalidProof", `decode merkle proof: ${steps} steps in ${bytes.length} bytes`);
}

/** So many are too few to be looked at. */
const STEPS_FREE = 64;

const stepsOf = ({ exist, nonexist }: CommitmentProof): number =>
  [exist, nonexist?.left, nonexist?.right].reduce((sum, side) => sum + (side?.path.length ?? 0), 0);

/** The bytes of a proof: `proofs` from the lowest tree up. */
export const encodeMerkleProof = (proofs: readonly CommitmentProof[]): Uint8Array =>
  encode(MerkleProof, { proofs: [...proofs] });

/** The proof in the answer to an `abci_query` with `prove`, whatever the chain (`ConvertProofs`). */
export function merkleProofOfOps({ ops }: ProofOps): Result<Uint8Array, CodedError> {
  const proofs: CommitmentProof[] = [];
  for (const [index, { data }] of ops.entries()) {
    const proof = decodeStrict(CommitmentProofCodec, data, `proof ${index}`, MERKLE_PROOF_BYTES_MAX);
    if (!proof.ok) return refuse("invalidMerkleProof", proof.error.message);
    proofs.push(proof.value);
  }
  return proofs.length === 0 ? refuse("invalidMerkleProof", "read proof: it is empty") : ok(encodeMerkleProof(proofs));
}

/**
 * What is wrong with the specifications of a client; undefined: nothing. Looking for the place of a child takes the square of
 * their number, and who makes a client chooses it.
 */
export function proofSpecsFault(specs: Specs): string | undefined {
  if (specs.length === 0 || specs.length > PROOF_SPECS_MAX) {
    return `${specs.length} trees, must be 1 to ${PROOF_SPECS_MAX}`;
  }
  const wide = specs.find(({ innerSpec }) => (innerSpec?.childOrder.length ?? 0) > PROOF_SPEC_CHILDREN_MAX);
  return wide && `a tree of nodes with more than ${PROOF_SPEC_CHILDREN_MAX} children`;
}

/**
 * Refused unless `proof` shows `value` under `path` below `root`. `specs` and the proofs go from the lowest tree up,
 * `path` from the top down (store, then key); all three are equally long. Batches and compressed proofs are refused, as in
 * ibc-go: so work is bounded by the length of the bytes.
 */
export function verifyMerkleMembership(
  specs: Specs,
  root: Uint8Array,
  proof: MerkleProof,
  path: Path,
  value: Uint8Array,
): Result<undefined, CodedError> {
  const shape = checkShape(specs, root, proof, path);
  if (!shape.ok) return shape;
  if (value.length === 0) return refuse("invalidProof", "verify membership: the value is empty");
  return climb(specs, root, proof, path, value, 0);
}

/** Refused unless `proof` shows that nothing is under `path` below `root`, in a tree that is there. */
export function verifyMerkleNonMembership(
  specs: Specs,
  root: Uint8Array,
  proof: MerkleProof,
  path: Path,
): Result<undefined, CodedError> {
  const shape = checkShape(specs, root, proof, path);
  if (!shape.ok) return shape;
  const nonexist = proof.proofs[0]!.nonexist;
  const neighbour = nonexist?.left ?? nonexist?.right;
  if (neighbour === undefined) return refuse("invalidProof", "verify absence: the first proof is not one of absence");
  const subroot = existenceRoot(neighbour);
  if (subroot === undefined || !verifyNonMembership(specs[0]!, subroot, proof.proofs[0]!, path.at(-1)!)) {
    return refuse("invalidProof", "verify absence: the first proof does not show it");
  }
  return climb(specs, root, proof, path, subroot, 1);
}

function checkShape(specs: Specs, root: Uint8Array, { proofs }: MerkleProof, path: Path): Result<undefined> {
  const fault = proofSpecsFault(specs);
  if (fault !== undefined) return refuse("invalidProof", `verify proof: ${fault}`);
  if (proofs.length === 0) return refuse("invalidMerkleProof", "verify proof: it is empty");
  if (root.length === 0) return refuse("invalidMerkleProof", "verify proof: the root is empty");
  if (proofs.length !== specs.length) {
    return refuse("invalidMerkleProof", `verify proof: ${proofs.length} proofs for ${specs.length} trees`);
  }
  if (path.length === specs.length) return ok(undefined);
  return refuse("invalidProof", `verify proof: a path of ${path.length} keys for ${specs.length} trees`);
}

/** From the tree number `from` up, each showing the root of the one below it; `value` is what that one must show. */
function climb(
  specs: Specs,
  root: Uint8Array,
  { proofs }: MerkleProof,
  path: Path,
  value: Uint8Array,
  from: number,
): Result<undefined> {
  let shown = value;
  for (let i = from; i < proofs.length; i++) {
    const { exist } = proofs[i]!;
    if (exist === undefined) return refuse("invalidProof", `verify proof ${i}: it is not one of existence`);
    const fault = checkExistence(exist, specs[i]!) ??
      (equalBytes(exist.key, path[path.length - 1 - i]!) ? undefined : "key differs") ??
      (equalBytes(exist.value, shown) ? undefined : "value differs");
    if (fault !== undefined) return refuse("invalidProof", `verify proof ${i}: ${fault}`);
    const above = existenceRoot(exist, specs[i]!);
    if (above === undefined) return refuse("invalidProof", `verify proof ${i}: it leads to no root`);
    shown = above;
  }
  return equalBytes(shown, root) ? ok(undefined) : refuse("invalidProof", "verify proof: it leads to another root");
}

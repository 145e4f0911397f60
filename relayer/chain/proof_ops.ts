/** Proofs as a node answers them, as IBC messages carry them. @module */
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { BinaryWriter } from "cosmjs-types/binary";
import { equalBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { badAnswer, base64, fields, list, text } from "./_shape.ts";

/** Types of the two steps: in the tree of a store, and over the roots of the stores. */
const STEP_TYPES = [/^ics23:[a-z0-9]+$/, /^ics23:simple$/];

/** `repeated CommitmentProof proofs = 1` of `MerkleProof`. */
const PROOFS_TAG = (1 << 3) | 2;

interface Step {
  readonly key: Uint8Array;
  readonly data: Uint8Array;
  readonly proof: CommitmentProof;
}

function readStep(value: unknown, index: number): Step {
  const op = fields(value, "proof step");
  const type = text(op.type, "proof type");
  if (!STEP_TYPES[index]!.test(type)) throw badAnswer(`proof step ${index} has type ${type.slice(0, 40)}`);
  const data = base64(op.data, "proof");
  try {
    return { key: base64(op.key, "proof key"), data, proof: CommitmentProof.decode(data) };
  } catch (error) {
    throw badAnswer(`proof step ${index}: ${(error as Error).message}`);
  }
}

/** Whether the proof is about `key` with `value`, or about its absence. Whether it holds, the light client says. */
function checkAbout({ exist, nonexist }: CommitmentProof, key: Uint8Array, value: Uint8Array | undefined): void {
  const about = value === undefined ? nonexist : exist;
  // Batches and compressed proofs name many keys; chains do not answer them.
  if (about === undefined) throw badAnswer(`there is no proof of ${value === undefined ? "absence" : "presence"}`);
  if (!equalBytes(about.key, key)) throw badAnswer("the proof is about another key");
  if (value !== undefined && !equalBytes(exist!.value, value)) throw badAnswer("the proof is about another value");
}

/**
 * An encoded `MerkleProof` made of `proofOps` of `abci_query`: of `key` in `store`, with `value` or, when that is
 * undefined, of its absence. Throws `chain_bad_answer` when the steps are others, or about something else.
 */
export function merkleProofOfOps(
  proofOps: unknown,
  store: string,
  key: Uint8Array,
  value: Uint8Array | undefined,
): Uint8Array {
  const ops = list(fields(proofOps, "proofOps").ops, "proof steps");
  if (ops.length !== STEP_TYPES.length) throw badAnswer(`there are ${ops.length} proof steps`);
  const [inner, outer] = ops.map(readStep) as [Step, Step];
  const name = utf8ToBytes(store);
  if (!equalBytes(inner.key, key) || !equalBytes(outer.key, name)) {
    throw badAnswer("the proof steps are about other keys");
  }
  checkAbout(inner.proof, key, value);
  if (outer.proof.exist === undefined || !equalBytes(outer.proof.exist.key, name)) {
    throw badAnswer("the proof is about another store");
  }
  // As they came: the light client is the judge of their form too.
  return BinaryWriter.create().uint32(PROOFS_TAG).bytes(inner.data).uint32(PROOFS_TAG).bytes(outer.data).finish();
}

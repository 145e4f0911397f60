import type { Part, PartSetHeader } from "cosmjs-types/tendermint/types/types";
import { merkleProofs, merkleRoot, merkleRootWork } from "../merkle/mod.ts";
import type { Work } from "../work.ts";

/** Length of every part but the last (CometBFT `BlockPartSizeBytes`). */
export const PART_BYTES = 65_536;
/** Parts hashed between two pauses: about a millisecond. */
const PART_PAUSE_HASHES = 8;

/** An encoded block cut into parts, each with its proof under the header's hash. */
export interface PartSet {
  readonly header: PartSetHeader;
  readonly parts: readonly Part[];
}

function cut(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += PART_BYTES) chunks.push(bytes.subarray(from, from + PART_BYTES));
  return chunks;
}

/** Only the header, which a block id needs. */
export function partSetHeader(bytes: Uint8Array): PartSetHeader {
  const chunks = cut(bytes);
  return { total: chunks.length, hash: merkleRoot(chunks) };
}

/** As {@linkcode partSetHeader}, with pauses. */
export function* partSetHeaderWork(bytes: Uint8Array): Work<PartSetHeader> {
  const chunks = cut(bytes);
  const hash = yield* merkleRootWork(chunks, (chunk) => chunk, PART_PAUSE_HASHES);
  return { total: chunks.length, hash };
}

/** The parts are views of `bytes`. */
export function partSet(bytes: Uint8Array): PartSet {
  const chunks = cut(bytes);
  const { root, proofs } = merkleProofs(chunks);
  const parts = chunks.map((chunk, index) => ({ index, bytes: chunk, proof: proofs[index]! }));
  return { header: { total: chunks.length, hash: root }, parts };
}

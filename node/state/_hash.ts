/** The hashing rules of the `jmt` crate (penumbra-zone/jmt 0.12, src/types/proof.rs), on offsets: no garbage. */
import { digest } from "@chainsafe/as-sha256";
import { utf8ToBytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto/mod.ts";

export const HASH_BYTES = 32;
export const LEAF_PREFIX: Uint8Array = utf8ToBytes("JMT::LeafNode");
export const INNER_PREFIX: Uint8Array = utf8ToBytes("JMT::IntrnalNode");
/** The hash of an empty subtree, and the root of an empty tree. */
export const PLACEHOLDER: Uint8Array = utf8ToBytes("SPARSE_MERKLE_PLACEHOLDER_HASH__");

const inner = new Uint8Array(16 + 64);
inner.set(INNER_PREFIX);
const leaf = new Uint8Array(13 + 64);
leaf.set(LEAF_PREFIX);

/** hashes[out] = SHA-256(prefix ‖ hashes[left] ‖ hashes[left + 1]); the positions count hashes, not bytes. */
export function innerHashAt(hashes: Uint8Array, out: number, left: number): void {
  inner.set(hashes.subarray(left * 32, left * 32 + 64), 16);
  hashes.set(digest(inner), out * 32);
}

/** SHA-256(prefix ‖ left ‖ right). The result is a view of a shared slab: to be copied, not kept. */
export function innerHashView(left: Uint8Array, right: Uint8Array): Uint8Array {
  inner.set(left, 16);
  inner.set(right, 48);
  return digest(inner);
}

/** SHA-256(prefix ‖ SHA-256(key) ‖ SHA-256(value)). The result is a view of a shared slab: to be copied, not kept. */
export function leafHashView(keyHash: Uint8Array, valueHash: Uint8Array): Uint8Array {
  leaf.set(keyHash, 13);
  leaf.set(valueHash, 45);
  return digest(leaf);
}

/** Above this the native hash is faster than WebAssembly. */
const WASM_BYTES_MAX = 192;

/** SHA-256(bytes). The result may be a view of a shared slab: to be copied, or let go of soon. */
export function sha256View(bytes: Uint8Array): Uint8Array {
  return bytes.length <= WASM_BYTES_MAX ? digest(bytes) : sha256(bytes);
}

/** Writes SHA-256(bytes) to `at` in `out`, in bytes: no garbage for short inputs, which nearly all are. */
export function sha256Into(bytes: Uint8Array, out: Uint8Array, at: number): void {
  out.set(sha256View(bytes), at);
}

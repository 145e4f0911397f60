/**
 * Signatures that were found good lately. What gossip judges before it passes it on, the engine verifies again when it counts
 * it, and a verification costs more than all the rest of a vote. Pure: the answer is that of `verify`.
 * @module
 */
import { equalBytes } from "../core/bytes.ts";
import type { EngineContext } from "./engine.ts";

/** About what 100 validators sign in ten heights; some 400 bytes each. Twice as many are kept at most. */
const REMEMBERED = 2_048;

interface Good {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
}

/** `verify` that remembers its latest yeses. */
export function rememberingVerify(verify: EngineContext["verify"], remembered = REMEMBERED): EngineContext["verify"] {
  let young = new Map<string, Good>();
  let old = new Map<string, Good>();
  return (publicKey, message, signature) => {
    const key = String.fromCharCode(...signature.subarray(0, 64));
    const known = young.get(key) ?? old.get(key);
    const isKnown = known !== undefined && signature.length <= 64 && equalBytes(known.message, message) &&
      equalBytes(known.publicKey, publicKey);
    if (isKnown) return true;
    if (!verify(publicKey, message, signature)) return false;
    if (young.size >= remembered) [young, old] = [new Map(), young];
    // Copies: callers may give views of buffers that are used again.
    young.set(key, { publicKey: publicKey.slice(), message: message.slice() });
    return true;
  };
}

/**
 * Storage keys as `cw-storage-plus` lays them out, so that tools which read the state of Rust contracts read ours: an
 * item's key is its name; a map's is the length of its name (two bytes), the name, and the key; of several keys all but
 * the last have their length before them. Integers are big-endian (signed ones with the sign bit flipped): in order.
 */
import { utf8 } from "./bytes";

/** A key as bytes: text, an integer, or bytes. */
export function encodeKey<K>(key: K): Uint8Array {
  if (isString<K>()) return utf8(changetype<string>(key));
  if (isInteger<K>()) {
    const size = <i32>sizeof<K>();
    const bytes = new Uint8Array(size);
    let value = <u64>key;
    if (isSigned<K>()) value ^= <u64>1 << (8 * <u64>size - 1);
    for (let i = size - 1; i >= 0; i--, value >>= 8) bytes[i] = <u8>value;
    return bytes;
  }
  if (isReference<K>()) return changetype<Uint8Array>(key);
  return ERROR("a key is text, an integer or Uint8Array");
}

/** The other way. */
export function decodeKey<K>(bytes: Uint8Array): K {
  if (isString<K>()) return changetype<K>(String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length));
  if (isInteger<K>()) {
    let value: u64 = 0;
    for (let i = 0; i < bytes.length; i++) value = (value << 8) | bytes[i];
    if (isSigned<K>()) value ^= <u64>1 << (8 * <u64>sizeof<K>() - 1);
    return <K>value;
  }
  return changetype<K>(bytes);
}

/** `prefix`, then `part` with its length before it. */
export function extend(prefix: Uint8Array, part: Uint8Array): Uint8Array {
  const key = new Uint8Array(prefix.length + 2 + part.length);
  memory.copy(key.dataStart, prefix.dataStart, prefix.length);
  const at = key.dataStart + prefix.length;
  store<u8>(at, <u8>(part.length >> 8));
  store<u8>(at + 1, <u8>part.length);
  memory.copy(at + 2, part.dataStart, part.length);
  return key;
}

export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const key = new Uint8Array(a.length + b.length);
  memory.copy(key.dataStart, a.dataStart, a.length);
  memory.copy(key.dataStart + a.length, b.dataStart, b.length);
  return key;
}

/** The first key behind all that begin with `prefix`; empty when there is none. */
export function behind(prefix: Uint8Array): Uint8Array {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] == 255) length--;
  const key = prefix.slice(0, length);
  if (length > 0) key[length - 1]++;
  return key;
}

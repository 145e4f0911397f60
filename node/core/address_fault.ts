/**
 * Why a text is no address, in the sentences of cosmos-sdk `types/address.go` and its bech32 library: contracts get to see
 * them, and may keep them.
 * @module
 */
import { bech32 } from "@scure/base";
import { ADDRESS_BYTES_MAX } from "./address.ts";
import { utf8ToBytes } from "./bytes.ts";

/** Bounds on a bech32 text, in bytes. */
const TEXT_BYTES_MIN = 8;
const TEXT_BYTES_MAX = 1023;
const CHECKSUM_CHARS = 6;
const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/** Bounds on what may stand in a bech32 text at all. */
const BYTE_MIN = 33;
const BYTE_MAX = 126;

/** Says what is wrong with a text that `AddressCodec.parse` does not take. */
export function addressFault(prefix: string, text: string): string {
  if (text.trim() === "") return "empty address string is not allowed";
  const bytes = utf8ToBytes(text);
  const why = textFault(text, bytes);
  if (why !== undefined) return `decoding bech32 failed: ${why}`;
  const lower = text.toLowerCase();
  const separator = lower.lastIndexOf("1");
  const found = lower.slice(0, separator);
  const words = [...lower.slice(separator + 1, -CHECKSUM_CHARS)].map((char) => CHARSET.indexOf(char));
  const right = bech32.encode(found, words, false).slice(-CHECKSUM_CHARS);
  const actual = lower.slice(-CHECKSUM_CHARS);
  if (actual !== right) return `decoding bech32 failed: invalid checksum (expected ${right} got ${actual})`;
  let address: Uint8Array;
  try {
    address = bech32.fromWords(words);
  } catch {
    return "decoding bech32 failed: invalid incomplete group";
  }
  if (found !== prefix) return `invalid Bech32 prefix; expected ${prefix}, got ${found}`;
  return address.length === 0
    ? "addresses cannot be empty: unknown address"
    : `address max length is ${ADDRESS_BYTES_MAX}, got ${address.length}: unknown address`;
}

/** What is wrong before anything is computed of it. */
function textFault(text: string, bytes: Uint8Array): string | undefined {
  if (bytes.length < TEXT_BYTES_MIN || bytes.length > TEXT_BYTES_MAX) {
    return `invalid bech32 string length ${bytes.length}`;
  }
  let lower = false;
  let upper = false;
  for (const byte of bytes) {
    if (byte < BYTE_MIN || byte > BYTE_MAX) return `invalid character in string: '${String.fromCharCode(byte)}'`;
    lower ||= byte >= 0x61 && byte <= 0x7a;
    upper ||= byte >= 0x41 && byte <= 0x5a;
    if (lower && upper) return "string not all lowercase or all uppercase";
  }
  const separator = text.lastIndexOf("1");
  if (separator < 1 || separator + CHECKSUM_CHARS + 1 > text.length) return `invalid separator index ${separator}`;
  const strange = [...text.toLowerCase().slice(separator + 1)].find((char) => !CHARSET.includes(char));
  return strange === undefined ? undefined : `invalid character not part of charset: ${strange.charCodeAt(0)}`;
}

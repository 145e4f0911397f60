/** Why a text is no address, in the words of cosmos-sdk (`types/address.go`, `cosmos/btcutil/bech32`): contracts see them. @module */
import { bech32 } from "@scure/base";
import { ADDRESS_BYTES_MAX } from "./address.ts";
import { utf8ToBytes } from "./bytes.ts";

const TEXT_BYTES_MIN = 8;
const TEXT_BYTES_MAX = 1023;
const CHECKSUM_CHARS = 6;
const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** A sentence; of a text that is no address with that prefix. */
export function addressFault(prefix: string, text: string): string {
  if (text.trim() === "") return "empty address string is not allowed";
  const bytes = utf8ToBytes(text);
  const fault = faultOfText(text, bytes);
  if (fault !== undefined) return `decoding bech32 failed: ${fault}`;
  const lower = text.toLowerCase();
  const separator = lower.lastIndexOf("1");
  const found = lower.slice(0, separator);
  const words = [...lower.slice(separator + 1, -CHECKSUM_CHARS)].map((character) => CHARSET.indexOf(character));
  const decoded = bech32.fromWordsUnsafe(words);
  if (!decoded) return "decoding bech32 failed: invalid incomplete group";
  if (found !== prefix) return `invalid Bech32 prefix; expected ${prefix}, got ${found}`;
  if (decoded.length === 0) return "addresses cannot be empty: unknown address";
  return `address max length is ${ADDRESS_BYTES_MAX}, got ${decoded.length}: unknown address`;
}

function faultOfText(text: string, bytes: Uint8Array): string | undefined {
  if (bytes.length < TEXT_BYTES_MIN || bytes.length > TEXT_BYTES_MAX) {
    return `invalid bech32 string length ${bytes.length}`;
  }
  const strange = bytes.find((byte) => byte < 33 || byte > 126);
  if (strange !== undefined) return `invalid character in string: '${String.fromCharCode(strange)}'`;
  if (/[a-z]/.test(text) && /[A-Z]/.test(text)) return "string not all lowercase or all uppercase";
  const lower = text.toLowerCase();
  const separator = lower.lastIndexOf("1");
  if (separator < 1 || separator + CHECKSUM_CHARS + 1 > lower.length) return `invalid separator index ${separator}`;
  const words: number[] = [];
  for (const character of lower.slice(separator + 1)) {
    const value = CHARSET.indexOf(character);
    if (value < 0) return `invalid character not part of charset: ${character.charCodeAt(0)}`;
    words.push(value);
  }
  const expected = bech32.encode(lower.slice(0, separator), words.slice(0, -CHECKSUM_CHARS), false);
  return expected === lower
    ? undefined
    : `invalid checksum (expected ${expected.slice(-CHECKSUM_CHARS)} got ${lower.slice(-CHECKSUM_CHARS)})`;
}

/** The outermost layer of a transaction. Its bytes are what is hashed, so there is one form only (ADR-027). */

const TAG_BODY = 0x0a;
const TAG_AUTH_INFO = 0x12;
const TAG_SIGNATURE = 0x1a;

export interface RawParts {
  readonly bodyBytes: Uint8Array;
  readonly authInfoBytes: Uint8Array;
  readonly signatures: readonly Uint8Array[];
}

/**
 * Splits a `TxRaw` into views of `bytes`. Undefined unless fields are in order, lengths are shortest varints, no empty body
 * or auth info is written out, nothing unknown is there and there are at most `signaturesMax` signatures.
 */
export function splitTxRaw(bytes: Uint8Array, signaturesMax: number): RawParts | undefined {
  let at = 0;
  const field = (tag: number): Uint8Array | undefined => {
    if (bytes[at] !== tag) return undefined;
    const length = readLength(bytes, at + 1);
    if (length === undefined) return undefined;
    const end = length.end + length.value;
    if (end > bytes.length) return undefined;
    at = end;
    return bytes.subarray(length.end, end);
  };
  const bodyBytes = field(TAG_BODY);
  if (bodyBytes === undefined || bodyBytes.length === 0) return undefined;
  const authInfoBytes = field(TAG_AUTH_INFO);
  if (authInfoBytes === undefined || authInfoBytes.length === 0) return undefined;
  const signatures: Uint8Array[] = [];
  while (at < bytes.length) {
    const signature = signatures.length < signaturesMax ? field(TAG_SIGNATURE) : undefined;
    if (signature === undefined) return undefined;
    signatures.push(signature);
  }
  return { bodyBytes, authInfoBytes, signatures };
}

/** A shortest varint of at most four bytes: lengths below 2^28. */
function readLength(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return i > 0 && byte === 0 ? undefined : { value, end: start + i + 1 };
  }
  return undefined;
}

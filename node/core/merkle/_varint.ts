/** Protobuf's unsigned varint of a length. */
export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** Go's signed (zigzag) varint at `offset`: the value and where it ends; undefined when it is cut or longer than ten bytes. */
export function readZigzag(bytes: Uint8Array, offset: number): { value: bigint; end: number } | undefined {
  let raw = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[offset + i];
    if (byte === undefined) return undefined;
    // Ten bytes carry 64 bits: the last one at most one.
    if (i === 9 && byte > 1) return undefined;
    raw |= BigInt(byte & 127) << BigInt(7 * i);
    if (byte < 128) return { value: (raw >> 1n) ^ -(raw & 1n), end: offset + i + 1 };
  }
  return undefined;
}

import type { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import "../protobuf_fixes.ts";
import type { CodedError } from "../errors.ts";
import { err, ok, type Result } from "../result.ts";
import { ComparingWriter } from "./_comparing_writer.ts";
import { generatedShape } from "./generated_shapes.ts";
import { fitsShape, type Shape } from "./shapes.ts";

/** What we use of a generated codec of `cosmjs-types`. */
export interface MessageCodec<T> {
  readonly typeUrl: string;
  /** Of codecs from tables. */
  readonly shape?: Shape;
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

/** Codes of the codespace `codec`. Append-only. */
export const CODEC_CODE = { tooLong: 1, malformed: 2, notCanonical: 3 } as const;

const refuse = (code: keyof typeof CODEC_CODE, message: string): Result<never, CodedError> =>
  err({ codespace: "codec", code: CODEC_CODE[code], message });

/** What is looked at before a long message is decoded; undefined: nothing. */
export const shapeOf = (codec: Pick<MessageCodec<unknown>, "typeUrl" | "shape">): Shape | undefined =>
  codec.shape ?? generatedShape(codec.typeUrl);

/** Messages of fewer bytes are decoded as they are: whatever they hold is made within milliseconds. */
const SHAPED_BYTES_MIN = 512;

/** The one encoding of a message. */
export function encode<T>(codec: MessageCodec<T>, message: T): Uint8Array {
  return codec.encode(message).finish();
}

/**
 * Decodes what someone else sent, at most `bytesMax` bytes. The generated decoders forgive much: unknown fields, wrong wire
 * types, fields out of order or twice, overlong varints, broken UTF-8, defaults written out. Here the message must encode
 * to the same bytes again, so each of these is refused (cosmos-sdk ADR-027; unknown fields are refused by ADR-020).
 *
 * `what` names the thing in error messages. Byte fields of the result are views of one copy of `bytes`: keeping one small
 * field of a long message keeps the whole copy, so `slice()` what outlives it.
 */
export function decodeStrict<T>(
  codec: MessageCodec<T>,
  bytes: Uint8Array,
  what: string,
  bytesMax: number,
): Result<T, CodedError> {
  if (bytes.length > bytesMax) return refuse("tooLong", `decode ${what}: ${bytes.length} bytes, limit ${bytesMax}`);
  const shape = bytes.length < SHAPED_BYTES_MIN ? undefined : shapeOf(codec);
  if (shape !== undefined && !fitsShape(bytes, shape)) {
    return refuse("notCanonical", `decode ${what}: not in canonical form, or too much of something`);
  }
  let message: T;
  try {
    message = codec.decode(bytes);
  } catch (error) {
    return refuse("malformed", `decode ${what}: ${error instanceof Error ? error.message : "malformed"}`);
  }
  if (!isCanonical(codec, message, bytes)) return refuse("notCanonical", `decode ${what}: not in canonical form`);
  return ok(message);
}

/** Whether `message` encodes to `bytes`, without encoding it: exported for tests, which compare with `encode`. */
export function encodesTo<T>(codec: MessageCodec<T>, message: T, bytes: Uint8Array): boolean {
  const writer = new ComparingWriter(bytes);
  codec.encode(message, writer as unknown as BinaryWriter);
  return writer.isEqual;
}

/** Encoding can throw on what decoding let through (a number out of its range). */
function isCanonical<T>(codec: MessageCodec<T>, message: T, bytes: Uint8Array): boolean {
  try {
    return encodesTo(codec, message, bytes) && !(mayHoldSurrogate(bytes) && holdsSurrogate(message));
  } catch {
    return false;
  }
}

/** The codec reads and writes lone surrogates as if they were characters; UTF-8 has none. They start with 0xed, 0xa0..0xbf. */
function mayHoldSurrogate(bytes: Uint8Array): boolean {
  for (let i = bytes.indexOf(0xed); i >= 0; i = bytes.indexOf(0xed, i + 1)) {
    const next = bytes[i + 1];
    if (next !== undefined && next >= 0xa0 && next <= 0xbf) return true;
  }
  return false;
}

/** Some string in `value` is not well formed. Messages nest only as deep as their types. */
function holdsSurrogate(value: unknown): boolean {
  if (typeof value === "string") return !value.isWellFormed();
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return false;
  return Object.entries(value).some(([name, inner]) => !name.isWellFormed() || holdsSurrogate(inner));
}

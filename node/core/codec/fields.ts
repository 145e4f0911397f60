/**
 * Codecs of our own messages, and of those that `cosmjs-types` lacks, from a table of their fields: proto3 without groups,
 * maps and packed lists. Defaults are not written, fields are written in the order of the table, which is that of their
 * numbers.
 * @module
 */
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { invariant } from "../invariant.ts";
import type { FieldShape, Shape } from "./shapes.ts";
import { type MessageCodec, shapeOf } from "./strict.ts";

/** How one field is written and read. */
export interface Field<T> {
  readonly number: number;
  /** Of fields with a length before them; absent: a varint. */
  readonly shape?: FieldShape;
  /** A new value of a message without this field. */
  initial(): T;
  write(writer: BinaryWriter, value: T): void;
  /** The value after one more occurrence; `before` is the value so far. */
  read(reader: BinaryReader, before: T): T;
}

/** The message that a codec reads. */
export type MessageOf<C> = C extends MessageCodec<infer T> ? T : never;
/** The message that a table of fields describes. */
export type TableMessage<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

const VARINT = 0;
const DELIMITED = 2;
const tag = (number: number, wireType: number) => (number << 3) | wireType;
const NOTHING: Uint8Array = new Uint8Array();

export const string = (number: number): Field<string> => ({
  number,
  shape: {},
  initial: () => "",
  write: (writer, value) => void (value !== "" && writer.uint32(tag(number, DELIMITED)).string(value)),
  read: (reader) => reader.string(),
});

export const bytes = (number: number): Field<Uint8Array> => ({
  number,
  shape: {},
  initial: () => NOTHING,
  write: (writer, value) => void (value.length > 0 && writer.uint32(tag(number, DELIMITED)).bytes(value)),
  read: (reader) => reader.bytes(),
});

/** Byte strings in their order; strict decoding refuses more than `countMax`. */
export const bytesList = (number: number, countMax = Infinity): Field<readonly Uint8Array[]> => ({
  number,
  shape: { countMax },
  initial: () => [],
  write: (writer, values) => values.forEach((value) => writer.uint32(tag(number, DELIMITED)).bytes(value)),
  read(reader, before) {
    // See `messages`.
    (before as Uint8Array[]).push(reader.bytes());
    return before;
  },
});

/** Texts in their order; strict decoding refuses more than `countMax`. */
export const strings = (number: number, countMax = Infinity): Field<readonly string[]> => ({
  number,
  shape: { countMax },
  initial: () => [],
  write: (writer, values) => values.forEach((value) => writer.uint32(tag(number, DELIMITED)).string(value)),
  read(reader, before) {
    // See `messages`.
    (before as string[]).push(reader.string());
    return before;
  },
});

export const uint64 = (number: number): Field<bigint> => ({
  number,
  initial: () => 0n,
  write: (writer, value) => void (value !== 0n && writer.uint32(tag(number, VARINT)).uint64(value)),
  read: (reader) => reader.uint64(),
});

/** `uint32`, and enumerations without negative values. */
export const uint32 = (number: number): Field<number> => ({
  number,
  initial: () => 0,
  write: (writer, value) => void (value !== 0 && writer.uint32(tag(number, VARINT)).uint32(value)),
  read: (reader) => reader.uint32(),
});

export const bool = (number: number): Field<boolean> => ({
  number,
  initial: () => false,
  write: (writer, value) => void (value && writer.uint32(tag(number, VARINT)).bool(true)),
  read: (reader) => reader.bool(),
});

function writeMessage<T>(codec: MessageCodec<T>, number: number, writer: BinaryWriter, value: T): void {
  codec.encode(value, writer.uint32(tag(number, DELIMITED)).fork()).ldelim();
}

/** A message inside; undefined when it is not there, which is not the same as one with all defaults. */
export const message = <T>(number: number, codec: MessageCodec<T>): Field<T | undefined> => ({
  number,
  shape: { inside: shapeOf(codec) },
  initial: () => undefined,
  write: (writer, value) => void (value !== undefined && writeMessage(codec, number, writer, value)),
  read: (reader) => codec.decode(reader, reader.uint32()),
});

/** Messages inside, in their order; strict decoding refuses more than `countMax`. */
export const messages = <T>(number: number, codec: MessageCodec<T>, countMax = Infinity): Field<readonly T[]> => ({
  number,
  shape: { inside: shapeOf(codec), countMax },
  initial: () => [],
  write: (writer, values) => values.forEach((value) => writeMessage(codec, number, writer, value)),
  read(reader, before) {
    // The array that `initial` made for this very message: growing it keeps reading linear.
    (before as T[]).push(codec.decode(reader, reader.uint32()));
    return before;
  },
});

/** The codec of the message with these fields. Unknown ones are skipped here and refused by strict decoding. */
export function messageCodec<F extends Readonly<Record<string, Field<unknown>>>>(
  typeUrl: string,
  table: F,
): MessageCodec<TableMessage<F>> {
  const fields = Object.entries(table);
  const byNumber = new Map(fields.map(([name, field]) => [field.number, { name, field }]));
  invariant(byNumber.size === fields.length, `describe ${typeUrl}: a field number is there twice`);
  const numbers = fields.map(([, { number }]) => number);
  invariant(numbers.every((n, i) => i === 0 || numbers[i - 1]! < n), `describe ${typeUrl}: fields are out of order`);
  const shape: Shape = new Map(fields.flatMap(([, field]) => field.shape ? [[field.number, field.shape]] : []));
  return {
    typeUrl,
    shape,
    encode(value, writer = BinaryWriter.create()) {
      for (const [name, field] of fields) field.write(writer, value[name as keyof F]);
      return writer;
    },
    decode(input, length) {
      const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
      const end = length === undefined ? reader.len : reader.pos + length;
      const value: Record<string, unknown> = {};
      for (const [name, field] of fields) value[name] = field.initial();
      while (reader.pos < end) {
        const found = reader.uint32();
        const known = byNumber.get(found >>> 3);
        if (known === undefined) reader.skipType(found & 7);
        else value[known.name] = known.field.read(reader, value[known.name]);
      }
      return value as TableMessage<F>;
    },
  };
}

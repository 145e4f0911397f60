/** Inputs that are nearly valid, as fast-check draws and shrinks them. @module */
import * as fc from "fast-check";
import { concatBytes } from "../../node/core/bytes.ts";

/** Where in an input something happens: a part of its length, so that it means something for each. */
const place = fc.double({ min: 0, max: 1, noNaN: true });

/** Lengths that lie, as varints and as four bytes: about 2^28, 2^31, 2^32 and 2^64. */
const LENGTHS = ["ffffff7f", "8080808008", "ffffffff0f", "ffffffffffffffffff01", "ffffffff", "7fffffff", "80000000"];

const edit = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("flip" as const), at: place, bit: fc.nat(7) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("put" as const), at: place, byte: fc.nat(255) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("cut" as const), at: place, to: place }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("repeat" as const), at: place, to: place }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("end" as const), at: place }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("insert" as const), at: place, bytes: fc.uint8Array({ maxLength: 12 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("length" as const), at: place, lie: fc.constantFrom(...LENGTHS) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("splice" as const), at: place, from: place, with: fc.nat() }) },
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

/** `edits` made to an input of the corpus, one after the other. */
export function mutate(corpus: readonly Uint8Array[], which: number, edits: readonly Edit[]): Uint8Array {
  return edits.reduce<Uint8Array>((bytes, edit) => apply(bytes, edit, corpus), corpus[which % corpus.length]!.slice());
}

function apply(bytes: Uint8Array, edit: Edit, corpus: readonly Uint8Array[]): Uint8Array {
  const at = Math.floor(edit.at * bytes.length);
  const until = (to: number) => Math.max(at, Math.floor(to * bytes.length));
  switch (edit.type) {
    case "flip":
    case "put":
      if (at < bytes.length) bytes[at] = edit.type === "flip" ? bytes[at]! ^ (1 << edit.bit) : edit.byte;
      return bytes;
    case "cut":
      return concatBytes(bytes.subarray(0, at), bytes.subarray(until(edit.to)));
    case "repeat":
      return concatBytes(bytes.subarray(0, until(edit.to)), bytes.subarray(at));
    case "end":
      return bytes.slice(0, at);
    case "insert":
      return concatBytes(bytes.subarray(0, at), edit.bytes, bytes.subarray(at));
    case "length": {
      const lie = Uint8Array.fromHex(edit.lie);
      return concatBytes(bytes.subarray(0, at), lie, bytes.subarray(at + 1));
    }
    case "splice": {
      const other = corpus[edit.with % corpus.length]!;
      return concatBytes(bytes.subarray(0, at), other.subarray(Math.floor(edit.from * other.length)));
    }
  }
}

/** Any bytes, mostly few; and inputs of the corpus with up to four edits. */
export const inputs = (corpus: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    {
      weight: 9,
      arbitrary: fc.tuple(fc.nat(corpus.length - 1), fc.array(edit, { minLength: 1, maxLength: 4 }))
        .map(([which, edits]) => mutate(corpus, which, edits)),
    },
  );

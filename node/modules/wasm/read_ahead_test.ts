import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { testContext } from "../../../tests/helpers/context.ts";
import { concatBytes } from "../../core/bytes.ts";
import type { StateReader } from "../../state/view.ts";
import { STORE } from "./keys.ts";
import { ReadAhead } from "./read_ahead.ts";

const key = (n: number) => Uint8Array.of(7, n);
const first = (view: StateReader, from: Uint8Array, to: Uint8Array | undefined, reverse: boolean) =>
  view.page(STORE, { start: from, end: to, reverse, limit: 1 })[0];

/** One step of what a contract does with its storage: iterators are opened and moved, keys are written. */
type Step =
  | { readonly open: boolean; readonly from: number; readonly to: number }
  | { readonly move: number }
  | { readonly set: number; readonly value: number }
  | { readonly remove: number };

/** Few keys, so that steps meet. */
const byte = fc.integer({ min: 0, max: 31 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ open: fc.boolean(), from: byte, to: byte }) },
  { weight: 12, arbitrary: fc.record({ move: fc.integer({ min: 0, max: 11 }) }) },
  { weight: 3, arbitrary: fc.record({ set: byte, value: byte }) },
  { weight: 3, arbitrary: fc.record({ remove: byte }) },
);

Deno.test("ReadAhead answers what reading entry by entry answers, whatever is written meanwhile", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(byte, { maxLength: 32 }),
      fc.array(step, { minLength: 20, maxLength: 150, size: "max" }),
      (keys, steps) => {
        const { view } = testContext();
        for (const n of keys) view.set(STORE, key(n), Uint8Array.of(n));
        const ahead = new ReadAhead(view);
        const iterators: { from: Uint8Array; to: Uint8Array | undefined; reverse: boolean }[] = [
          { from: key(0), to: undefined, reverse: false },
          { from: key(0), to: undefined, reverse: true },
        ];
        for (const each of steps) {
          if ("open" in each) iterators.push({ from: key(each.from), to: key(each.to), reverse: each.open });
          else if ("set" in each) {
            view.set(STORE, key(each.set), Uint8Array.of(each.value));
            ahead.wrote(key(each.set), Uint8Array.of(each.value));
          } else if ("remove" in each) {
            view.delete(STORE, key(each.remove));
            ahead.wrote(key(each.remove), undefined);
          } else if (iterators.length > 0) {
            const iterator = iterators[each.move % iterators.length]!;
            const expected = first(view, iterator.from, iterator.to, iterator.reverse);
            const entry = ahead.first(iterator);
            assertEquals(entry && [...entry], expected && [...expected]);
            if (entry === undefined) continue;
            if (iterator.reverse) iterator.to = entry[0];
            else iterator.from = concatBytes(entry[0], new Uint8Array(1));
          }
        }
      },
    ),
  );
});

Deno.test("ReadAhead reads a thousand entries in few pages", () => {
  const { view } = testContext();
  for (let n = 0; n < 1_000; n++) view.set(STORE, Uint8Array.of(7, n >> 8, n), Uint8Array.of(1));
  let pages = 0;
  const counting: StateReader = {
    get: (store, name) => view.get(store, name),
    page: (store, page) => (pages++, view.page(store, page)),
  };
  for (const reverse of [false, true]) {
    const ahead = new ReadAhead(counting);
    let [from, to] = [Uint8Array.of(7), Uint8Array.of(8)];
    let count = 0;
    for (
      let entry = ahead.first({ from, to, reverse });
      entry !== undefined;
      entry = ahead.first({ from, to, reverse })
    ) {
      count++;
      if (reverse) to = new Uint8Array(entry[0]);
      else from = concatBytes(entry[0], new Uint8Array(1));
    }
    assertEquals(count, 1_000);
  }
  assertEquals(pages, 2 * 10);
});

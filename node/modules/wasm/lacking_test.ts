import { assert, assertEquals } from "@std/assert";
import { Miss } from "../../state/view.ts";
import { Lacking } from "./lacking.ts";

const keyOf = (n: number) => Uint8Array.of(n >> 8, n);

/** A state of which `resident` is there; runs begin anew at each miss, as they do everywhere. */
function runs<T>(read: (get: (n: number) => Uint8Array | undefined) => T): { value: T; begun: number } {
  const resident = new Map<string, Uint8Array>();
  for (let begun = 1;; begun++) {
    const lacking = new Lacking();
    const get = (n: number) =>
      lacking.get(() => {
        const value = resident.get(keyOf(n).toHex());
        if (value === undefined) throw new Miss({ type: "load_keys", keys: [keyOf(n)] });
        return value;
      }, () => {});
    try {
      return { value: lacking.run(() => read(get)), begun };
    } catch (thrown) {
      assert(thrown instanceof Miss && thrown.request.type === "load_keys");
      for (const key of thrown.request.keys) resident.set(key.toHex(), key);
    }
  }
}

Deno.test("what a run reads independently of values is loaded at once", () => {
  const { value, begun } = runs((get) => Array.from({ length: 3_000 }, (_, n) => get(n)?.length));
  assertEquals([value.length, value.every((length) => length === 2), begun], [3_000, true, 2]);
});

Deno.test("a run that something was lacking in never counts, however it ends", () => {
  const trap = new Error("of a value that is not there");
  const { value, begun } = runs((get) => {
    if (get(1) === undefined) throw trap;
    const next = get(2)!;
    return get(next[1]! + 1);
  });
  assertEquals([value, begun], [keyOf(3), 4]);
});

Deno.test("what is thrown when nothing is lacking is thrown", () => {
  const own = new Error("own");
  try {
    new Lacking().run(() => {
      throw own;
    });
  } catch (thrown) {
    assertEquals(thrown, own);
    return;
  }
  throw new Error("nothing was thrown");
});

import { assertEquals } from "@std/assert";
import { compareBytes } from "./bytes.ts";
import { listUnder } from "./listing.ts";
import { runResident, type Work } from "./work.ts";

for (const count of [0, 1, 999, 1000, 1001, 2000, 2500]) {
  Deno.test(`of ${count} entries under a prefix each is listed once, and nothing beside it`, () => {
    const keys = Array.from({ length: count }, (_, i) => Uint8Array.of(7, i >> 8, i & 0xff));
    const stored = [Uint8Array.of(6, 0xff), ...keys, Uint8Array.of(8)];
    const view = {
      page: (store: string, range: { start: Uint8Array; end: Uint8Array | undefined; limit: number }) => {
        assertEquals(store, "s");
        const { start, end, limit } = range;
        return stored
          .filter((key) => compareBytes(key, start) >= 0 && (end === undefined || compareBytes(key, end) < 0))
          .slice(0, limit)
          .map((key) => [key, Uint8Array.of(key.length)] as const);
      },
    };
    const read = function* <T>(run: (state: typeof view) => T): Work<T> {
      yield { type: "pause" };
      return run(view);
    };
    const listed = runResident(listUnder(read, "s", Uint8Array.of(7), (key) => key));
    assertEquals(listed, keys);
  });
}

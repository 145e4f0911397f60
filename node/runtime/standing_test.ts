/** What a thread that stands still is told is what was answered; and it ends when it is told to. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Reply } from "../core/work.ts";
import { answerStanding, endStanding, standingLoad, standingMemory } from "./standing.ts";

const bytes = fc.uint8Array({ maxLength: 300 });

Deno.test("what a thread is told is what was answered, also when it is more than before", () => {
  fc.assert(fc.property(
    fc.array(fc.oneof(fc.array(fc.option(bytes, { nil: undefined })), fc.array(fc.tuple(bytes, bytes))), {
      minLength: 1,
    }),
    fc.array(fc.nat(200_000), { maxLength: 3 }),
    (replies: readonly Reply[], large) => {
      const memory = standingMemory();
      let reply: Reply;
      // Answered before anybody stands still.
      const load = standingLoad(memory, () => answerStanding(memory, reply));
      for (reply of [...replies, ...large.map((length) => [new Uint8Array(length).fill(length & 255)]), replies[0]]) {
        const isRange = Array.isArray(reply?.[0]);
        const start = new Uint8Array();
        const request = isRange
          ? { type: "load_range", start, end: start, reverse: false, limit: 1 } as const
          : { type: "load_keys", keys: [] } as const;
        assertEquals(load(request), reply);
      }
    },
  ));
});

/** Asks for a key again and again, and says what it was told. */
const THREAD = `
  import { standingLoad } from "${new URL("./standing.ts", import.meta.url)}";
  self.onmessage = ({ data }) => {
    const load = standingLoad(data, (request) => self.postMessage(request));
    for (let told = 0;; told = load({ type: "load_keys", keys: [Uint8Array.of(told)] })[0][0]);
  };
`;

Deno.test("a thread stands still until it is answered, and one that stands still can be ended", async () => {
  const source = URL.createObjectURL(new Blob([THREAD], { type: "text/javascript" }));
  const worker = new Worker(source, { type: "module" });
  try {
    const memory = standingMemory();
    const heard: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.onmessage = ({ data: { keys: [key] } }) => {
      heard.push(key[0]);
      if (heard.length === 100) resolve();
      else answerStanding(memory, [Uint8Array.of(key[0] + 1)]);
    };
    worker.postMessage(memory);
    await promise;
    assertEquals(heard, Array.from({ length: 100 }, (_, i) => i));
    worker.terminate();
    endStanding(memory);
  } finally {
    worker.terminate();
    URL.revokeObjectURL(source);
  }
});

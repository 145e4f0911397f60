import { assertEquals } from "@std/assert";
import { GasBook } from "./gas_book.ts";

Deno.test("a batch is guessed from others of its kind, by the most that one of them used", () => {
  const book = new GasBook();
  assertEquals(book.guess({ recv: 50 }), undefined);
  book.learn({ recv: 100 }, 1_000_000n);
  assertEquals(book.guess({ recv: 50 }), undefined);
  book.learn({ recv: 20 }, 300_000n);
  assertEquals(book.guess({ recv: 50 }), 750_000n);
  assertEquals(book.guess({ recv: 9 }), undefined);
  assertEquals(book.guess({ ack: 50 }), undefined);
  assertEquals(book.guess({ recv: 50, ack: 1 }), undefined);
});

Deno.test("small and mixed batches teach nothing, and what is old or wrong is forgotten", () => {
  const book = new GasBook();
  book.learn({ ack: 5 }, 5_000_000n);
  book.learn({ ack: 50, recv: 50 }, 5_000_000n);
  book.learn({ ack: 10 }, 100_000n);
  for (let i = 0; i < 8; i++) book.learn({ ack: 10 }, 50_000n);
  assertEquals(book.guess({ ack: 10 }), 50_000n);
  book.forget();
  assertEquals(book.guess({ ack: 10 }), undefined);
});

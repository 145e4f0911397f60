import { assertEquals, assertRejects } from "@std/assert";
import { err, ok } from "../../node/core/result.ts";
import type { Call } from "./endpoint.ts";
import type { Fault } from "./fault.ts";
import { IdempotentRunner, MemoryIdempotencyStore } from "./idempotency.ts";

const call = (key: string | undefined, bodyText = "{}"): Call => ({
  params: {},
  query: {},
  body: {},
  headers: new Headers(key === undefined ? {} : { "idempotency-key": key }),
  bodyText,
});

function counter() {
  const count = { runs: 0 };
  return { count, act: () => Promise.resolve(ok({ run: ++count.runs })) };
}

Deno.test("a key runs once and gives the first answer again; without one everything runs", async () => {
  const runner = new IdempotentRunner(new MemoryIdempotencyStore());
  const { count, act } = counter();
  for (let i = 0; i < 3; i++) assertEquals(await runner.run(call("k"), act), ok({ run: 1 }));
  await runner.run(call(undefined), act);
  await runner.run(call(undefined), act);
  await runner.run(call("other"), act);
  assertEquals(count.runs, 4);
});

Deno.test("a key of another request is refused", async () => {
  const runner = new IdempotentRunner(new MemoryIdempotencyStore());
  const { act } = counter();
  await runner.run(call("k", "{}"), act);
  const other = await runner.run(call("k", '{"a":1}'), act);
  assertEquals(!other.ok && other.error.code, "idempotency_conflict");
});

Deno.test("two requests of one key at the same moment run once", async () => {
  const runner = new IdempotentRunner(new MemoryIdempotencyStore());
  const { promise, resolve } = Promise.withResolvers<void>();
  const { count, act } = counter();
  const first = runner.run(call("k"), async () => (await promise, act()));
  const second = await runner.run(call("k"), act);
  assertEquals(!second.ok && second.error.code, "idempotency_running");
  resolve();
  assertEquals(await first, ok({ run: 1 }));
  assertEquals(count.runs, 1);
});

Deno.test("a key is free again after a refusal that did nothing, and not after one that may have", async () => {
  const runner = new IdempotentRunner(new MemoryIdempotencyStore());
  const { act } = counter();
  const refuse = (code: Fault["code"]) => () => Promise.resolve(err<Fault>({ code, message: "x" }));
  await runner.run(call("k"), refuse("no_route"));
  assertEquals(await runner.run(call("k"), act), ok({ run: 1 }));
  await runner.run(call("lost"), refuse("transaction_lost"));
  const again = await runner.run(call("lost"), act);
  assertEquals(!again.ok && again.error.code, "idempotency_unknown");
  await assertRejects(() => runner.run(call("thrown"), () => Promise.reject(new Error("boom"))));
  const after = await runner.run(call("thrown"), act);
  assertEquals(!after.ok && after.error.code, "idempotency_unknown");
});

Deno.test("what a crash left begun is not begun again by the next process", async () => {
  const store = new MemoryIdempotencyStore();
  const { act } = counter();
  void new IdempotentRunner(store).run(call("k"), () => new Promise(() => {}));
  await Promise.resolve();
  const again = await new IdempotentRunner(store).run(call("k"), act);
  assertEquals(!again.ok && again.error.code, "idempotency_unknown");
});

Deno.test("a key that cannot be one is refused", async () => {
  const runner = new IdempotentRunner(new MemoryIdempotencyStore());
  for (const key of ["", "a b", "x".repeat(129)]) {
    const answer = await runner.run(call(key), counter().act);
    assertEquals(!answer.ok && answer.error.code, "invalid_request");
  }
});

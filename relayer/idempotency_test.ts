import { assertEquals } from "@std/assert";
import { IDEMPOTENCY_KEPT_MS, storedIdempotency } from "./idempotency.ts";
import { memoryStore } from "./store/mod.ts";

Deno.test("a key is begun once, by whichever relayer of a store comes first", async () => {
  const store = memoryStore();
  const [one, two] = [storedIdempotency(store, () => 1), storedIdempotency(store, () => 2)];
  assertEquals([await one.begin("k", "f"), await two.begin("k", "f")], [true, false]);
  assertEquals((await two.load("k"))?.tag, "begun");
  await one.finish("k", "f", { tag: "sent" });
  const found = await two.load("k");
  assertEquals(found?.tag === "done" && found.answer, { tag: "sent" });
  await two.forget("k");
  assertEquals([await one.load("k"), await one.begin("k", "f")], [undefined, true]);
});

Deno.test("old keys are forgotten, young ones are not", async () => {
  const store = memoryStore();
  let now = 1_000;
  const keys = storedIdempotency(store, () => now);
  for (let i = 0; i < 50; i++) await keys.begin(`old-${i}`, "f");
  now += IDEMPOTENCY_KEPT_MS;
  await keys.begin("young", "f");
  now += 1;
  for (let i = 0; i < 3; i++) await keys.begin(`new-${i}`, "f");
  const left = await store.list(["idempotency"], { limit: 100 });
  assertEquals(left.map(({ key }) => key[1]), ["new-0", "new-1", "new-2", "young"]);
  assertEquals((await store.list(["idempotency_time"], { limit: 100 })).length, 4);
});

Deno.test("an answer that the store cannot hold frees the key", async () => {
  const store = memoryStore();
  const keys = storedIdempotency(store, () => 1);
  await keys.begin("k", "f");
  await keys.finish("k", "f", "x".repeat(store.limits.valueBytesMax));
  assertEquals(await keys.begin("k", "f"), true);
});

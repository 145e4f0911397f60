import { assert, assertEquals } from "@std/assert";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { Lease, memoryStore } from "./mod.ts";

const BYTES = utf8ToBytes("x");

Deno.test("one holder at a time; the next one comes when the time is over or the lease is given back", async () => {
  const store = memoryStore();
  const [a, b] = [new Lease(store, "a", 1000), new Lease(store, "b", 1000)];
  assertEquals(await a.take(0), { tag: "taken" });
  assertEquals(await b.take(500), { tag: "busy", untilMs: 1000 });
  assertEquals(await a.take(600), { tag: "kept" });
  assertEquals(await b.take(1200), { tag: "busy", untilMs: 1600 });
  assertEquals(await b.take(1600), { tag: "taken" });
  assertEquals([a.token, b.token], [1, 2]);
  await b.release();
  assertEquals(b.token, undefined);
  assertEquals(await a.take(1601), { tag: "taken" });
  assertEquals(a.token, 3);
});

Deno.test("a holder whose lease was taken cannot write any more, whatever its clock says", async () => {
  const store = memoryStore();
  const [slow, quick] = [new Lease(store, "slow", 1000), new Lease(store, "quick", 1000)];
  await slow.take(0);
  assert(await store.commit([slow.fence()], [[["job"], BYTES]]) !== undefined);
  // The clock of `quick` is far ahead.
  assertEquals(await quick.take(5000), { tag: "taken" });
  assertEquals(await store.commit([slow.fence()], [[["job"], undefined]]), undefined);
  slow.lose();
  assert(await store.get(["job"]) !== undefined);
  assertEquals((await slow.take(400)).tag, "busy");
});

Deno.test("a write can prolong the lease, and the fence follows", async () => {
  const store = memoryStore();
  const lease = new Lease(store, "a", 900);
  await lease.take(0);
  assertEquals(lease.prolongation(200), undefined);
  const write = lease.prolongation(400);
  assert(write !== undefined);
  const version = await store.commit([lease.fence()], [write, [["job"], BYTES]]);
  assert(version !== undefined);
  lease.prolonged(400, version);
  assert(await store.commit([lease.fence()], [[["job"], BYTES]]) !== undefined);
  assertEquals((await new Lease(store, "b", 900).take(1299)).tag, "busy");
  assertEquals((await new Lease(store, "b", 900).take(1300)).tag, "taken");
});

Deno.test("broken content does not keep the lease from being taken", async () => {
  const store = memoryStore();
  await store.commit([], [[["lease"], utf8ToBytes("{")]]);
  assertEquals(await new Lease(store, "a", 900).take(0), { tag: "taken" });
});

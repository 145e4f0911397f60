import { assert, assertEquals } from "@std/assert";
import { boundedDatastore, PEER_RECORDS_MAX } from "./_datastore.ts";

/** As much of a datastore's key as is used. */
const key = (name: string) => ({ toString: () => name }) as never;
const value = Uint8Array.of(1);

Deno.test("the datastore is bounded, forgets what was used longest ago, and keeps connected peers", async () => {
  const pinned = new Set(["/peers/0"]);
  const store = boundedDatastore((name) => pinned.has(name));
  for (let i = 0; i < PEER_RECORDS_MAX; i++) await store.put(key(`/peers/${i}`), value);
  await store.get(key("/peers/1"));
  // Strangers may write into the DHT what they like: peers stay.
  for (let i = 0; i < 3 * PEER_RECORDS_MAX; i++) await store.put(key(`/dht/${i}`), value);
  for (let i = 0; i < 10; i++) await store.put(key(`/peers/new ${i}`), value);
  const has = (name: string) => store.has(key(name));
  assertEquals(await Promise.all(["/peers/0", "/peers/1", "/peers/2", "/peers/12"].map(has)), [
    true,
    true,
    false,
    true,
  ]);
  let count = 0;
  for await (const _ of store.query({ prefix: "/peers" })) count++;
  assertEquals(count, PEER_RECORDS_MAX);
  await store.put(key("/dht/long"), new Uint8Array(70_000));
  assert(!await has("/dht/long"));
});

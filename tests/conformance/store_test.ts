import { DenoKvStore, MemoryStore, openStore } from "../../node/storage/mod.ts";
import { storeSuite } from "./store_suite.ts";

storeSuite({ name: "memory", open: () => Promise.resolve(new MemoryStore()), histories: 200 });
storeSuite({ name: "Deno KV in memory", open: () => DenoKvStore.open(":memory:"), histories: 60 });
storeSuite({
  name: "Deno KV with little memory for recent versions",
  open: () => DenoKvStore.open(":memory:", 3_000),
  histories: 60,
});
storeSuite({
  name: "Deno KV that keeps no recent version",
  open: () => DenoKvStore.open(":memory:", 0),
  histories: 60,
});
storeSuite({
  name: "Deno KV file",
  histories: 8,
  async open() {
    const dir = await Deno.makeTempDir({ prefix: "catenary-store-" });
    const store = await openStore({ path: dir });
    const close = store.close.bind(store);
    store.close = async () => {
      await close();
      await Deno.remove(dir, { recursive: true }).catch(() => {});
    };
    return store;
  },
});

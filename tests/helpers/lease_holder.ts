/**
 * Takes the lease of the store named first for an hour, says how that went, and stays until its standard input ends; then it
 * gives the lease back. To be run in a process of its own.
 * @module
 */
import { Lease, openStore } from "../../relayer/store/mod.ts";

const store = await openStore(Deno.args[0]);
const lease = new Lease(store, crypto.randomUUID(), 3_600_000);
console.log((await lease.take(Date.now())).tag);
for await (const _ of Deno.stdin.readable) { /* Nothing is said. */ }
await lease.release();
store.close();

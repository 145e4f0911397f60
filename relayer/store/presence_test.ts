/** Who may take the lease of a store in a file: processes that die, live, stop and go. */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { Lease, memoryStore, openStore, type RelayerStore } from "./mod.ts";
import { lockPathOf } from "./_presence.ts";

const HOLDER = fileURLToPath(new URL("../../tests/helpers/lease_holder.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const HOUR_MS = 3_600_000;

async function withFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "catenary_presence_" });
  try {
    await use(`${folder}/relayer.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A process that tries to take the lease for an hour, and what came of it. */
async function startHolder(path: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "--config", CONFIG, "--allow-read", "--allow-write", HOLDER, path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value = new Uint8Array() } = await reader.read();
  const ended = async () => {
    await child.status;
    await reader.cancel();
  };
  return {
    pid: child.pid,
    said: new TextDecoder().decode(value).trim(),
    async kill() {
      child.kill("SIGKILL");
      await child.stdin.close().catch(() => {});
      await ended();
    },
    async leave() {
      await child.stdin.close();
      await ended();
    },
  };
}

/** What taking the lease comes to when the store is opened now. */
async function takeNow(path: string): Promise<string> {
  const store = await openStore(path);
  const lease = new Lease(store, crypto.randomUUID(), HOUR_MS);
  const { tag } = await lease.take(Date.now());
  await lease.release();
  store.close();
  return tag;
}

Deno.test("the lease of a killed process is taken at once, that of a living or stopped one is not", () =>
  withFolder(async (path) => {
    const first = await startHolder(path);
    assertEquals(first.said, "taken");
    assertEquals(await takeNow(path), "busy");
    // It may go on at any moment.
    Deno.kill(first.pid, "SIGSTOP");
    assertEquals(await takeNow(path), "busy");
    await first.kill();
    const second = await startHolder(path);
    assertEquals(second.said, "taken");
    const third = await startHolder(path);
    assertEquals(third.said, "busy");
    await third.leave();
    assertEquals(await takeNow(path), "busy");
    await second.leave();
    assertEquals(await takeNow(path), "taken");
  }));

Deno.test("where others have the store open, a lease lasts until its end", () =>
  withFolder(async (path) => {
    const first = await startHolder(path);
    // Somebody who only looks, for example a command that was asked for packets.
    const looking = await openStore(path);
    await first.kill();
    assertEquals(looking.opening, { isShared: true, abandonedLease: undefined });
    assertEquals(await takeNow(path), "busy");
    looking.close();
    assertEquals(await takeNow(path), "taken");
  }));

Deno.test("only the lease that was found is abandoned, not one that was taken since", () =>
  withFolder(async (path) => {
    await (await startHolder(path)).kill();
    const [one, two] = [await openStore(path), await openStore(path)];
    assertEquals([one, two].map(({ opening }) => opening?.isShared), [false, true]);
    const [early, late] = [one, two].map((store) => new Lease(store, crypto.randomUUID(), HOUR_MS)) as [Lease, Lease];
    const now = Date.now();
    assertEquals((await late.take(now)).tag, "busy");
    // The end of the dead one's time comes, and the second is quicker.
    assertEquals((await late.take(now + 2 * HOUR_MS)).tag, "taken");
    assertEquals((await early.take(now)).tag, "busy");
    one.close();
    two.close();
  }));

Deno.test("two that find the same lease abandoned do not both get it, and a write of the dead one fails", async () => {
  const shared = memoryStore();
  const dead = new Lease(shared, "dead", 1000);
  await dead.take(0);
  const opening = { isShared: false, abandonedLease: (await shared.get(["lease"]))?.version };
  const lease = (holder: string) => new Lease({ ...shared, opening }, holder, 1000);
  assertEquals([(await lease("a").take(1)).tag, (await lease("b").take(1)).tag], ["taken", "busy"]);
  assertEquals(await shared.commit([dead.fence()], [[["job"], utf8ToBytes("x")]]), undefined);
});

Deno.test("stores elsewhere, in memory and without a lock say nothing of others", () =>
  withFolder(async (path) => {
    assertEquals(["http://127.0.0.1:1", "https://x.example/a", ":memory:", "", undefined].map(lockPathOf), [
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const opened: RelayerStore[] = [await openStore(":memory:")];
    await Deno.mkdir(`${path}.lock`);
    opened.push(await openStore(path));
    for (const store of opened) {
      assertEquals(store.opening, undefined);
      store.close();
    }
  }));

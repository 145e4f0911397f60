import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { utf8ToBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import { lockHome } from "./lock.ts";
import { MemoryStore } from "./memory.ts";
import { openStore } from "./open.ts";

const [A, ONE] = [utf8ToBytes("a"), utf8ToBytes("1")];

async function inTempDir(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "catenary-open-" });
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("openStore() without a path gives a store in memory", async () => {
  const store = await openStore();
  assert(store instanceof MemoryStore);
  await store.close();
});

Deno.test("openStore() makes missing folders, takes folders and files, and keeps what was written", () =>
  inTempDir(async (dir) => {
    for (const path of [`${dir}/deep/home`, `${dir}/deep/home/`, `${dir}/other/state.db`, `${dir}/a`]) {
      const store = await openStore({ path });
      await store.batch([[A, ONE]]);
      await store.versioned.stage(1n, [[A, ONE]]);
      if (!(await store.versioned.head())) await store.versioned.publish(1n, ONE);
      await store.close();
      const again = await openStore({ path });
      assertEquals(await again.get(A), ONE);
      assertEquals(await again.versioned.head(), { version: 1n, meta: ONE });
      assertEquals(await again.versioned.snapshot(1n).get(A), ONE);
      await again.close();
      if (path === `${dir}/deep/home`) await Deno.remove(path, { recursive: true });
    }
    assert((await Deno.stat(`${dir}/deep/home/catenary.kv`)).isFile);
    assert((await Deno.stat(`${dir}/other/state.db`)).isFile);
  }));

Deno.test("openStore() refuses a store that is open, a file that is no store, and a path that cannot be", () =>
  inTempDir(async (dir) => {
    const store = await openStore({ path: dir });
    const locked = await assertRejects(() => openStore({ path: dir }), IoError, `process ${Deno.pid} uses it`);
    assertEquals(locked.code, "home_locked");
    await store.close();
    await (await openStore({ path: dir })).close();

    await Deno.writeTextFile(`${dir}/text.db`, "this is no database, but long enough to look like one ".repeat(40));
    assertEquals((await assertRejects(() => openStore({ path: `${dir}/text.db` }), IoError)).code, "store_open");
    assertEquals((await assertRejects(() => openStore({ path: `${dir}/text.db/x` }), IoError)).code, "store_open");
    assertEquals((await assertRejects(() => openStore({ path: "" }), IoError)).code, "store_open");
  }));

Deno.test("lockHome() refuses a second process, which learns who holds it, and is free after kill -9", () =>
  inTempDir(async (dir) => {
    const script = `const { lockHome } = await import(${JSON.stringify(new URL("./lock.ts", import.meta.url).href)});
      await lockHome(${JSON.stringify(dir)}); console.log("locked"); await new Promise((r) => setInterval(r, 1e6));`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", script],
      stdout: "piped",
      stderr: "null",
      stdin: "null",
    }).spawn();
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    assertStringIncludes(new TextDecoder().decode(value), "locked");
    const error = await assertRejects(() => lockHome(dir), IoError, `process ${child.pid} uses it`);
    assertEquals(error.code, "home_locked");
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    const lock = await lockHome(dir);
    await assertRejects(() => lockHome(dir), IoError, `process ${Deno.pid} uses it`);
    lock.release();
    lock.release();
    (await lockHome(dir)).release();
    assertEquals((await assertRejects(() => lockHome(`${dir}/absent`), IoError)).code, "lock_failed");
  }));

import { assert, assertEquals, assertRejects } from "@std/assert";
import { readKeyFile } from "../node/config/mod.ts";
import { createGuardedSigner } from "../node/consensus/mod.ts";
import { equalBytes, utf8ToBytes } from "../node/core/bytes.ts";
import { initDevelopmentHome } from "../node/home.ts";
import { FIRST_STATE } from "../node/signer/mod.ts";
import { openStore, PrivvalStore } from "../node/storage/mod.ts";
import { SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";
import {
  filesOfHome,
  filesOfKey,
  freshStart,
  importedStart,
  openSigner,
  startOfHome,
  writeSigner,
} from "./signer_home.ts";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "catenary-signer-home-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const vote = (block: number) => ({
  type: "vote" as const,
  vote: Vote.fromPartial({
    type: SignedMsgType.SIGNED_MSG_TYPE_PREVOTE,
    height: 7n,
    blockId: { hash: new Uint8Array(32).fill(block), partSetHeader: { total: 1, hash: new Uint8Array(32) } },
  }),
});

Deno.test("a signer's files are made once, open for one process, and are for their owner only", async () => {
  await inFolder(async (folder) => {
    const files = filesOfHome(`${folder}/home`);
    await assertRejects(() => openSigner(files), Error, "catenary signer init");
    const start = freshStart();
    await writeSigner(files, start);
    await assertRejects(() => writeSigner(files, freshStart()), Error, "is there already");
    const open = await openSigner(files);
    assertEquals(open.key.publicKey, start.key.publicKey);
    await assertRejects(() => openSigner(files), Error, "uses it");
    // By whatever name the state is called.
    await assertRejects(() => openSigner(filesOfKey(files.key, files.state)), Error, "uses it");
    open.lock.release();
    const again = await openSigner(files);
    assertEquals(again.connection.publicKey, open.connection.publicKey);
    again.lock.release();
    if (Deno.build.os !== "windows") {
      for (const file of [files.key, files.state, files.connectionKey]) {
        assertEquals((await Deno.stat(file)).mode! & 0o077, 0, file);
      }
    }
  });
});

Deno.test("a signer without its state, or with a damaged one, does not open", async () => {
  await inFolder(async (folder) => {
    const files = filesOfHome(folder);
    await writeSigner(files, freshStart());
    await Deno.writeTextFile(files.state, "{}");
    await assertRejects(() => openSigner(files), Error, "not a valid state");
    await Deno.remove(files.state);
    await assertRejects(() => openSigner(files), Error, "bring it back");
  });
});

Deno.test("what another key signed is not written over", async () => {
  await inFolder(async (folder) => {
    const files = filesOfHome(folder);
    await writeSigner(files, { ...freshStart(), state: utf8ToBytes(`{"height":"9","round":0,"step":3}`) });
    await Deno.remove(files.key);
    await assertRejects(() => writeSigner(files, freshStart()), Error, "move the file away");
    await Deno.writeFile(files.state, FIRST_STATE);
    await writeSigner(files, freshStart());
  });
});

Deno.test("a key of elsewhere comes with what it signed there, or with the word that it never did", async () => {
  await inFolder(async (folder) => {
    const from = filesOfHome(`${folder}/cometbft`);
    const state = utf8ToBytes(`{"height":"9","round":0,"step":3}`);
    const original = { ...freshStart(), state };
    await writeSigner(from, original);
    await assertRejects(() => importedStart(from.key, undefined, false), Error, "--never-signed");
    assertEquals((await importedStart(from.key, undefined, true)).state, FIRST_STATE);
    for (
      const start of [await importedStart(from.key, from.state, false), await startOfHome(`${folder}/cometbft`, false)]
    ) {
      assertEquals(start.key.publicKey, original.key.publicKey);
      assertEquals(start.state, state);
    }
    await Deno.writeTextFile(from.state, "{}");
    await assertRejects(() => importedStart(from.key, from.state, false), Error, "not a valid state");
  });
});

Deno.test("the key of a node of ours brings the memory of its home: nothing it signed is signed otherwise", async () => {
  await inFolder(async (folder) => {
    const paths = await initDevelopmentHome(`${folder}/node`);
    await assertRejects(() => startOfHome(`${folder}/node`, false), Error, "what this key signed is unknown");
    assert(equalBytes((await startOfHome(`${folder}/node`, true)).state, FIRST_STATE));
    const key = await readKeyFile(paths.validatorKey);
    const store = await openStore({ path: paths.data });
    const node = createGuardedSigner({ key: key.seed, storage: new PrivvalStore(store) });
    assert((await node.sign("chain", vote(1))).ok);
    await store.close();
    const files = filesOfHome(`${folder}/signer`);
    await writeSigner(files, await startOfHome(`${folder}/node`, false));
    const { key: moved, state, lock } = await openSigner(files);
    const signer = createGuardedSigner({ key: moved.seed, storage: state });
    assertEquals((await signer.sign("chain", vote(2))).ok, false);
    assert((await signer.sign("chain", vote(1))).ok);
    lock.release();
  });
});

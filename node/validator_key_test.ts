import { assert, assertEquals } from "@std/assert";
import { SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";
import type { Signable } from "./consensus/mod.ts";
import { ed25519Address, ed25519KeyFromSeed } from "./core/crypto/mod.ts";
import { MemoryStore } from "./storage/mod.ts";
import { localKey } from "./validator_key.ts";

const seed = new Uint8Array(32).fill(3);
const { publicKey } = ed25519KeyFromSeed(seed);
const KEY = { seed, publicKey, address: ed25519Address(publicKey) };

const prevote = (height: bigint): Signable => ({
  type: "vote",
  vote: Vote.fromPartial({ type: SignedMsgType.SIGNED_MSG_TYPE_PREVOTE, height, validatorAddress: KEY.address }),
});

const nothing = () => Promise.resolve(undefined);
const at = (height: bigint) => () => Promise.resolve({ height, round: 0 });

const signs = async (key: ReturnType<typeof localKey>, height: bigint) =>
  (await key.signer.sign("chain", prevote(height))).ok;

Deno.test("a key whose home has been there from the beginning signs from the first height on, also after it was away", async () => {
  const store = new MemoryStore();
  const key = localKey(KEY, store);
  assertEquals(await key.begin({ height: 1n, initialHeight: 1n, seen: nothing }), undefined);
  // Others were faster: it has signed nothing before it is needed.
  assertEquals(await key.begin({ height: 50n, initialHeight: 1n, seen: nothing }), undefined);
  assert(await signs(key, 50n));
  const again = localKey(KEY, store);
  assertEquals(await again.begin({ height: 90n, initialHeight: 1n, seen: at(1n) }), undefined);
  assert(await signs(again, 90n));
});

Deno.test("a key of a lost home signs neither at the height that runs nor at the next", async () => {
  const store = new MemoryStore();
  const key = localKey(KEY, store);
  assertEquals(await key.begin({ height: 50n, initialHeight: 1n, seen: nothing }), 52n);
  assert(!await signs(key, 50n));
  const again = localKey(KEY, store);
  assertEquals(await again.begin({ height: 51n, initialHeight: 1n, seen: nothing }), 52n);
  assert(!await signs(again, 51n));
  assert(await signs(again, 52n));
});

Deno.test("a key of a lost home that began as if the chain was new is held back when the chain comes, in the same process, too", async () => {
  const key = localKey(KEY, new MemoryStore());
  assertEquals(await key.begin({ height: 1n, initialHeight: 1n, seen: nothing }), undefined);
  assert(await signs(key, 1n));
  assertEquals(await key.begin({ height: 1001n, initialHeight: 1n, seen: at(1000n) }), 1003n);
  assert(!await signs(key, 1001n));
  assert(!await signs(key, 1002n));
  assert(await signs(key, 1003n));
});

Deno.test("a key of a lost home that met only those who are behind stays silent until the chain shows nothing more of it", async () => {
  const key = localKey(KEY, new MemoryStore());
  // Its old home signed up to 57, all but 53.
  let last = 49n;
  const seen = () => Promise.resolve({ height: last, round: 0 });
  assertEquals(await key.begin({ height: 50n, initialHeight: 1n, seen }), 52n);
  const signed: bigint[] = [];
  for (let height = 50n; height < 62n; height++) {
    if (await signs(key, height)) signed.push(height);
    if (height <= 57n && height !== 53n) last = height;
  }
  assertEquals(signed, [60n, 61n]);
});

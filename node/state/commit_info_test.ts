import { assertEquals, assertThrows } from "@std/assert";
import { bytesToHex } from "../core/bytes.ts";
import { InvariantError } from "../core/invariant.ts";
import { appHashOf, type CommitInfo, decodeCommitInfo, encodeCommitInfo } from "./commit_info.ts";
import { EMPTY_TREE } from "./tree.ts";

const info: CommitInfo = {
  version: 7n,
  roots: new Map([
    ["auth", { version: 3n, hash: new Uint8Array(32).fill(5) }],
    ["wasm", EMPTY_TREE],
  ]),
};

Deno.test("a commit info comes back as it was", () => {
  assertEquals(decodeCommitInfo(encodeCommitInfo(info)), info);
  const none = { version: 0n, roots: new Map() };
  assertEquals(decodeCommitInfo(encodeCommitInfo(none)), none);
});

Deno.test("a damaged commit info is a broken store", () => {
  const bytes = encodeCommitInfo(info);
  for (const cut of [0, 5, 8, 20, bytes.length - 1]) {
    assertThrows(() => decodeCommitInfo(bytes.slice(0, cut)), InvariantError, undefined, `${cut}`);
  }
});

Deno.test("the app hash covers names and roots", () => {
  const hash = bytesToHex(appHashOf(info));
  const renamed = new Map([...info.roots].map(([name, root]) => [`${name}x`, root] as const));
  assertEquals(hash.length, 64);
  assertEquals(hash === bytesToHex(appHashOf({ ...info, roots: renamed })), false);
  assertEquals(
    hash === bytesToHex(appHashOf({ ...info, roots: new Map([["auth", EMPTY_TREE], ["wasm", EMPTY_TREE]]) })),
    false,
  );
});

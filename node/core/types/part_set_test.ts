import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { concatBytes } from "../bytes.ts";
import { verifyMerkleProof } from "../merkle/mod.ts";
import { runResident } from "../work.ts";
import {
  blockIdKey,
  EMPTY_BLOCK_ID,
  isNilBlockId,
  PART_BYTES,
  partSet,
  partSetHeader,
  partSetHeaderWork,
} from "./mod.ts";

Deno.test("partSet() cuts at 65536 bytes, proves each part, and the parts join to the block", () => {
  for (const length of [1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 5 * PART_BYTES + 17]) {
    const bytes = new Uint8Array(length).map((_, i) => i >> 9);
    const { header, parts } = partSet(bytes);
    assertEquals(header.total, Math.ceil(length / PART_BYTES));
    assertEquals(header, partSetHeader(bytes));
    assertEquals(header, runResident(partSetHeaderWork(bytes)));
    for (const part of parts) assert(verifyMerkleProof(header.hash, part.proof, part.bytes), `${part.index}`);
    assertEquals(concatBytes(...parts.map((part) => part.bytes)), bytes);
  }
});

Deno.test("blockIdKey() tells ids apart and is empty for nil only", () => {
  const hash = new Uint8Array(32).fill(1);
  const ids = [
    { hash, partSetHeader: { total: 1, hash } },
    { hash, partSetHeader: { total: 2, hash } },
    { hash, partSetHeader: { total: 1, hash: new Uint8Array(32) } },
    { hash: new Uint8Array(32), partSetHeader: { total: 1, hash } },
    { hash: new Uint8Array(), partSetHeader: { total: 1, hash } },
  ];
  assertEquals(new Set(ids.map(blockIdKey)).size, ids.length);
  for (const id of ids) assert(!isNilBlockId(id) && blockIdKey(id) !== "");
  assertEquals([blockIdKey(undefined), blockIdKey(EMPTY_BLOCK_ID)], ["", ""]);
  assertNotEquals(blockIdKey(ids[0]), blockIdKey(ids[1]));
});

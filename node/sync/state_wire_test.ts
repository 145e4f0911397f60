import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hexToBytes } from "../core/bytes.ts";
import type { Result } from "../core/result.ts";
import {
  decodeChunk,
  decodeChunkQuestion,
  decodeSnapshotOffer,
  encodeChunk,
  encodeChunkQuestion,
  encodeSnapshotOffer,
} from "./state_wire.ts";

const valueOf = <T>(result: Result<T>): T => {
  assert(result.ok);
  return result.value;
};

const height = fc.bigInt({ min: 1n, max: (1n << 63n) - 1n });
const u32 = fc.nat({ max: 0xffff_ffff });
const offer = fc.record({
  height,
  format: u32,
  chunks: u32,
  hash: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  metadata: fc.uint8Array({ maxLength: 300 }),
});
const question = fc.record({ height, format: u32, index: u32 }, { noNullPrototype: true });

Deno.test("offers, questions and chunks come back as they went", () => {
  fc.assert(
    fc.property(offer, question, fc.uint8Array({ minLength: 1, maxLength: 300 }), (offered, asked, chunk) => {
      const read = valueOf(decodeSnapshotOffer(encodeSnapshotOffer(offered)));
      assertEquals({ ...read, hash: [...read.hash], metadata: [...read.metadata] }, {
        ...offered,
        hash: [...offered.hash],
        metadata: [...offered.metadata],
      });
      assertEquals(valueOf(decodeChunkQuestion(encodeChunkQuestion(asked))), asked);
      assertEquals([...valueOf(decodeChunk(encodeChunk(asked, chunk), asked))!], [...chunk]);
      assertEquals(valueOf(decodeChunk(encodeChunk(asked, undefined), asked)), undefined);
    }),
  );
});

Deno.test("the formats are those of CometBFT's statesync", () => {
  const asked = { height: 300n, format: 1, index: 7 };
  assertEquals(encodeChunkQuestion(asked), hexToBytes("08ac0210011807"));
  assertEquals(encodeChunk(asked, hexToBytes("aabb")), hexToBytes("08ac02100118072202aabb"));
  assertEquals(encodeChunk(asked, undefined), hexToBytes("08ac02100118072801"));
  const offered = { height: 300n, format: 1, chunks: 2, hash: hexToBytes("cc"), metadata: hexToBytes("dd") };
  assertEquals(encodeSnapshotOffer(offered), hexToBytes("08ac021001180222" + "01cc2a01dd"));
});

Deno.test("an answer to another question, heights and hashes that cannot be, and what is there and missing are refused", () => {
  const asked = { height: 300n, format: 1, index: 7 };
  for (const other of [{ ...asked, height: 301n }, { ...asked, format: 2 }, { ...asked, index: 8 }]) {
    assert(!decodeChunk(encodeChunk(other, hexToBytes("aa")), asked).ok);
  }
  assert(!decodeChunk(hexToBytes("08ac02100118072202aabb2801"), asked).ok, "there and missing");
  assert(!decodeChunk(hexToBytes("08ac0210011807"), asked).ok, "neither");
  for (const bad of [0n, 1n << 63n]) {
    assert(!decodeChunkQuestion(encodeChunkQuestion({ ...asked, height: bad })).ok);
    const offered = { height: bad, format: 1, chunks: 2, hash: hexToBytes("cc"), metadata: hexToBytes("dd") };
    assert(!decodeSnapshotOffer(encodeSnapshotOffer(offered)).ok);
    assert(
      !decodeSnapshotOffer(encodeSnapshotOffer({ ...offered, height: 1n, hash: new Uint8Array(bad === 0n ? 0 : 65) }))
        .ok,
    );
  }
});

Deno.test("any bytes are read without a throw, and what is taken is canonical", () => {
  const asked = { height: 300n, format: 1, index: 7 };
  const seeds = [
    encodeSnapshotOffer({ height: 5n, format: 1, chunks: 3, hash: new Uint8Array(32), metadata: new Uint8Array(40) }),
    encodeChunkQuestion(asked),
    encodeChunk(asked, new Uint8Array(50)),
  ];
  fc.assert(
    fc.property(fc.nat(2), fc.nat(), fc.uint8Array({ maxLength: 12 }), fc.nat(20), (which, at, noise, cut) => {
      const broken = seeds[which]!.slice(0, Math.max(1, seeds[which]!.length - cut));
      broken.set(noise.subarray(0, broken.length), at % Math.max(1, broken.length - noise.length));
      for (const bytes of [broken, noise]) {
        const offered = decodeSnapshotOffer(bytes);
        if (offered.ok) assertEquals(encodeSnapshotOffer(offered.value), bytes);
        const found = decodeChunkQuestion(bytes);
        if (found.ok) assertEquals(encodeChunkQuestion(found.value), bytes);
        const chunk = decodeChunk(bytes, asked);
        if (chunk.ok) assertEquals(encodeChunk(asked, chunk.value), bytes);
      }
    }),
    { numRuns: 2_000 },
  );
});

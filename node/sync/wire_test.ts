import { assert, assertEquals } from "@std/assert";
import { Commit, type LightBlock } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { BinaryWriter } from "cosmjs-types/binary";
import fc from "fast-check";
import { genesisOf, MiniChain } from "../../tests/helpers/mini_chain.ts";
import { concatBytes, hexToBytes } from "../core/bytes.ts";
import { VOTES_MAX } from "../core/types/mod.ts";
import {
  decodeBlockFrame,
  decodeBlocksQuestion,
  decodeLightBlock,
  decodeLightBlockQuestion,
  encodeBlockFrame,
  encodeBlocksQuestion,
  encodeLightBlock,
  encodeLightBlockQuestion,
  LIGHT_BLOCK_BYTES_MAX,
} from "./wire.ts";

const chain = new MiniChain(genesisOf([1n, 2n, 3n]));
chain.take(chain.make());
const { bytes: BLOCK, block } = chain.blocks[0]!;
const COMMIT = Commit.encode(chain.lastCommit!).finish();
const FRAME = encodeBlockFrame(BLOCK, COMMIT);
const LIGHT: LightBlock = {
  signedHeader: { header: block.header, commit: chain.lastCommit! },
  validatorSet: chain.state.lastValidators as ValidatorSet,
};
const MAX = 1 << 20;

const valueOf = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  assert(result.ok);
  return result.value;
};

Deno.test("questions and answers come back as they went", () => {
  const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  fc.assert(fc.property(u64, fc.nat({ max: 0xffff_ffff }), (from, count) => {
    const asked = valueOf(decodeBlocksQuestion(encodeBlocksQuestion({ from, count })))!;
    assertEquals([asked.from, asked.count], [from, count]);
    assertEquals(valueOf(decodeLightBlockQuestion(encodeLightBlockQuestion(from)))!.height, from);
  }));
  const offered = valueOf(decodeBlockFrame(FRAME, MAX))!;
  assertEquals([offered.height, offered.bytes], [1n, BLOCK]);
  assertEquals(Commit.encode(offered.commit).finish(), COMMIT);
  assertEquals(encodeLightBlock(valueOf(decodeLightBlock(encodeLightBlock(LIGHT)))), encodeLightBlock(LIGHT));
});

Deno.test("the formats stay what they are", () => {
  assertEquals(encodeBlocksQuestion({ from: 300n, count: 7 }), hexToBytes("080110ac021807"));
  assertEquals(encodeLightBlockQuestion(0n), hexToBytes("0801"));
  assertEquals(encodeBlockFrame(hexToBytes("aabb"), hexToBytes("cc")), hexToBytes("08011202aabb1a01cc"));
});

Deno.test("another version is no lie, whatever follows", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 40 }), (version, rest) => {
    fc.pre(version !== 1);
    const bytes = concatBytes(Uint8Array.of(8, version), rest);
    for (
      const decode of [decodeBlocksQuestion, decodeLightBlockQuestion, (b: Uint8Array) => decodeBlockFrame(b, MAX)]
    ) {
      assertEquals(decode(bytes), { ok: true, value: undefined });
    }
  }));
});

const DECODERS: Readonly<Record<string, [valid: Uint8Array, decode: (bytes: Uint8Array) => { ok: boolean }]>> = {
  "a question for blocks": [encodeBlocksQuestion({ from: 300n, count: 7 }), decodeBlocksQuestion],
  "a question for a light block": [encodeLightBlockQuestion(9n), decodeLightBlockQuestion],
  "the frame of a block": [FRAME, (bytes) => decodeBlockFrame(bytes, MAX)],
  "a light block": [encodeLightBlock(LIGHT), decodeLightBlock],
};

for (const [name, [valid, decode]] of Object.entries(DECODERS)) {
  Deno.test(`${name} is taken in one form only, and nothing makes its decoder throw`, () => {
    for (let end = 2; end < valid.length; end++) {
      // What ends where a field does may be a message with less in it, but never for a frame.
      if (name.startsWith("the frame")) assert(!decode(valid.subarray(0, end)).ok, `cut to ${end} bytes`);
      else decode(valid.subarray(0, end));
    }
    assert(!decode(concatBytes(valid, Uint8Array.of(0))).ok);
    assert(!decode(concatBytes(valid, Uint8Array.of(0x78, 1))).ok, "an unknown field");
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decode(bytes)));
    const edits = fc.array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(fc.property(edits, (places) => {
      const bytes = valid.slice();
      for (const [at, byte] of places) bytes[at] = byte;
      decode(bytes);
    }));
  });
}

Deno.test("a length of a frame that is written longer than need be is refused", () => {
  const frame = concatBytes(hexToBytes("0801" + "12" + "8200" + "aabb"), Uint8Array.of(0x1a, COMMIT.length), COMMIT);
  assert(!decodeBlockFrame(frame, MAX).ok);
});

Deno.test("what is too long is refused, and too many signatures before they are made", () => {
  assert(!decodeBlockFrame(FRAME, FRAME.length - 1).ok);
  assert(!decodeLightBlock(new Uint8Array(LIGHT_BLOCK_BYTES_MAX + 1)).ok);
  const empties = (tag: number) => {
    const bytes = new Uint8Array(2 * (VOTES_MAX + 2));
    for (let i = 0; i < bytes.length; i += 2) bytes[i] = tag;
    return bytes;
  };
  const within = (tag: number, bytes: Uint8Array) => BinaryWriter.create().uint32(tag).bytes(bytes).finish();
  const refusals = [
    decodeBlockFrame(encodeBlockFrame(BLOCK, empties(0x22)), MAX),
    decodeLightBlock(within(0x0a, within(0x12, empties(0x22)))),
    decodeLightBlock(within(0x12, empties(0x0a))),
  ];
  for (const refusal of refusals) assert(!refusal.ok && refusal.error.message.includes("too much"));
});

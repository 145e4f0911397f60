import { assert } from "@std/assert";
import * as fc from "fast-check";
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { AuthInfo, TxBody } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { Header as IbcHeader } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { Block } from "cosmjs-types/tendermint/types/block";
import { LightBlock, Part, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import { concatBytes } from "../bytes.ts";
import { COUNT_FREE, fitsShape, shape } from "./shapes.ts";
import { encodesTo, type MessageCodec, shapeOf } from "./strict.ts";
import { decodeStrict, encode, fields, messageCodec } from "./mod.ts";

const hash = new Uint8Array(32).fill(7);
const signature = new Uint8Array(64).fill(9);
const time = { seconds: 1_700_000_000n, nanos: 5 };
const blockId = { hash, partSetHeader: { total: 2, hash } };
const vote = { type: 1, height: 5n, round: 1, blockId, timestamp: time, validatorAddress: hash, signature };
const header = {
  version: { block: 11n },
  chainId: "chain",
  height: 5n,
  time,
  lastBlockId: blockId,
  lastCommitHash: hash,
  appHash: hash,
  proposerAddress: hash,
};
const sig = { blockIdFlag: 2, validatorAddress: hash, timestamp: time, signature };
const commit = { height: 5n, round: 1, blockId, signatures: [sig, { blockIdFlag: 1 }, sig] };
const validator = { address: hash, pubKey: { ed25519: hash }, votingPower: 5n, proposerPriority: -3n };
const validatorSet = { validators: [validator, validator], proposer: validator, totalVotingPower: 10n };
const lightBlock = { signedHeader: { header, commit }, validatorSet };
const attack = { conflictingBlock: lightBlock, commonHeight: 3n, byzantineValidators: [validator], timestamp: time };
const any = { typeUrl: "/a.b.C", value: hash };
const coin = { denom: "ucat", amount: "5" };

const SAMPLES: readonly (readonly [MessageCodec<unknown>, unknown])[] = [
  [
    Block,
    Block.fromPartial({
      header,
      data: { txs: [hash, new Uint8Array(), hash] },
      evidence: {
        evidence: [
          { duplicateVoteEvidence: { voteA: vote, voteB: vote, totalVotingPower: 3n, timestamp: time } },
          { lightClientAttackEvidence: attack },
        ],
      },
      lastCommit: commit,
    }),
  ],
  [LightBlock, LightBlock.fromPartial(lightBlock)],
  [Vote, Vote.fromPartial(vote)],
  [
    Proposal,
    Proposal.fromPartial({ type: 32, height: 5n, round: 1, polRound: -1, blockId, timestamp: time, signature }),
  ],
  [
    Part,
    Part.fromPartial({ index: 1, bytes: hash, proof: { total: 9n, index: 1n, leafHash: hash, aunts: [hash, hash] } }),
  ],
  [
    IbcHeader,
    IbcHeader.fromPartial({
      signedHeader: lightBlock.signedHeader,
      validatorSet,
      trustedHeight: { revisionHeight: 3n },
      trustedValidators: validatorSet,
    }),
  ],
  [
    TxBody,
    TxBody.fromPartial({
      messages: [any, any],
      memo: "hello",
      timeoutHeight: 5n,
      extensionOptions: [any],
      nonCriticalExtensionOptions: [any, any],
    }),
  ],
  [
    AuthInfo,
    AuthInfo.fromPartial({
      signerInfos: [{ publicKey: any, modeInfo: { single: { mode: 1 } }, sequence: 4n }],
      fee: { amount: [coin, coin], gasLimit: 5n, payer: "me" },
    }),
  ],
] as never;

const table = messageCodec("/test", {
  version: fields.uint32(1),
  names: fields.bytesList(2, 3),
  many: fields.messages(5, messageCodec("/test.Inner", { a: fields.string(1), b: fields.uint64(3) }), 4),
  block: fields.message(7, Block),
});

Deno.test("whatever decodes and encodes to the same bytes fits the shape of its message", () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    drop: fc.nat(3),
    put: fc.uint8Array({ maxLength: 3 }),
  });
  let canonical = 0;
  fc.assert(
    fc.property(fc.nat(SAMPLES.length - 1), fc.array(edit, { maxLength: 2 }), (index, edits) => {
      const [codec, message] = SAMPLES[index]!;
      let bytes = encode(codec, message);
      for (const { at, drop, put } of edits) {
        const start = Math.floor(at * bytes.length);
        bytes = concatBytes(bytes.subarray(0, start), put, bytes.subarray(start + drop));
      }
      let isCanonical = false;
      try {
        isCanonical = encodesTo(codec, codec.decode(bytes), bytes);
      } catch {
        return;
      }
      if (!isCanonical) return;
      canonical++;
      assert(fitsShape(bytes, shapeOf(codec)!), `${codec.typeUrl} ${bytes.toHex()}`);
    }),
    { numRuns: 3_000 },
  );
  assert(canonical > 500, `${canonical}`);
});

Deno.test("fields out of order, twice, of wrong kinds or cut short do not fit", () => {
  const rule = shape({ 2: { inside: shape({ 1: { countMax: 2 } }) } });
  const fits = (hex: string) => fitsShape(Uint8Array.fromHex(hex), rule);
  for (const hex of ["", "0801", "08011200", "12020a00", "12040a000a00", "0800120018ff01", "12030a01ff"]) {
    assert(fits(hex), hex);
  }
  for (
    const hex of [
      "12000801",
      "08010801",
      "12001200",
      "12060a000a000a00",
      "0b",
      "0e",
      "0001",
      "1202ff",
      "12ff",
      "08ff",
      "0d00000000",
      "1001",
      "0a00",
      "1a00",
      "12810000",
      "8a0000",
      "12ffffffffff01",
    ]
  ) assert(!fits(hex), hex);
});

Deno.test("lists in tables are bounded, and messages of cosmjs-types inside them", () => {
  const value = { version: 1, names: [hash, hash, hash], many: [], block: undefined };
  const one = { a: "x".repeat(300), b: 4n };
  const ok = (message: Parameters<typeof table.encode>[0]) =>
    decodeStrict(table, encode(table, message), "message", 100_000).ok;
  assert(ok({ ...value, many: [one, one, one, one] }));
  assert(!ok({ ...value, many: [one, one, one, one, one] }));
  assert(!ok({ ...value, names: [hash, hash, hash, hash], many: [one, one] }));
  const block = (count: number) =>
    Block.fromPartial({ data: { txs: Array.from({ length: count }, () => new Uint8Array()) } });
  assert(ok({ ...value, block: block(COUNT_FREE) }));
  assert(!ok({ ...value, block: block(2 * COUNT_FREE) }));
});

/** As many empty messages as fit, under the tags of `path` and last under `tag`. */
function bomb(path: readonly number[], tag: number, length: number): Uint8Array {
  let bytes = new Uint8Array(length & ~1);
  for (let i = 0; i < bytes.length; i += 2) bytes[i] = tag;
  for (const outer of path.toReversed()) bytes = BinaryWriter.create().uint32(outer).bytes(bytes).finish() as never;
  return bytes;
}

Deno.test("a quarter of a megabyte of empty messages is refused before the decoder sees it", () => {
  const read = BinaryReader.prototype.uint32;
  let reads = 0;
  BinaryReader.prototype.uint32 = function () {
    reads++;
    return read.call(this);
  };
  try {
    for (const [codec] of SAMPLES) {
      for (const path of [[], [0x0a], [0x12], [0x1a], [0x12, 0x0a], [0x0a, 0x0a], [0x0a, 0x12], [0x1a, 0x0a, 0x12]]) {
        for (const tag of [0x0a, 0x12, 0x1a, 0x22, 0x2a]) {
          decodeStrict(codec, bomb(path, tag, 1 << 18), "message", 1 << 21);
        }
      }
    }
    // What does reach a decoder is one field of bytes, which costs nothing.
    assert(reads < 2_000, `${reads}`);
  } finally {
    BinaryReader.prototype.uint32 = read;
  }
});

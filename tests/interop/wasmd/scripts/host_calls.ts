import { MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { utf8ToBytes } from "../../../../node/core/bytes.ts";
import { addressOf, attribute, message, type Script } from "../script.ts";
import { type Argument, hostCall } from "../echo.ts";
import { I32, I64, type Signature } from "../tiny.ts";

const zeros = (length: number) => new Uint8Array(length);
const text = (value: string) => utf8ToBytes(value);
const room = (bytes: Uint8Array, capacity: number) => ({ bytes, capacity });
const KIB = 1024;
const type = (params: number, ...results: number[]): Signature => [new Array(params).fill(I32), results];

interface Case {
  readonly say: string;
  readonly called: string;
  readonly type: Signature;
  readonly args: readonly Argument[];
  readonly pointer?: boolean;
}

const storage = (): Case[] => {
  const write = (say: string, key: Argument, value: Argument): Case => ({
    say: `writes ${say}`,
    called: "db_write",
    type: type(2),
    args: [key, value],
  });
  const one = (called: string, say: string, key: Argument, ...results: number[]): Case => ({
    say: `${called} of ${say}`,
    called,
    type: type(1, ...results),
    args: [key],
    pointer: true,
  });
  return [
    write("an empty key", zeros(0), text("v")),
    write("an empty value", text("k"), zeros(0)),
    write("a short one", text("k"), text("v")),
    write("a key of 900 bytes", zeros(900), text("v")),
    write("a key of 3000 bytes", zeros(3000), text("v")),
    write("a key of 64 KiB", zeros(64 * KIB), text("v")),
    write("a key that is too long", zeros(64 * KIB + 1), text("v")),
    write("a value of 60 KiB", text("k"), zeros(60 * KIB)),
    write("a value of 128 KiB", text("k"), zeros(128 * KIB)),
    write("a value that is too long", text("k"), zeros(128 * KIB + 1)),
    write("from a null pointer", 0, text("v")),
    write("from behind memory", 10_000_000, text("v")),
    one("db_read", "nothing", text("k"), I32),
    one("db_read", "an empty key", zeros(0), I32),
    one("db_read", "a long key", zeros(5000), I32),
    one("db_read", "a key that is too long", zeros(64 * KIB + 1), I32),
    one("db_remove", "nothing", text("k")),
    one("db_remove", "an empty key", zeros(0)),
    one("db_remove", "a key that is too long", zeros(64 * KIB + 1)),
    ...[0, 1, 2, 3, -1].map((order): Case => ({
      say: `scans in order ${order}`,
      called: "db_scan",
      type: type(3, I32),
      args: [0, 0, order],
    })),
    { say: "scans from behind to before", called: "db_scan", type: type(3, I32), args: [text("b"), text("a"), 1] },
    { say: "scans from a long key", called: "db_scan", type: type(3, I32), args: [zeros(5000), 0, 1] },
    {
      say: "scans from a key that is too long",
      called: "db_scan",
      type: type(3, I32),
      args: [zeros(64 * KIB + 1), 0, 1],
    },
    ...["db_next", "db_next_key", "db_next_value"].map((called): Case => ({
      say: `${called} of no iterator`,
      called,
      type: type(1, I32),
      args: [7],
      pointer: true,
    })),
  ];
};

const addresses = (): Case[] => {
  const alice = addressOf("alice");
  const validate = (say: string, bytes: Uint8Array): Case => ({
    say: `validates ${say}`,
    called: "addr_validate",
    type: type(1, I32),
    args: [bytes],
    pointer: true,
  });
  const convert = (called: string, say: string, from: Uint8Array, capacity: number): Case => ({
    say: `${called}: ${say}`,
    called,
    type: type(2, I32),
    args: [from, room(zeros(0), capacity)],
    pointer: true,
  });
  return [
    validate("an address", text(alice)),
    validate("nothing", zeros(0)),
    validate("what is no text", Uint8Array.of(0xff, 0xfe)),
    validate("256 bytes", text("x".repeat(256))),
    validate("257 bytes", text("x".repeat(257))),
    validate("capitals", text(alice.toUpperCase())),
    convert("addr_canonicalize", "an address", text(alice), 90),
    convert("addr_canonicalize", "into 10 bytes", text(alice), 10),
    convert("addr_canonicalize", "nothing", zeros(0), 90),
    convert("addr_canonicalize", "what is no text", Uint8Array.of(0xff), 90),
    convert("addr_canonicalize", "too much", text("x".repeat(257)), 90),
    convert("addr_humanize", "twenty bytes", zeros(20), 90),
    convert("addr_humanize", "into 10 bytes", zeros(20), 10),
    convert("addr_humanize", "nothing", zeros(0), 90),
    convert("addr_humanize", "64 bytes", zeros(64), 190),
    convert("addr_humanize", "65 bytes", zeros(65), 190),
  ];
};

const signatures = (): Case[] => {
  const three = (called: string, lengths: readonly [number, number, number]): Case => ({
    say: `${called} of ${lengths.join(", ")} bytes`,
    called,
    type: type(3, I32),
    args: lengths.map(zeros),
  });
  const verify = ["secp256k1_verify", "secp256r1_verify"].flatMap((called) =>
    ([[32, 64, 33], [32, 64, 65], [31, 64, 33], [33, 64, 33], [32, 63, 33], [32, 65, 33], [32, 64, 0], [32, 64, 34], [
      32,
      64,
      66,
    ]] as const)
      .map((lengths) => three(called, lengths))
  );
  const ed25519 = ([[0, 64, 32], [5, 63, 32], [5, 65, 32], [5, 64, 31], [5, 64, 33], [128 * KIB, 64, 32], [
    128 * KIB + 1,
    64,
    32,
  ]] as const)
    .map((lengths) => three("ed25519_verify", lengths));
  const recover = ["secp256k1_recover_pubkey", "secp256r1_recover_pubkey"].flatMap((called) =>
    ([[32, 64, 0], [32, 64, 2], [31, 64, 0], [32, 63, 0], [32, 64, -1]] as const).map((
      [hash, signature, parameter],
    ): Case => ({
      say: `${called} of ${hash} and ${signature} bytes, ${parameter}`,
      called,
      type: [[I32, I32, I32], [I64]],
      args: [zeros(hash), zeros(signature), parameter],
    }))
  );
  const batch = (say: string, ...args: Uint8Array[]): Case => ({
    say: `ed25519_batch_verify: ${say}`,
    called: "ed25519_batch_verify",
    type: type(3, I32),
    args,
  });
  const none = zeros(0);
  const section = (bytes: Uint8Array) => Uint8Array.of(...bytes, 0, 0, 0, bytes.length);
  return [
    ...verify,
    ...ed25519,
    ...recover,
    batch("nothing", none, none, none),
    batch("no sections", text("x"), none, none),
    batch("a bad section", Uint8Array.of(0, 0, 0, 9), section(zeros(64)), section(zeros(32))),
    batch("one of zeros", section(text("m")), section(zeros(64)), section(zeros(32))),
    batch("a short signature", section(text("m")), section(zeros(63)), section(zeros(32))),
    batch("a short key", section(text("m")), section(zeros(64)), section(zeros(31))),
    batch(
      "two messages, one signature, two keys",
      Uint8Array.of(...section(text("m")), ...section(text("n"))),
      section(zeros(64)),
      Uint8Array.of(...section(zeros(32)), ...section(zeros(32))),
    ),
    batch(
      "too many of one",
      Uint8Array.of(...section(text("m")), ...section(text("n"))),
      section(zeros(64)),
      Uint8Array.of(...section(zeros(32)), ...section(zeros(32)), ...section(zeros(32))),
    ),
  ];
};

const curves = (): Case[] => {
  const infinity1 = Uint8Array.of(0xc0, ...zeros(47));
  const infinity2 = Uint8Array.of(0xc0, ...zeros(95));
  const add = (called: string, say: string, points: Uint8Array, capacity: number): Case => ({
    say: `${called}: ${say}`,
    called,
    type: type(2, I32),
    args: [points, room(zeros(0), capacity)],
  });
  const pairing = (say: string, ...args: Uint8Array[]): Case => ({
    say: `bls12_381_pairing_equality: ${say}`,
    called: "bls12_381_pairing_equality",
    type: type(4, I32),
    args,
  });
  const hash = (called: string, say: string, mode: number, capacity: number): Case => ({
    say: `${called}: ${say}`,
    called,
    type: type(4, I32),
    args: [mode, text("message"), text("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"), room(zeros(0), capacity)],
  });
  return [
    add("bls12_381_aggregate_g1", "nothing", zeros(0), 48),
    add("bls12_381_aggregate_g1", "the point at infinity", infinity1, 48),
    add("bls12_381_aggregate_g1", "zeros", zeros(48), 48),
    add("bls12_381_aggregate_g1", "47 bytes", zeros(47), 48),
    add("bls12_381_aggregate_g1", "into 10 bytes", infinity1, 10),
    add("bls12_381_aggregate_g2", "nothing", zeros(0), 96),
    add("bls12_381_aggregate_g2", "the point at infinity", infinity2, 96),
    add("bls12_381_aggregate_g2", "zeros", zeros(96), 96),
    add("bls12_381_aggregate_g2", "95 bytes", zeros(95), 96),
    pairing("infinity", infinity1, infinity2, infinity1, infinity2),
    pairing("nothing on the left", zeros(0), zeros(0), infinity1, infinity2),
    pairing("different numbers", Uint8Array.of(...infinity1, ...infinity1), infinity2, infinity1, infinity2),
    pairing("a short point", zeros(47), infinity2, infinity1, infinity2),
    pairing("a short r", infinity1, infinity2, zeros(10), infinity2),
    pairing("zeros", zeros(48), zeros(96), infinity1, infinity2),
    hash("bls12_381_hash_to_g1", "SHA-256", 0, 48),
    hash("bls12_381_hash_to_g1", "an unknown hash", 1, 48),
    hash("bls12_381_hash_to_g2", "SHA-256", 0, 96),
    hash("bls12_381_hash_to_g2", "an unknown hash", 77, 96),
  ];
};

const others = (): Case[] => {
  const one = (called: string, say: string, bytes: Uint8Array, ...results: number[]): Case => ({
    say: `${called}: ${say}`,
    called,
    type: type(1, ...results),
    args: [bytes],
    pointer: true,
  });
  return [
    one("debug", "a line", text("hello")),
    one("debug", "what is no text", Uint8Array.of(0xff)),
    one("abort", "a text", text("because")),
    one("abort", "nothing", zeros(0)),
    one("abort", "what is no text", Uint8Array.of(0xff)),
    one("query_chain", "nothing", zeros(0), I32),
    one("query_chain", "garbage", text("garbage"), I32),
    one("query_chain", "64 KiB", zeros(64 * KIB), I32),
    one("query_chain", "64 KiB and one", zeros(64 * KIB + 1), I32),
  ];
};

/** Each function of the host with what it takes and what it does not: the number that it returns, or how it ends the call. */
export async function hostCalls(script: Script): Promise<void> {
  for (
    const { say, called, type, args, pointer } of [
      ...storage(),
      ...addresses(),
      ...signatures(),
      ...curves(),
      ...others(),
    ]
  ) {
    const { txs } = await script.tx(`stores: ${say}`, "alice", [
      message(MsgStoreCode, {
        sender: addressOf("alice"),
        wasmByteCode: hostCall(called, type, args, pointer ?? false),
      }),
    ]);
    const code = attribute(txs[0]!.events, "store_code", "code_id");
    if (code === undefined) continue;
    const contract = await script.instantiate("alice", BigInt(code), {}, { label: "host" });
    await script.execute("alice", contract, {}, { say });
  }
}

/**
 * The part of the runs (`wasmvm_runs.ts`) that no honest contract makes: host functions with arguments that lie, and every
 * answer of cryptography, by the probe.
 * @module
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { ed25519KeyFromSeed, sha256, signEd25519 } from "../../node/core/crypto/mod.ts";
import * as probe from "./probe_contract.ts";
import type { Run } from "./wasmvm_runs.ts";

/** Enough for everything that ends. */
const GAS = 500_000_000_000;

const probing = (name: string, ...steps: readonly probe.Step[][]): Run => ({
  name,
  code: "probe",
  steps: steps.map((parts) => ({
    entry: "execute",
    args: [new Uint8Array(), new Uint8Array(), concatBytes(...parts)],
    gas: GAS,
  })),
});

/** Three numbers of a region. */
const numbers = (at: number, offset: number, capacity: number, length: number) =>
  concatBytes(probe.poke(at, offset), probe.poke(at + 4, capacity), probe.poke(at + 8, length));

const MEMORY_END = 3 * 65_536;

function hostileRegions(): Run {
  const pointers = [0, 1, 16, MEMORY_END - 12, MEMORY_END - 11, MEMORY_END, 0xffff_fff4, 0xffff_ffff];
  const regions: [number, number, number][] = [
    [0, 4, 4],
    [64, 4, 5],
    [64, 0, 0],
    [64, 70_000, 65_536],
    [64, 70_000, 65_537],
    [64, 0xffff_ffff, 0],
    [1, 0xffff_fffe, 0],
    [1, 0xffff_ffff, 0],
    [0xffff_fff0, 15, 15],
    [0xffff_fff0, 16, 16],
    [MEMORY_END, 0, 0],
    [MEMORY_END + 1, 0, 0],
    [MEMORY_END - 4, 4, 4],
    [MEMORY_END - 4, 5, 5],
    [MEMORY_END - 4, 5, 4],
    [16, 12, 12],
    [0xffff_ffff, 0, 0],
  ];
  const names = ["db_read", "addr_validate", "debug", "abort", "query_chain"];
  return probing(
    "regions that lie",
    ...pointers.map((pointer) => [probe.callHost("db_read", pointer)]),
    ...regions.flatMap((region) =>
      names
        // The mock's storage panics over an empty key where the chain's finds nothing.
        .filter((name) => name !== "db_read" || region[2] > 0)
        .map((name) => [numbers(16, ...region), probe.callHost(name, 16)])
    ),
    ...regions.map((region) => [
      numbers(16, ...region),
      probe.region(512, "cosmos1abc"),
      probe.callHost("addr_canonicalize", 512, 16),
      probe.peek(16),
      probe.peek(20),
      probe.peek(24),
      probe.peek(28),
    ]),
    ...regions.map((region) => [numbers(16, ...region), probe.region(512, "k"), probe.callHost("db_write", 512, 16)]),
  );
}

const STORAGE = probing(
  "storage and iterators",
  [probe.region(16, ""), probe.region(64, "v"), probe.callHost("db_write", 16, 64)],
  ...["a", "b", "ba", "c"].map((key) => [
    probe.region(16, key),
    probe.region(64, key === "ba" ? "" : `<${key}>`),
    probe.callHost("db_write", 16, 64),
  ]),
  [probe.region(16, "ba"), probe.callHost("db_read", 16), probe.given],
  ...[1, 2].map((order) => [
    probe.region(16, "b"),
    probe.region(64, "c"),
    probe.callHost("db_scan", 16, 64, order),
    probe.callHost("db_next", 0),
    probe.given,
    probe.callHost("db_next_key", 0),
    probe.given,
    probe.callHost("db_next_value", 0),
    probe.callHost("db_next", 0),
    probe.given,
    probe.callHost("db_next_key", 0),
  ]),
  [
    probe.callHost("db_scan", 0, 0, 2),
    probe.callHost("db_scan", 0, 0, 1),
    probe.callHost("db_next_value", 0),
    probe.given,
  ],
  [probe.callHost("db_scan", 0, 0, 0)],
  [probe.callHost("db_scan", 0, 0, 0xffff_ffff)],
  [probe.callHost("db_next", 0)],
  [probe.callHost("db_next_key", 7)],
  [probe.region(16, "b"), probe.callHost("db_remove", 16), probe.callHost("db_read", 16)],
  [probe.region(16, "none"), probe.callHost("db_remove", 16)],
  [probe.region(16, "boundary"), probe.callHost("db_scan", 16, 16, 1), probe.callHost("db_next_key", 0)],
);

const ENDS = probing(
  "ends",
  [probe.trap],
  [probe.divideByZero],
  [probe.peek(0xffff_0000)],
  [probe.put(0x0fff_0000, utf8ToBytes("x"))],
  [probe.grow(509), probe.size, probe.grow(1), probe.size],
  [probe.grow(510), probe.size],
  ...[1, 2, 3, 4].map((how) => [
    probe.region(16, "a"),
    probe.region(0x8000, "a"),
    probe.allocateWrongly(how),
    probe.callHost("addr_validate", 0x7000),
  ]),
  ...[1, 2, 3, 4].map((how) => [
    probe.region(16, "A"),
    probe.region(0x8000, "a"),
    probe.allocateWrongly(how),
    probe.callHost("addr_validate", 16),
  ]),
  [
    probe.region(16, concatBytes(utf8ToBytes("so "), Uint8Array.of(0xff, 0xc3), utf8ToBytes("é"))),
    probe.callHost("abort", 16),
  ],
);

const ADDRESSES = probing(
  "addresses",
  ...["", "abc", "ABC", "a".repeat(32), "a".repeat(33), "a".repeat(256), "a".repeat(257), "ä", "\ufeffa"].flatMap((
    text,
  ) => [
    [probe.region(16, text), probe.callHost("addr_validate", 16)],
    [probe.region(16, text), probe.room(1024, 32), probe.callHost("addr_canonicalize", 16, 1024), probe.peek(1032)],
    [probe.region(16, text), probe.room(1024, 90), probe.callHost("addr_humanize", 16, 1024), probe.peek(1032)],
  ]),
  [probe.region(16, Uint8Array.of(0xff)), probe.callHost("addr_validate", 16), probe.given],
  [
    probe.region(16, Uint8Array.of(0xed, 0xa0, 0x80)),
    probe.room(1024, 32),
    probe.callHost("addr_canonicalize", 16, 1024),
    probe.given,
  ],
  [probe.region(16, "ABC"), probe.callHost("addr_validate", 16), probe.given],
);

/** What a verifier is asked: fine, broken in each part, of the wrong length in each part, and the edges of the numbers. */
function signatures(): Run {
  const secret = sha256(utf8ToBytes("secret"));
  const hash = sha256(utf8ToBytes("message"));
  const order = { secp256k1: secp256k1.Point.Fn.ORDER, secp256r1: p256.Point.Fn.ORDER };
  const number = (value: bigint) => hexToBytes(value.toString(16).padStart(64, "0"));
  const steps: probe.Step[][] = [];
  for (const [curve, library] of [["secp256k1", secp256k1], ["secp256r1", p256]] as const) {
    const signature = library.sign(hash, secret, { prehash: false });
    const r = signature.subarray(0, 32);
    const s = BigInt("0x" + bytesToHex(signature.subarray(32)));
    const high = concatBytes(r, number(order[curve] - s));
    const keys = [library.getPublicKey(secret, true), library.getPublicKey(secret, false)];
    const zero = new Uint8Array(32);
    const odd = [
      concatBytes(zero, signature.subarray(32)),
      concatBytes(r, zero),
      concatBytes(number(order[curve]), signature.subarray(32)),
      concatBytes(r, number(order[curve])),
      new Uint8Array(64).fill(0xff),
      signature.subarray(0, 63),
      new Uint8Array(0),
    ];
    const verify = (h: Uint8Array, sig: Uint8Array, key: Uint8Array) =>
      steps.push([
        probe.region(16, h),
        probe.region(128, sig),
        probe.region(512, key),
        probe.callHost(`${curve}_verify`, 16, 128, 512),
      ]);
    for (const key of keys) for (const sig of [signature, high]) verify(hash, sig, key);
    for (const sig of odd) verify(hash, sig, keys[0]!);
    verify(sha256(hash), signature, keys[0]!);
    verify(zero, signature, keys[0]!);
    verify(hash.subarray(0, 31), signature, keys[0]!);
    verify(concatBytes(hash, zero), signature, keys[0]!);
    const off = keys[1]!.slice();
    off[64]! ^= 1;
    const flipped = keys[0]!.slice();
    flipped[0]! ^= 1;
    const none = [
      off,
      flipped,
      new Uint8Array(0),
      new Uint8Array(33),
      concatBytes(Uint8Array.of(2), new Uint8Array(32).fill(0xff)),
      concatBytes(Uint8Array.of(6), keys[1]!.subarray(1)),
      keys[1]!.subarray(0, 33),
      keys[0]!.subarray(0, 32),
      concatBytes(Uint8Array.of(2), number(5n)),
      concatBytes(Uint8Array.of(4), new Uint8Array(64)),
    ];
    for (const key of none) verify(hash, signature, key);
    for (const sig of [signature, high, ...odd]) {
      for (const parameter of [0, 1, 2, 3, 4, 255, 256, 0xffff_ffff]) {
        if (sig !== signature && sig !== high && parameter > 3) continue;
        const call = probe.callHost(`${curve}_recover_pubkey`, 16, 128, parameter);
        steps.push([probe.region(16, hash), probe.region(128, sig), call]);
        if (sig === signature && parameter < 2) {
          steps.push([probe.region(16, hash), probe.region(128, sig), call, probe.given]);
        }
      }
    }
    steps.push([
      probe.region(16, hash.subarray(1)),
      probe.region(128, signature),
      probe.callHost(`${curve}_recover_pubkey`, 16, 128, 0),
    ]);
  }
  return probing("signatures of ECDSA", ...steps);
}

const section = (bytes: Uint8Array) => {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concatBytes(bytes, length);
};
const sections = (...parts: Uint8Array[]) => concatBytes(...parts.map(section));

function edwards(): Run {
  const key = ed25519KeyFromSeed(sha256(utf8ToBytes("a")));
  const other = ed25519KeyFromSeed(sha256(utf8ToBytes("b")));
  const [one, two] = [utf8ToBytes("one"), utf8ToBytes("two")];
  const sign = (who: typeof key, text: Uint8Array) => signEd25519(who, text);
  const bad = sign(key, one).slice();
  bad[3]! ^= 1;
  const identity = new Uint8Array(32);
  identity[0] = 1;
  const steps: probe.Step[][] = [];
  const verify = (text: Uint8Array, signature: Uint8Array, publicKey: Uint8Array) =>
    steps.push([
      probe.region(16, text),
      probe.region(128, signature),
      probe.region(512, publicKey),
      probe.callHost("ed25519_verify", 16, 128, 512),
    ]);
  verify(one, sign(key, one), key.publicKey);
  verify(two, sign(key, one), key.publicKey);
  verify(one, bad, key.publicKey);
  verify(one, sign(key, one).subarray(1), key.publicKey);
  verify(one, sign(key, one), key.publicKey.subarray(1));
  verify(one, new Uint8Array(64), identity);
  verify(one, concatBytes(identity, new Uint8Array(32)), identity);
  verify(one, sign(key, one), new Uint8Array(32).fill(0xff));
  verify(new Uint8Array(), sign(key, new Uint8Array()), key.publicKey);
  const batch = (texts: Uint8Array, signatures: Uint8Array, keys: Uint8Array) =>
    steps.push([
      probe.region(16, texts),
      probe.region(1024, signatures),
      probe.region(4096, keys),
      probe.callHost("ed25519_batch_verify", 16, 1024, 4096),
    ]);
  const none = new Uint8Array();
  batch(sections(one, two), sections(sign(key, one), sign(other, two)), sections(key.publicKey, other.publicKey));
  batch(sections(one, two), sections(sign(key, two), sign(other, one)), sections(key.publicKey, other.publicKey));
  batch(sections(one, two), sections(sign(key, one), sign(key, two)), sections(key.publicKey));
  batch(sections(one), sections(sign(key, one), sign(other, one)), sections(key.publicKey, other.publicKey));
  batch(sections(one), sections(sign(key, one), bad), sections(key.publicKey, other.publicKey));
  batch(none, none, none);
  batch(sections(one), none, none);
  batch(none, none, sections(key.publicKey));
  batch(none, sections(sign(key, one)), none);
  batch(sections(one, two), sections(sign(key, one)), sections(key.publicKey));
  batch(sections(one), sections(sign(key, one).subarray(1)), sections(key.publicKey));
  batch(sections(one), sections(sign(key, one)), sections(key.publicKey.subarray(1)));
  batch(sections(one, two), sections(bad.subarray(1), bad), sections(new Uint8Array(1), key.publicKey));
  batch(Uint8Array.of(1), sections(sign(key, one)), sections(key.publicKey));
  batch(Uint8Array.of(0, 0, 0, 5), sections(sign(key, one)), sections(key.publicKey));
  return probing("signatures of ed25519", ...steps);
}

function bls(): Run {
  const { G1, G2 } = bls12_381;
  const g1 = [1n, 2n, 3n].map((k) => G1.Point.BASE.multiply(k).toBytes(true));
  const g2 = [1n, 2n, 3n].map((k) => G2.Point.BASE.multiply(k).toBytes(true));
  const zero1 = G1.Point.ZERO.toBytes(true);
  const zero2 = G2.Point.ZERO.toBytes(true);
  const changed = (bytes: Uint8Array, at: number, bits: number) =>
    bytes.map((byte, i) => i === at ? byte ^ bits : byte);
  const steps: probe.Step[][] = [];
  const aggregate = (name: string, points: Uint8Array, capacity: number) =>
    steps.push([
      probe.region(1024, points),
      probe.room(16, capacity),
      probe.callHost(name, 1024, 16),
      probe.peek(24),
      ...[28, 32, 40, 72, 120].map(probe.peek),
    ]);
  const bad1 = [
    changed(g1[0]!, 0, 0x80),
    changed(g1[0]!, 0, 0x40),
    changed(g1[0]!, 0, 0x20),
    changed(g1[0]!, 47, 1),
    changed(zero1, 47, 1),
    changed(zero1, 0, 0x20),
    new Uint8Array(48),
    new Uint8Array(48).fill(0xff),
    g1[0]!.subarray(1),
  ];
  const bad2 = [
    changed(g2[0]!, 0, 0x80),
    changed(g2[0]!, 95, 1),
    changed(zero2, 95, 1),
    new Uint8Array(96).fill(0xff),
    g2[0]!.subarray(1),
  ];
  // On the curve, but not in the subgroup: x = 4 of G1.
  bad1.push(concatBytes(Uint8Array.of(0x80), new Uint8Array(46), Uint8Array.of(4)));
  for (
    const points of [
      [],
      [g1[0]!],
      g1,
      [g1[0]!, zero1],
      [zero1],
      [g1[0]!, G1.Point.BASE.negate().toBytes(true)],
      ...bad1.map((one) => [g1[1]!, one]),
    ]
  ) {
    aggregate("bls12_381_aggregate_g1", concatBytes(...points), 48);
  }
  for (const points of [[], [g2[0]!], g2, [g2[0]!, zero2], [zero2], ...bad2.map((one) => [g2[1]!, one])]) {
    aggregate("bls12_381_aggregate_g2", concatBytes(...points), 96);
  }
  aggregate("bls12_381_aggregate_g1", g1[0]!, 47);
  const pairing = (ps: Uint8Array[], qs: Uint8Array[], r: Uint8Array, s: Uint8Array) =>
    steps.push([
      probe.region(1024, concatBytes(...ps)),
      probe.region(2048, concatBytes(...qs)),
      probe.region(64, r),
      probe.region(256, s),
      probe.callHost("bls12_381_pairing_equality", 1024, 2048, 64, 256),
    ]);
  const [a, b, c] = g1 as [Uint8Array, Uint8Array, Uint8Array];
  const [x, y, z] = g2 as [Uint8Array, Uint8Array, Uint8Array];
  pairing([a], [x], a, x);
  pairing([b], [x], a, y);
  pairing([b], [x], a, x);
  pairing([a, a], [x, y], c, x);
  pairing([a, a], [x, y], a, z);
  pairing([], [], zero1, x);
  pairing([], [], a, x);
  pairing([zero1], [x], a, zero2);
  pairing([a], [zero2], zero1, zero2);
  pairing([a.subarray(1)], [x], a, x);
  pairing([a], [x.subarray(1)], a, x);
  pairing([a], [], a, x);
  pairing([a], [x], a.subarray(1), x);
  pairing([a], [x], a, x.subarray(1));
  for (const bad of bad1.filter((one) => one.length === 48)) pairing([a], [x], bad, x);
  const hash = (name: string, hashFunction: number, message: string, tag: string, capacity: number) =>
    steps.push([
      probe.region(1024, message),
      probe.region(4096, tag),
      probe.room(16, capacity),
      probe.callHost(name, hashFunction, 1024, 4096, 16),
      probe.peek(24),
      ...[28, 32, 40, 72, 120].map(probe.peek),
    ]);
  for (const [name, capacity] of [["bls12_381_hash_to_g1", 48], ["bls12_381_hash_to_g2", 96]] as const) {
    for (
      const tag of [
        "QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_",
        "",
        "t",
        "t".repeat(255),
        "t".repeat(256),
        "t".repeat(3000),
      ]
    ) {
      hash(name, 0, "abc", tag, capacity);
    }
    hash(name, 0, "", "tag", capacity);
    hash(name, 1, "abc", "tag", capacity);
    hash(name, 0, "abc", "tag", capacity - 1);
  }
  return probing("BLS12-381", ...steps);
}

/** All of them. */
export const probeRuns = (): readonly Run[] => [
  hostileRegions(),
  STORAGE,
  ENDS,
  ADDRESSES,
  signatures(),
  edwards(),
  bls(),
];

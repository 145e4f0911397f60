import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { testKey } from "../../../tests/helpers/light_chain.ts";
import { compareBytes, utf8ToBytes } from "../bytes.ts";
import { decodeStrict, encode } from "../codec/mod.ts";
import { sha256, signEd25519 } from "../crypto/mod.ts";
import {
  assembleAttestation,
  type Attestation,
  type AttestationHeader,
  AttestationHeaderCodec,
  attestationsConflict,
  attestationSignBytes,
  type Attestors,
  checkAttestation,
  checkAttestorKeys,
  checkAttestors,
  signAttestation,
} from "./mod.ts";

const KEYS = [0, 1, 2, 3, 4].map(testKey).sort((a, b) => compareBytes(a.publicKey, b.publicKey));
const FIVE: Attestors = { keys: KEYS.map(({ publicKey }) => publicKey), threshold: 3 };
const ONE: Attestation = { height: 7n, timestamp: 1_000n, root: sha256(utf8ToBytes("root")) };

/** `ONE`, or what is given, signed by the keys with these numbers. */
const signed = (by: readonly number[], attestation: Attestation = ONE, chainId = "chain-1"): AttestationHeader => ({
  ...attestation,
  signatures: by.map((index) => ({ index, signature: signAttestation(chainId, attestation, KEYS[index]!) })),
});
const code = (header: AttestationHeader, attestors = FIVE, chainId = "chain-1") => {
  const result = checkAttestation(chainId, attestors, header);
  return result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;
};

Deno.test("the bytes that are signed are those of the table, to the bit", () => {
  const domain = utf8ToBytes("catenary/attestation/v1\0").toHex();
  const fixed = { height: 258n, timestamp: 3n, root: Uint8Array.of(0xaa, 0xbb) };
  const head = `${domain}03612d310000000000000102000000000000000302aabb`;
  assertEquals(attestationSignBytes("a-1", fixed).toHex(), `${head}0000`);
  const nextAttestors = { keys: [new Uint8Array(32).fill(0xcc)], threshold: 1 };
  assertEquals(attestationSignBytes("a-1", { ...fixed, nextAttestors }).toHex(), `${head}0101${"cc".repeat(32)}`);
});

Deno.test("threshold many signatures are enough, and one fewer is not, whoever signs", () => {
  fc.assert(fc.property(fc.subarray([0, 1, 2, 3, 4]), fc.integer({ min: 1, max: 5 }), (by, threshold) => {
    const expected = by.length >= threshold ? "ok" : "10-attestation/4";
    assertEquals(code(signed(by), { ...FIVE, threshold }), expected);
  }));
});

Deno.test("nobody counts twice, and a wrong signature spoils the lot", () => {
  const [a, b, c] = signed([0, 1, 2]).signatures as [never, never, never];
  const of = (signatures: AttestationHeader["signatures"]) => code({ ...ONE, signatures });
  assertEquals(of([a, b, c]), "ok");
  assertEquals(of([a, a, b]), "10-attestation/3");
  assertEquals(of([b, a, c]), "10-attestation/3");
  const as = (index: number, signature: Uint8Array) => ({ index, signature });
  const { signature } = a as { signature: Uint8Array };
  assertEquals(of([as(0, signature), as(1, signature), as(2, signature)]), "10-attestation/4");
  assertEquals(of([a, b, c, as(3, new Uint8Array(64))]), "10-attestation/4");
  assertEquals(of([a, b, c, as(5, signature)]), "10-attestation/4");
  assertEquals(of([a, b, c, as(128, signature)]), "10-attestation/3");
  assertEquals(of([a, b, as(2, signature.subarray(1))]), "10-attestation/3");
});

Deno.test("a signature is good for one chain, height, time, root and next attestors", () => {
  const header = signed([0, 1, 2]);
  assertEquals(code(header, FIVE, "chain-2"), "10-attestation/4");
  const nextAttestors = { keys: FIVE.keys.slice(0, 1), threshold: 1 };
  for (const change of [{ height: 8n }, { timestamp: 1_001n }, { root: sha256(utf8ToBytes("x")) }, { nextAttestors }]) {
    assertEquals(code({ ...header, ...change }), "10-attestation/4");
    assertEquals(code(signed([0, 1, 2], { ...ONE, ...change })), "ok");
  }
  for (const change of [{ height: 0n }, { timestamp: 0n }, { root: new Uint8Array() }, { root: new Uint8Array(65) }]) {
    assertEquals(code({ ...header, ...change }), "10-attestation/3");
  }
  assertEquals(code({ ...header, nextAttestors: { keys: [], threshold: 0 } }), "10-attestation/2");
});

Deno.test("attestors are sorted, each once, and their threshold is one of them", () => {
  const keys = FIVE.keys;
  const table: [expected: boolean, attestors: Attestors][] = [
    [true, FIVE],
    [true, { keys: keys.slice(0, 1), threshold: 1 }],
    [false, { keys, threshold: 0 }],
    [false, { keys, threshold: 6 }],
    [false, { keys: [], threshold: 0 }],
    [false, { keys: [keys[0]!, keys[0]!], threshold: 1 }],
    [false, { keys: [keys[1]!, keys[0]!], threshold: 1 }],
    [false, { keys: [new Uint8Array(31)], threshold: 1 }],
    [false, { keys: Array.from({ length: 129 }, (_, i) => new Uint8Array(32).fill(i)), threshold: 1 }],
  ];
  for (const [expected, attestors] of table) assertEquals(checkAttestors(attestors).ok, expected);
});

Deno.test("a key for which anybody can sign is no attestor", () => {
  assert(checkAttestorKeys(FIVE).ok);
  const y = (first: number, last = 0) => Uint8Array.of(first, ...new Uint8Array(30), last);
  // The identity, a point of order 2 to 8, a key that is on no curve, and one that is not in its one encoding.
  const small = ["00", "01", "ec", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"];
  const bad = [y(0), y(1), y(2), Uint8Array.fromHex(small[3]!), new Uint8Array(32).fill(0xff)];
  for (const key of bad) assert(!checkAttestorKeys({ keys: [key], threshold: 1 }).ok, key.toHex());
});

Deno.test("two attestations conflict at one height, or when time does not go forward", () => {
  const other = { ...ONE, root: sha256(utf8ToBytes("x")) };
  assert(attestationsConflict(ONE, other));
  assert(attestationsConflict(ONE, { ...ONE, timestamp: 999n }));
  assert(attestationsConflict(ONE, { ...ONE, nextAttestors: FIVE }));
  assert(!attestationsConflict(ONE, { ...ONE }));
  assert(attestationsConflict({ ...ONE, height: 8n }, ONE));
  assert(!attestationsConflict({ ...ONE, height: 8n, timestamp: 1_001n }, ONE));
});

Deno.test("gathered signatures are put in the order of the attestors, without those of strangers", () => {
  const stranger = testKey(9);
  const gathered = [KEYS[4]!, stranger, KEYS[0]!, KEYS[2]!].map((key) => ({
    publicKey: key.publicKey,
    signature: signEd25519(key, attestationSignBytes("chain-1", ONE)),
  }));
  const header = assembleAttestation(FIVE, ONE, gathered);
  assertEquals(header.signatures.map(({ index }) => index), [0, 2, 4]);
  assertEquals(code(header), "ok");
});

Deno.test("a header comes back from its bytes, and no bytes make the decoder throw", () => {
  const header = signed([0, 3, 4], { ...ONE, nextAttestors: FIVE });
  const bytes = encode(AttestationHeaderCodec, header);
  assertEquals(decodeStrict(AttestationHeaderCodec, bytes, "header", 10_000), { ok: true, value: header });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(bytes.length), (noise, at) => {
    for (const hostile of [noise, Uint8Array.of(...bytes.subarray(0, at), ...noise, ...bytes.subarray(at))]) {
      const decoded = decodeStrict(AttestationHeaderCodec, hostile, "header", 10_000);
      if (decoded.ok) {
        assert(["ok", "10-attestation/2", "10-attestation/3", "10-attestation/4"].includes(code(decoded.value)));
      }
    }
  }));
});

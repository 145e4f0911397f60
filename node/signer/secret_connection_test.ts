import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { x25519 } from "@noble/curves/ed25519.js";
import { concatBytes, hexToBytes } from "../core/bytes.ts";
import { ed25519KeyFromSeed } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import golden from "../../tests/vectors/cometbft/secret_connection.json" with { type: "json" };
import { linkPair, type MemoryLink } from "./_testing.ts";
import { delimited, LinkReader } from "./link.ts";
import {
  deriveSecrets,
  FRAME_DATA_BYTES_MAX,
  nonceOf,
  SEALED_FRAME_BYTES,
  secretConnection,
  type SecretLink,
  sharedSecret,
} from "./secret_connection.ts";

const [ALICE, BOB] = [1, 2].map((byte) => ed25519KeyFromSeed(new Uint8Array(32).fill(byte))) as [
  ReturnType<typeof ed25519KeyFromSeed>,
  ReturnType<typeof ed25519KeyFromSeed>,
];
const EPHEMERAL = new Uint8Array(32).fill(3);

const connected = async (size?: () => number): Promise<[SecretLink, SecretLink, MemoryLink, MemoryLink]> => {
  const [left, right] = linkPair(size);
  const [a, b] = await Promise.all([secretConnection(left, ALICE), secretConnection(right, BOB)]);
  return [a, b, left, right];
};

Deno.test("deriveSecrets() gives the keys of CometBFT's golden file", () => {
  for (const { shared, localIsLower, receive, send } of golden) {
    const secrets = deriveSecrets(hexToBytes(shared), localIsLower);
    assertEquals([secrets.receive.toHex(), secrets.send.toHex()], [receive, send]);
  }
  assertEquals(golden.length, 32);
});

Deno.test("two ends of a secret connection learn each other's key and understand each other, however the stream is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 5 }),
      fc.nat(3000),
      async (sent, cut) => {
        const [a, b] = await connected(() => cut + 1);
        assertEquals(a.peerKey, BOB.publicKey);
        assertEquals(b.peerKey, ALICE.publicKey);
        for (const [from, to] of [[a, b], [b, a]] as const) {
          const reader = new LinkReader(to);
          for (const message of sent) await from.write(delimited(message));
          for (const message of sent) assertEquals(await reader.message(5000), message);
        }
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("a frame on the wire shows neither content nor length", async () => {
  const [a, b, left] = await connected();
  left.written.length = 0;
  for (const length of [1, FRAME_DATA_BYTES_MAX]) await a.write(new Uint8Array(length).fill(7));
  assertEquals(left.written.map((bytes) => bytes.length), [SEALED_FRAME_BYTES, SEALED_FRAME_BYTES]);
  assert(!left.written[0]!.toHex().includes("0707070707070707"));
  assertEquals((await b.read())?.length, 1);
});

// Small-order points of Curve25519 and their non-canonical twins (cr.yp.to/ecdh.html, RFC 7748 section 7).
const LOW_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
].map(hexToBytes);

Deno.test("sharedSecret() refuses every point of low order", () => {
  for (const point of LOW_ORDER) assertThrows(() => sharedSecret(EPHEMERAL, point), IoError, "low order");
  assertEquals(sharedSecret(EPHEMERAL, x25519.getPublicKey(new Uint8Array(32).fill(9))).length, 32);
});

Deno.test("a handshake refuses what is no handshake, and says what was wrong", async () => {
  const own = x25519.getPublicKey(EPHEMERAL);
  const ephemeral = (bytes: Uint8Array) => delimited(concatBytes(Uint8Array.of(0x0a, bytes.length), bytes));
  const cases: [string, Uint8Array][] = [
    ["low order", ephemeral(LOW_ORDER[4]!)],
    ["repeats our ephemeral key", ephemeral(own)],
    ["has not 32 bytes", ephemeral(own.subarray(1))],
    ["has not 32 bytes", Uint8Array.of(0)],
    ["canonical", Uint8Array.of(2, 0x10, 5)],
    ["limit 64", Uint8Array.of(0xff, 0xff, 0x7f)],
    ["does not end", new Uint8Array(5).fill(0xff)],
    ["hung up", new Uint8Array()],
    ["ended in its length", Uint8Array.of(0x80)],
    ["ended after", Uint8Array.of(34, 1, 2)],
    ["was not sealed by the other side", concatBytes(ephemeral(ALICE.publicKey), new Uint8Array(SEALED_FRAME_BYTES))],
    ["ended after", concatBytes(ephemeral(ALICE.publicKey), new Uint8Array(SEALED_FRAME_BYTES - 1))],
  ];
  for (const [reason, bytes] of cases) {
    const [left, right] = linkPair();
    await right.write(bytes);
    right.close();
    // The other side has hung up, so writing must not be what fails.
    const link = { read: () => left.read(), write: () => Promise.resolve(), close: () => left.close() };
    await assertRejects(() => secretConnection(link, ALICE, EPHEMERAL), IoError, reason);
  }
});

/** A man in the middle that passes on all he gets, with the change of his choice. */
async function between(
  change: (bytes: Uint8Array, nth: number) => Uint8Array[],
): Promise<PromiseSettledResult<unknown>[]> {
  const [a, toA] = linkPair();
  const [b, toB] = linkPair();
  const pump = async (from: MemoryLink, to: MemoryLink, changes: boolean) => {
    const reader = new LinkReader(from);
    for (let nth = 0;; nth++) {
      const bytes = nth === 0 ? await reader.exact(35) : await reader.exact(SEALED_FRAME_BYTES);
      if (bytes === undefined) return;
      for (const part of changes ? change(bytes, nth) : [bytes]) await to.write(part);
    }
  };
  const pumps = [pump(toA, toB, true), pump(toB, toA, false)].map((done) => done.catch(() => {}));
  const ends = [secretConnection(a, ALICE), secretConnection(b, BOB)].map(async (end, index) => {
    try {
      const link = await end;
      if (index === 0) {
        await link.write(Uint8Array.of(1));
        await link.write(Uint8Array.of(2));
        // Nothing comes from the other side.
        return link;
      }
      const got = [await link.read(), await link.read()];
      assertEquals(got, [Uint8Array.of(1), Uint8Array.of(2)]);
      return link;
    } finally {
      if (index === 1) { for (const link of [a, b, toA, toB]) link.close(); }
    }
  });
  const settled = await Promise.allSettled(ends);
  await Promise.all(pumps);
  return settled;
}

Deno.test("a man in the middle who changes, repeats, drops or swaps anything is noticed", async () => {
  assertEquals((await between((bytes) => [bytes])).map(({ status }) => status), ["fulfilled", "fulfilled"]);
  const flip = (bytes: Uint8Array, at: number) => bytes.with(at, bytes[at]! ^ 1);
  let kept: Uint8Array | undefined;
  const attacks: ((bytes: Uint8Array, nth: number) => Uint8Array[])[] = [
    (bytes, nth) => [nth === 0 ? flip(bytes, 20) : bytes],
    (bytes, nth) => [nth === 1 ? flip(bytes, 0) : bytes],
    (bytes, nth) => [nth === 2 ? flip(bytes, SEALED_FRAME_BYTES - 1) : bytes],
    (bytes, nth) => nth === 2 ? [bytes, bytes] : [bytes],
    (bytes, nth) => nth === 2 ? [] : [bytes],
    (bytes, nth) => {
      if (nth === 2) return kept = bytes, [];
      return nth === 3 ? [bytes, kept!] : [bytes];
    },
  ];
  for (const attack of attacks) assertEquals((await between(attack))[1]!.status, "rejected");
});

Deno.test("a man in the middle with keys of his own is seen to be another", async () => {
  const [a, toA] = linkPair();
  const [b, toB] = linkPair();
  const eve = ed25519KeyFromSeed(new Uint8Array(32).fill(66));
  const [alice, bob] = await Promise.all([
    secretConnection(a, ALICE),
    secretConnection(b, BOB),
    secretConnection(toA, eve),
    secretConnection(toB, eve),
  ]);
  assertEquals([alice!.peerKey, bob!.peerKey], [eve.publicKey, eve.publicKey]);
});

Deno.test("a key is believed only from who can sign with it, and a key of low order from nobody", async () => {
  const eve = new Uint8Array(32).fill(66);
  const identity = new Uint8Array(32).with(0, 1);
  const cases = [
    ["did not sign the challenge", { seed: eve, publicKey: BOB.publicKey }],
    ["is no proper ed25519 key", { seed: eve, publicKey: identity }],
  ] as const;
  for (const [reason, claimed] of cases) {
    const [left, right] = linkPair();
    const pretending = secretConnection(right, claimed);
    await assertRejects(() => secretConnection(left, ALICE), IoError, reason);
    await pretending;
  }
});

Deno.test("nonces are numbers in order that never come again", () => {
  assertEquals(nonceOf(0n).toHex(), "000000000000000000000000");
  assertEquals(nonceOf(258n).toHex(), "000000000201000000000000");
  assertEquals(nonceOf((1n << 64n) - 1n).toHex(), "00000000ffffffffffffffff");
  assertThrows(() => nonceOf(1n << 64n), IoError, "used up");
});

Deno.test("random bytes never make a secret connection, nor more than an IoError [fuzz]", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 4000 }), fc.boolean(), async (bytes, proper) => {
      const [left, right] = linkPair();
      const head = proper ? concatBytes(Uint8Array.of(34, 0x0a, 32), ALICE.publicKey) : new Uint8Array();
      await right.write(concatBytes(head, bytes));
      right.close();
      const link = { read: () => left.read(), write: () => Promise.resolve(), close: () => left.close() };
      await assertRejects(() => secretConnection(link, ALICE, EPHEMERAL), IoError);
    }),
    { numRuns: 300 },
  );
});

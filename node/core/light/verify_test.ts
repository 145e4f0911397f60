import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { Commit, Header } from "cosmjs-types/tendermint/types/types";
import {
  makeLightBlock,
  type Member,
  membersOf,
  sealHeader,
  testKey,
  type WholeLightBlock,
} from "../../../tests/helpers/light_chain.ts";
import {
  checkLightBlock,
  checkSealed,
  LIGHT_CODE,
  type LightBlock,
  type LightOptions,
  verifyLightBlock,
} from "./mod.ts";

const SECOND = 1_000_000_000n;
const HOUR = 3600n * SECOND;
const HOUR_MS = 3_600_000;
const CHAIN = "light-chain";
/** 2006-01-02T15:04:05Z, as in CometBFT's tests. */
const BIRTH = 1_136_214_245n * SECOND;
const THIRD = { numerator: 1n, denominator: 3n };

const OPTIONS: LightOptions = {
  trustLevel: THIRD,
  trustingPeriodMs: 3 * HOUR_MS,
  clockDriftMs: 10_000,
  now: BIRTH + 2n * HOUR,
};

/** Powers 20, 30, 40, 50: the first three are not more than two thirds, the last three are. */
const members = membersOf([0, 1, 2, 3], (index) => 20n + 10n * BigInt(index));
const small = membersOf([0, 1, 2, 3], (index) => 10n + BigInt(index));
const trusted = makeLightBlock({ chainId: CHAIN, height: 1n, time: BIRTH, members, next: members });

interface Row {
  chainId?: string;
  height?: bigint;
  after?: bigint;
  signers?: readonly Member[];
  members?: readonly Member[];
  next?: readonly Member[];
}

const later = ({ chainId = CHAIN, height = 2n, after = HOUR, next = members, ...rest }: Row): WholeLightBlock =>
  makeLightBlock({ chainId, height, time: BIRTH + after, members, next, ...rest });

/** The code of the refusal; 0 for success. */
function codeOf(untrusted: LightBlock, options: Partial<LightOptions> = {}, from: LightBlock = trusted): number {
  const result = checkLightBlock(from, untrusted, { ...OPTIONS, ...options });
  return result.ok ? 0 : result.error.code;
}

Deno.test("a neighbour is verified as in CometBFT's TestVerifyAdjacentHeaders", () => {
  const rows: [block: LightBlock, code: number, options?: Partial<LightOptions>][] = [
    [trusted, LIGHT_CODE.height],
    [later({ chainId: "different-chainID" }), LIGHT_CODE.chain],
    [later({ after: -HOUR }), LIGHT_CODE.time],
    [later({ after: 3n * HOUR }), LIGHT_CODE.future],
    [later({ after: 2n * HOUR + 10n * SECOND - 1_000_000n }), 0],
    [later({}), 0],
    [later({ signers: members.slice(1) }), 0],
    [later({ signers: members.slice(3) }), LIGHT_CODE.commit],
    [later({ members: small }), LIGHT_CODE.nextValidators],
    [{ ...later({}), validatorSet: later({ members: small }).validatorSet }, LIGHT_CODE.validators],
    [later({}), LIGHT_CODE.expired, { trustingPeriodMs: HOUR_MS, now: BIRTH + HOUR }],
  ];
  for (const [index, [block, code, options]] of rows.entries()) assertEquals(codeOf(block, options), code, `${index}`);
});

Deno.test("a far header is verified as in CometBFT's TestVerifyNonAdjacentHeaders", () => {
  const part = (from: number, to: number) => ({ members: members.slice(from, to), next: members.slice(from, to) });
  const rows: [block: LightBlock, code: number][] = [
    [later({ height: 3n }), 0],
    [later({ height: 4n, signers: members.slice(1) }), 0],
    [later({ height: 5n, signers: members.slice(3) }), LIGHT_CODE.commit],
    [later({ height: 5n, ...part(1, 4) }), 0],
    [later({ height: 5n, ...part(3, 4) }), 0],
    [later({ height: 5n, ...part(0, 1) }), LIGHT_CODE.notEnoughTrust],
  ];
  for (const [index, [block, code]] of rows.entries()) assertEquals(codeOf(block), code, `${index}`);
});

Deno.test("verifyLightBlock() says success, not_enough_trust or invalid, with a reason unless it is success", () => {
  const one = members.slice(0, 1);
  assertEquals(verifyLightBlock(trusted, later({}), OPTIONS), { verdict: "success", reason: "" });
  const far = verifyLightBlock(trusted, later({ height: 9n, members: one, next: one }), OPTIONS);
  assertEquals(far.verdict, "not_enough_trust");
  assertStringIncludes(far.reason, "20 of 140 signed");
  const foreign = verifyLightBlock(trusted, later({ chainId: "other" }), OPTIONS);
  assertEquals(foreign, {
    verdict: "invalid",
    reason: "verify light block: the header belongs to another chain",
  });
});

Deno.test("time limits are exact to the nanosecond", () => {
  const block = later({});
  const now = BIRTH + HOUR;
  assertEquals(codeOf(block, { now, clockDriftMs: 0 }), LIGHT_CODE.future, "not before now");
  assertEquals(codeOf(block, { now: now + 1n, clockDriftMs: 0 }), 0);
  assertEquals(codeOf(block, { now: now + 1n, trustingPeriodMs: HOUR_MS }), LIGHT_CODE.expired);
  assertEquals(codeOf(block, { now: BIRTH + 2n * HOUR - 1n, trustingPeriodMs: 2 * HOUR_MS }), 0);
  assertEquals(codeOf(block, { now: BIRTH + 2n * HOUR, trustingPeriodMs: 2 * HOUR_MS }), LIGHT_CODE.expired);
  assertEquals(codeOf(later({ after: 1n }), {}), 0);
  assertEquals(codeOf(later({ after: 0n }), {}), LIGHT_CODE.time);
});

Deno.test("now may be said in every usual way", () => {
  const ms = Number((BIRTH + 2n * HOUR) / 1_000_000n);
  const seconds = (BIRTH + 2n * HOUR) / SECOND;
  const instants = [BIRTH + 2n * HOUR, ms, new Date(ms), { seconds, nanos: 0 }, new Date(ms).toISOString()];
  const [edge, beyond] = [
    later({ after: 2n * HOUR + 10n * SECOND - 1n }),
    later({ after: 2n * HOUR + 10n * SECOND }),
  ];
  for (const now of instants) {
    assertEquals([codeOf(edge, { now }), codeOf(beyond, { now })], [0, LIGHT_CODE.future], String(now));
  }
});

Deno.test("options without sense are refused", () => {
  const bad: Partial<LightOptions>[] = [
    ...[[0n, 1n], [1n, 0n], [1n, 4n], [2n, 1n], [-1n, -1n], [1.5, 2]].map(([numerator, denominator]) => ({
      trustLevel: { numerator: numerator!, denominator: denominator! },
    })),
    { trustingPeriodMs: 0 },
    { trustingPeriodMs: NaN },
    { trustingPeriodMs: Infinity },
    { clockDriftMs: -1 },
    { clockDriftMs: NaN },
    { now: NaN },
    { now: new Date(NaN) },
    { now: "yesterday" },
    { now: { seconds: 1n, nanos: 0.5 } },
  ];
  for (const options of bad) assertEquals(codeOf(later({}), options), LIGHT_CODE.options, Object.keys(options).join());
  for (const level of [THIRD, { numerator: 1, denominator: 2 }, { numerator: 2n, denominator: 3 }]) {
    assertEquals(codeOf(later({ height: 5n }), { trustLevel: level }), 0);
  }
});

Deno.test("the trust level decides about skipping, and not about neighbours", () => {
  const three = members.slice(1); // 120 of 140
  const block = (height: bigint) => later({ height, members: three, next: three });
  assertEquals(codeOf(block(5n), { trustLevel: { numerator: 5n, denominator: 6n } }), 0);
  assertEquals(codeOf(block(5n), { trustLevel: { numerator: 6n, denominator: 7n } }), LIGHT_CODE.notEnoughTrust);
  const all = { numerator: 1n, denominator: 1n };
  assertEquals(codeOf(later({ height: 2n }), { trustLevel: all }), 0);
  assertEquals(
    codeOf(later({ height: 3n }), { trustLevel: all }),
    LIGHT_CODE.notEnoughTrust,
    "nothing is more than all",
  );
});

Deno.test("skipping rests on the trusted block's next validators, or on its own when those are not given", () => {
  const from = makeLightBlock({ chainId: CHAIN, height: 1n, time: BIRTH, members, next: small });
  const { signedHeader, validatorSet, nextValidatorSet } = from;
  const block = later({ height: 4n });
  assertEquals(codeOf(block, {}, { signedHeader, nextValidatorSet }), 0);
  assertEquals(codeOf(block, {}, { signedHeader, validatorSet }), 0);
  assertEquals(codeOf(block, {}, { signedHeader, nextValidators: nextValidatorSet.validators }), 0, "as a list");
  assertEquals(codeOf(block, {}, { signedHeader }), LIGHT_CODE.validators, "neither");
  const strangers = makeLightBlock({ chainId: CHAIN, height: 1n, time: BIRTH, members: membersOf([7]), next: members });
  assertEquals(codeOf(block, {}, { signedHeader, nextValidatorSet: strangers.validatorSet }), LIGHT_CODE.validators);
  assertEquals(
    codeOf(later({ members: small }), {}, { signedHeader: { header: signedHeader.header } }),
    0,
    "a neighbour",
  );
});

Deno.test("next validators that come with a block must be those it names, or nobody", () => {
  const block = later({});
  const { signedHeader, validatorSet } = block;
  assertEquals(codeOf({ signedHeader, validatorSet }), 0);
  assertEquals(codeOf({ ...block, nextValidatorSet: { validators: [] } }), 0);
  assertEquals(
    codeOf({ ...block, nextValidatorSet: later({ members: small }).validatorSet }),
    LIGHT_CODE.nextValidators,
  );
});

Deno.test("validators may come in any order and without addresses", () => {
  const block = later({});
  const validators = block.validatorSet.validators.toReversed().map(({ pubKey, votingPower }) => ({
    pubKey,
    votingPower,
  }));
  assertEquals(codeOf({ signedHeader: block.signedHeader, validators }), 0);
  const forged = block.validatorSet.validators.map((validator) => ({ ...validator, address: new Uint8Array(20) }));
  assertEquals(codeOf({ signedHeader: block.signedHeader, validators: forged }), LIGHT_CODE.validators);
});

Deno.test("an absent signature may have Go's zero time or the epoch, and nothing else", () => {
  const block = later({ signers: members.slice(1) });
  const absent = block.signedHeader.commit.signatures.find(({ blockIdFlag }) => blockIdFlag === 1)!;
  assertEquals(codeOf(block), 0);
  absent.timestamp = { seconds: 0n, nanos: 0 };
  assertEquals(codeOf(block), 0);
  absent.timestamp = { seconds: 1n, nanos: 0 };
  assertEquals(codeOf(block), LIGHT_CODE.malformed);
});

Deno.test("checkSealed() wants a block whole and sealed by its own validators", () => {
  assert(checkSealed(trusted).ok);
  assert(!checkSealed({ ...trusted, validatorSet: later({ members: small }).validatorSet }).ok);
  assert(!checkSealed(later({ signers: members.slice(0, 3) })).ok, "90 of 140");
  assert(!checkSealed({}).ok);
});

/** Every path to a leaf (bytes, number, bigint, string) of a value. */
function leaves(value: unknown, path: readonly string[] = []): string[][] {
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return [[...path]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function tampered(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return value.length === 0 ? Uint8Array.of(1) : value.map((byte, i) => i === 0 ? byte ^ 1 : byte);
  }
  if (typeof value === "bigint") return value + 1n;
  if (typeof value === "number") return value + 1;
  return `${value}x`;
}

/** A deep copy in which the leaf at `path` is another. */
function tamperAt(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return tampered(value);
  if (Array.isArray(value)) return value.map((item, i) => String(i) === key ? tamperAt(item, rest) : item);
  const record = value as Record<string, unknown>;
  return { ...record, [key]: tamperAt(record[key], rest) };
}

Deno.test("every field of a block that is changed alone makes it invalid", () => {
  const four = membersOf([0, 1, 2]);
  const from = makeLightBlock({ chainId: CHAIN, height: 1n, time: BIRTH, members: four, next: four });
  for (const height of [2n, 7n]) {
    // Three equal validators: no signature can be spared.
    const block = makeLightBlock({ chainId: CHAIN, height, time: BIRTH + HOUR, members: four, next: four });
    assertEquals(codeOf(block, {}, from), 0);
    const paths = leaves(block).filter((path) => path.at(-1) !== "proposerPriority");
    assert(paths.length > 50);
    for (const path of paths) {
      const changed = tamperAt(block, path) as LightBlock;
      const { verdict } = verifyLightBlock(from, changed, OPTIONS);
      const nextAddress = path[0] === "nextValidatorSet" && path.at(-2) !== "pubKey" && path.at(-1) === "address";
      assertEquals(verdict, nextAddress ? "success" : "invalid", `${height}: ${path.join(".")}`);
    }
  }
});

const memberships = fc.uniqueArray(fc.record({ index: fc.nat(7), power: fc.bigInt(1n, 100n) }), {
  minLength: 1,
  maxLength: 6,
  selector: ({ index }) => index,
}).map((list) => list.map(({ index, power }): Member => ({ key: testKey(index), power })));

const powerOf = (list: readonly Member[]) => list.reduce((sum, { power }) => sum + power, 0n);

Deno.test("over generated chains the verdict is that of counting the voting powers", () => {
  fc.assert(
    fc.property(
      memberships,
      memberships,
      fc.bigInt(2n, 4n),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      (before, after, height, signs) => {
        const from = makeLightBlock({ chainId: CHAIN, height: 1n, time: BIRTH, members: before, next: before });
        const current = height === 2n ? before : after;
        const signers = current.filter((_, i) => signs[i]!);
        const block = makeLightBlock({
          chainId: CHAIN,
          height,
          time: BIRTH + HOUR,
          members: current,
          next: after,
          signers,
        });
        const known = before.filter(({ key }) => signers.some((signer) => signer.key === key));
        const isTrusted = height === 2n || powerOf(known) * 3n > powerOf(before);
        const isSealed = powerOf(signers) * 3n > powerOf(current) * 2n;
        const expected = !isTrusted ? "not_enough_trust" : isSealed ? "success" : "invalid";
        assertEquals(verifyLightBlock(from, block, OPTIONS).verdict, expected);
      },
    ),
    { numRuns: 150 },
  );
});

const odd = fc.oneof(
  fc.constantFrom(undefined, null, NaN, -1, 1.5, 2 ** 40, "", "\ud800", -1n, 2n ** 63n, 2n ** 70n, [], {}, [null], [
    {},
  ]),
  fc.uint8Array({ maxLength: 40 }),
  fc.anything({ maxDepth: 2, withBigInt: true, withTypedArray: true }),
);

/** A deep copy in which what is at `path` is `other`. */
function replaceAt(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  if (Array.isArray(value)) return value.map((item, i) => String(i) === key ? replaceAt(item, rest, other) : item);
  const record = value as Record<string, unknown>;
  return { ...record, [key]: replaceAt(record[key], rest, other) };
}

Deno.test("whatever blocks hold, the answer is a verdict", () => {
  const block = later({ height: 3n });
  const paths = leaves(block).flatMap((path) => path.map((_, i) => path.slice(0, i + 1)));
  fc.assert(
    fc.property(fc.constantFrom(...paths), odd, fc.boolean(), (path, other, isTrusted) => {
      const garbage = replaceAt(isTrusted ? trusted : block, path, other) as LightBlock;
      const { verdict, reason } = isTrusted
        ? verifyLightBlock(garbage, block, OPTIONS)
        : verifyLightBlock(trusted, garbage, OPTIONS);
      assertEquals(reason === "", verdict === "success");
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), (a, b, options) => {
      assert(verifyLightBlock(a as LightBlock, b as LightBlock, OPTIONS).verdict === "invalid");
      assert(verifyLightBlock(trusted, block, options as LightOptions).verdict === "invalid");
    }),
    { numRuns: 300 },
  );
});

Deno.test("a signature for another chain, height, round or block does not count", () => {
  const block = later({ height: 3n });
  const { header, commit } = block.signedHeader;
  const resealed = (change: Partial<Header>): Commit => ({
    ...commit,
    signatures: sealHeader({ ...header, ...change }, members, members).signatures,
  });
  const commits: Commit[] = [
    resealed({ chainId: "other" }),
    resealed({ height: 4n }),
    resealed({ appHash: new Uint8Array(32) }),
    { ...commit, round: 2 },
  ];
  for (const changed of commits) {
    assertEquals(codeOf({ ...block, signedHeader: { header, commit: changed } }), LIGHT_CODE.commit);
  }
});

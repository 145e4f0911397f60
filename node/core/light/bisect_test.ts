import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { makeLightBlock, type Member, membersOf, type WholeLightBlock } from "../../../tests/helpers/light_chain.ts";
import { hashHeader } from "../types/mod.ts";
import { answerBisection, type Bisection, type BisectionPlan, type LightBlock, startBisection } from "./mod.ts";

const SECOND = 1_000_000_000n;
const CHAIN = "light-chain";
const BIRTH = 1_700_000_000n * SECOND;

/** Who validates at a height. */
type Members = (height: bigint) => readonly Member[];
/** Answers with the block at a height. */
type Source = (height: bigint) => LightBlock | undefined;

const steady = membersOf([0, 1, 2, 3]);
const STEADY: Members = () => steady;
const WINDOWS = Array.from({ length: 40 }, (_, start) => membersOf([start, start + 1, start + 2, start + 3]));
/** One of four validators is replaced at each height. */
const SLIDING: Members = (height) => WINDOWS[Number(height) - 1]!;
const HALVES = [membersOf([0, 1, 2]), membersOf([3, 4, 5])] as const;
/** Everybody is replaced at height 20. */
const REVOLUTION: Members = (height) => HALVES[height < 20n ? 0 : 1];

/** A chain with a block each second; `app` tells forks apart from height `forkAt` on. */
function chain(members: Members, app = "", forkAt = 1n): (height: bigint) => WholeLightBlock {
  const blocks = new Map<bigint, WholeLightBlock>();
  return (height) => {
    const block = blocks.get(height) ?? makeLightBlock({
      chainId: CHAIN,
      height,
      time: BIRTH + height * SECOND,
      members: members(height),
      next: members(height + 1n),
      app: height < forkAt ? "" : app,
    });
    blocks.set(height, block);
    return block;
  };
}

const hashAt = (blocks: (height: bigint) => WholeLightBlock, height: bigint) =>
  hashHeader(blocks(height).signedHeader.header);

function planFor(blocks: (height: bigint) => WholeLightBlock, part: Partial<BisectionPlan> = {}): BisectionPlan {
  return {
    trusted: { height: 1n, hash: hashAt(blocks, 1n) },
    targetHeight: 32n,
    witnesses: 0,
    trustLevel: { numerator: 1n, denominator: 3n },
    trustingPeriodMs: 3_600_000,
    clockDriftMs: 0,
    ...part,
  };
}

const NOW = BIRTH + 60n * SECOND;

/** Answers every question from `sources`; returns the end and what was asked, as `source:height`. */
function run(plan: BisectionPlan, sources: readonly Source[], now = NOW): { end: Bisection; asked: string[] } {
  const asked: string[] = [];
  let state = startBisection(plan);
  while (state.tag === "asking") {
    asked.push(`${state.source}:${state.height}`);
    assert(asked.length < 500, "it does not end");
    state = answerBisection(state, sources[state.source]!(state.height), plan, now);
  }
  return { end: state, asked };
}

const failed = (end: Bisection) => end.tag === "failed" ? end.code : end.tag;
const heights = (end: Bisection) => end.verified.map(({ height }) => Number(height));

Deno.test("with steady validators the target is reached at once", () => {
  const blocks = chain(STEADY);
  const { end, asked } = run(planFor(blocks), [blocks]);
  assertEquals([end.tag, asked.join(" "), heights(end)], ["done", "0:1 0:32", [1, 32]]);
});

Deno.test("validators that change completely are followed by halving, and no block is asked for twice", () => {
  const blocks = chain(REVOLUTION);
  const { end, asked } = run(planFor(blocks), [blocks]);
  assertEquals(end.tag, "done");
  assertEquals(heights(end), [1, 16, 18, 19, 32]);
  const withoutNext: Source = (height) => {
    const { signedHeader, validatorSet } = blocks(height);
    return { signedHeader, validatorSet };
  };
  assertEquals(heights(run(planFor(blocks), [withoutNext]).end), [1, 16, 18, 19, 20, 32]);
  assertEquals(asked.join(" "), "0:1 0:32 0:16 0:24 0:20 0:18 0:19");
});

Deno.test("validators that change at each height are followed", () => {
  const blocks = chain(SLIDING);
  const { end, asked } = run(planFor(blocks), [blocks]);
  assertEquals([end.tag, new Set(asked).size], ["done", asked.length]);
  assertEquals(heights(end).at(-1), 32);
  // Two of four in common are enough, one is not.
  for (const [i, height] of heights(end).entries()) assert(i === 0 || height - heights(end)[i - 1]! <= 3);
});

Deno.test("the trusted block itself, and its neighbour", () => {
  const blocks = chain(STEADY);
  assertEquals(run(planFor(blocks, { targetHeight: 1n }), [blocks]).asked, ["0:1"]);
  assertEquals(heights(run(planFor(blocks, { targetHeight: 2n }), [blocks]).end), [1, 2]);
});

Deno.test("a plan without sense ends before any question", () => {
  const blocks = chain(STEADY);
  const bad: Partial<BisectionPlan>[] = [
    { targetHeight: 0n },
    { trusted: { height: 0n, hash: new Uint8Array(32) } },
    { trusted: { height: 1n, hash: new Uint8Array(31) } },
    { witnesses: -1 },
    { witnesses: 0.5 },
    { trustingPeriodMs: 0 },
    { trustLevel: { numerator: 1n, denominator: 4n } },
  ];
  for (const part of bad) {
    const { end, asked } = run(planFor(blocks, part), [blocks]);
    assertEquals([failed(end), asked.length], ["plan", 0], Object.keys(part).join());
  }
});

Deno.test("a trusted block with another hash, without seal, or expired is refused", () => {
  const blocks = chain(STEADY);
  const trusted = { height: 1n, hash: new Uint8Array(32) };
  assertEquals(failed(run(planFor(blocks, { trusted }), [blocks]).end), "untrusted_root");
  const unsealed = makeLightBlock({
    chainId: CHAIN,
    height: 1n,
    time: BIRTH + SECOND,
    members: steady,
    next: steady,
    signers: steady.slice(2),
  });
  assertEquals(failed(run(planFor(() => unsealed), [() => unsealed]).end), "untrusted_root");
  assertEquals(failed(run(planFor(blocks), [blocks], BIRTH + 3601n * SECOND).end), "expired");
  const last = run(planFor(blocks), [blocks], BIRTH + 3601n * SECOND - 1n);
  assertEquals(last.end.tag, "done");
});

Deno.test("trust that runs out on the way is noticed", () => {
  const blocks = chain(REVOLUTION);
  const plan = planFor(blocks);
  let state = startBisection(plan);
  for (let i = 0; state.tag === "asking"; i++) {
    const now = i < 3 ? NOW : BIRTH + 4000n * SECOND;
    state = answerBisection(state, blocks(state.height), plan, now);
  }
  assert(state.tag === "failed");
  assertEquals(state.code, "invalid");
  assertStringIncludes(state.reason, "has expired");
});

Deno.test("a primary that lies is found out after few questions", () => {
  const blocks = chain(STEADY);
  const own = chain(() => membersOf([30, 31]), "lie");
  const liars: Record<string, Source> = {
    "a chain of its own": (height) => height === 1n ? blocks(1n) : own(height),
    "another height": (height) => height === 1n ? blocks(1n) : blocks(height + 1n),
    "validators of its own": (height) =>
      height === 1n ? blocks(1n) : { ...blocks(height), validatorSet: own(height).validatorSet },
    "no signatures": (height) =>
      height === 1n ? blocks(1n) : makeLightBlock({
        chainId: CHAIN,
        height,
        time: BIRTH + height * SECOND,
        members: steady,
        next: steady,
        signers: steady.slice(0, 2),
      }),
    "garbage": (height) => height === 1n ? blocks(1n) : {},
  };
  for (const [name, liar] of Object.entries(liars)) {
    const { end, asked } = run(planFor(blocks), [liar]);
    assertEquals(failed(end), "invalid", name);
    assert(asked.length <= 8, name);
  }
});

Deno.test("a primary without the block is said to be so", () => {
  const blocks = chain(STEADY);
  assertEquals(failed(run(planFor(blocks), [(height) => height === 1n ? blocks(1n) : undefined]).end), "unavailable");
});

Deno.test("witnesses that agree confirm; those that fail or cannot prove their block are left out", () => {
  const blocks = chain(STEADY);
  const liar = chain(() => membersOf([30, 31]), "lie");
  const sources: Source[] = [blocks, () => undefined, blocks, liar, () => ({})];
  const { end, asked } = run(planFor(blocks, { witnesses: 4 }), sources);
  assert(end.tag === "done");
  assertEquals([end.agreed, end.faults.map(({ witness }) => witness)], [1, [1, 3, 4]]);
  assertEquals(asked.filter((question) => question.startsWith("2:")), ["2:32"]);
});

Deno.test("when no witness can confirm, the block is not accepted", () => {
  const blocks = chain(STEADY);
  const { end } = run(planFor(blocks, { witnesses: 1 }), [blocks, () => undefined]);
  assertEquals(failed(end), "no_witness");
  const other = chain(STEADY, "other");
  const root = run(planFor(blocks, { witnesses: 1, targetHeight: 1n }), [blocks, other]);
  assertEquals(failed(root.end), "no_witness");
});

Deno.test("a witness that proves another block shows the fork, and where it starts", () => {
  const blocks = chain(REVOLUTION);
  const fork = chain(REVOLUTION, "fork", 20n);
  const { end } = run(planFor(blocks, { witnesses: 2 }), [blocks, blocks, fork]);
  assert(end.tag === "failed" && end.divergence !== undefined);
  assertEquals([end.code, end.divergence.witness, end.divergence.commonHeight], ["diverged", 2, 19n]);
  assertEquals(end.divergence.primary.hash, hashAt(blocks, 32n));
  assertEquals(end.divergence.other.hash, hashAt(fork, 32n));
});

/** Asks as {@linkcode run}, with what the sources have as their newest; returns also how long was waited. */
function runWithTips(plan: BisectionPlan, sources: readonly Source[], tips: readonly (() => bigint)[]) {
  const waits: number[] = [];
  let state = startBisection(plan);
  for (let i = 0; state.tag === "asking"; i++) {
    assert(i < 500, "it does not end");
    if (state.waitMs > 0) waits.push(state.waitMs);
    const tip = tips[state.source]!();
    const height = state.height === 0n ? tip : state.height;
    state = answerBisection(state, height > tip ? undefined : sources[state.source]!(height), plan, NOW);
  }
  return { end: state, waits };
}

Deno.test("evidence goes both ways: whoever lied is accused to the other", () => {
  const blocks = chain(STEADY);
  const fork = chain(STEADY, "fork", 20n);
  for (const [primary, witness] of [[blocks, fork], [fork, blocks]] as const) {
    const { end } = run(planFor(blocks, { witnesses: 1 }), [primary, witness]);
    assert(end.tag === "failed" && end.divergence !== undefined);
    const { againstPrimary, againstWitness, kind } = end.divergence;
    assertEquals(kind, "lunatic");
    const conflicting = (attack: typeof againstWitness) => hashHeader(attack!.conflictingBlock!.signedHeader!.header!);
    assertEquals(conflicting(againstPrimary), hashAt(primary, 32n));
    assertEquals(conflicting(againstWitness), hashAt(witness, 32n));
    for (const attack of [againstPrimary, againstWitness!]) {
      assertEquals([attack.commonHeight, attack.byzantineValidators.length], [1n, 4]);
    }
  }
});

Deno.test("a primary that cannot prove its block a second time is accused all the same", () => {
  const blocks = chain(REVOLUTION);
  const fork = chain(REVOLUTION, "fork", 20n);
  let isGone = false;
  const primary: Source = (height) => isGone ? undefined : blocks(height);
  const witness: Source = (height) => {
    isGone = true;
    return fork(height);
  };
  // The witness took other steps, so the primary is asked for blocks that it has not shown.
  const { end } = run(planFor(blocks, { witnesses: 1 }), [primary, (height) => {
    const { signedHeader, validatorSet } = witness(height)!;
    return { signedHeader, validatorSet };
  }]);
  assert(end.tag === "failed" && end.divergence !== undefined);
  assertEquals([end.code, end.divergence.againstWitness], ["diverged", undefined]);
});

Deno.test("a witness that is behind is given time to come up, once", () => {
  const blocks = chain(STEADY);
  const plan = planFor(blocks, { witnesses: 1, clockDriftMs: 1_000, blockLagMs: 500 });
  let asked = 0;
  const tips = (after: bigint) => [() => 40n, () => ++asked > 2 ? after : 30n];
  const came = runWithTips(plan, [blocks, blocks], tips(33n));
  assertEquals([came.end.tag, came.waits], ["done", [2_500]]);
  asked = 0;
  const stayed = runWithTips(plan, [blocks, blocks], tips(31n));
  assert(stayed.end.tag === "failed");
  assertEquals([stayed.end.code, stayed.waits], ["no_witness", [2_500]]);
  assertStringIncludes(stayed.end.reason, "its newest is 31");
});

Deno.test("a primary that runs ahead of time is found out by a witness that has no such height", () => {
  const blocks = chain(STEADY);
  // From height 20 on, its times stand almost still: height 32 is not later than the true block 24.
  const ahead = (height: bigint) =>
    makeLightBlock({
      chainId: CHAIN,
      height,
      time: BIRTH + (height < 20n ? height * SECOND : 12n * SECOND + height * SECOND * 3n / 8n),
      members: steady,
      next: steady,
      app: height < 20n ? "" : "ahead",
    });
  for (const [tip, expected] of [[24n, "diverged"], [23n, "no_witness"]] as const) {
    const plan = planFor(blocks, { witnesses: 1, blockLagMs: 0, clockDriftMs: 1 });
    const { end } = runWithTips(plan, [ahead, blocks], [() => 32n, () => tip]);
    assert(end.tag === "failed");
    assertEquals(end.code, expected);
    if (end.divergence === undefined) continue;
    assertEquals([end.divergence.other.height, end.divergence.primary.height], [24n, 32n]);
    assertStringIncludes(end.reason, "contradict height 32");
  }
});

Deno.test("over generated chains the target is always reached, in order, with bounded questions", () => {
  const change = fc.array(fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 4 }), { minLength: 26, maxLength: 26 });
  fc.assert(
    fc.property(change, fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 }), (sets, a, b) => {
      const [from, to] = [BigInt(Math.min(a, b)), BigInt(Math.max(a, b))];
      const blocks = chain((height) => membersOf(sets[Number(height)]!));
      const plan = planFor(blocks, {
        trusted: { height: from, hash: hashAt(blocks, from) },
        targetHeight: to,
        witnesses: 1,
      });
      const { end, asked } = run(plan, [blocks, blocks]);
      assertEquals(end.tag, "done");
      const path = heights(end);
      assertEquals([path[0], path.at(-1)], [Number(from), Number(to)]);
      assert(path.every((height, i) => i === 0 || height > path[i - 1]!));
      assert(new Set(asked).size === asked.length && asked.length <= Number(to - from) + 2);
    }),
    { numRuns: 60 },
  );
});

Deno.test("answers of every shape end in a state, never in a throw", () => {
  const blocks = chain(STEADY);
  const plan = planFor(blocks, { witnesses: 1 });
  fc.assert(
    fc.property(fc.nat(2), fc.anything(), (good, garbage) => {
      let state = startBisection(plan);
      for (let i = 0; state.tag === "asking"; i++) {
        state = answerBisection(state, i < good ? blocks(state.height) : garbage as LightBlock, plan, NOW);
      }
      assertEquals(state.tag, "failed");
    }),
    { numRuns: 200 },
  );
});

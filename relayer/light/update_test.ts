import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Header } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { hashValidatorSet } from "../../node/core/validators/mod.ts";
import { timestampToNanos } from "../../node/core/time.ts";
import { type LightBlock, verifyLightBlock } from "../../node/core/light/mod.ts";
import { ICS23_SPECS } from "../../node/core/merkle/mod.ts";
import { makeLightBlock, type Member, membersOf, type WholeLightBlock } from "../../tests/helpers/light_chain.ts";
import type { FollowedClient, TrustedPoint } from "./client.ts";
import { answerUpdate, type ClientUpdate, startUpdate, type UpdatePlan } from "./update.ts";

const CHAIN_ID = "source-3";
const START = 1_700_000_000_000_000_000n;
const SECOND = 1_000_000_000n;

const CLIENT: FollowedClient = {
  clientType: "07-tendermint",
  feed: "headers",
  chainId: CHAIN_ID,
  latestHeight: { revisionNumber: 3n, revisionHeight: 1n },
  frozen: false,
  trustingPeriodNs: 3_600n * SECOND,
  maxClockDriftNs: 10n * SECOND,
  trustLevel: { numerator: 1n, denominator: 3n },
  proofSpecs: [ICS23_SPECS.jmt, ICS23_SPECS.tendermint],
};

type Sets = (height: bigint) => Member[];

/** A chain whose validators at each height are `sets`; heights from 1, a second apart. */
function chainOf(sets: Sets, app = ""): (height: bigint) => WholeLightBlock {
  return (height) =>
    makeLightBlock({
      chainId: CHAIN_ID,
      height,
      time: START + height * SECOND,
      members: sets(height),
      next: sets(height + 1n),
      app,
    });
}

const STEADY: Sets = () => membersOf([0, 1, 2, 3]);
/** One of four is replaced at every height. */
const ROTATING: Sets = (height) => membersOf([0, 1, 2, 3].map((i) => Number(height) + i));

function pointOf(block: WholeLightBlock): TrustedPoint {
  const { height, time, appHash, nextValidatorsHash } = block.signedHeader.header;
  return {
    height: { revisionNumber: 3n, revisionHeight: height },
    timestampNs: timestampToNanos(time),
    root: appHash,
    nextValidatorsHash,
  };
}

type Source = (height: bigint) => LightBlock | undefined;

function run(plan: UpdatePlan, sources: readonly Source[], nowNs = START + 200n * SECOND) {
  const asked: string[] = [];
  let state: ClientUpdate = startUpdate(plan);
  while (state.tag === "asking") {
    asked.push(`${state.source}:${state.height}`);
    state = answerUpdate(state, sources[state.source]!(state.height), plan, nowNs);
  }
  return { state, asked };
}

const planOf = (chain: Source, from: bigint, to: bigint, witnesses = 0): UpdatePlan => ({
  client: CLIENT,
  trusted: pointOf(chain(from) as WholeLightBlock),
  targetHeight: to,
  witnesses,
});

/** As the client on chain judges: nothing of the trusted block but what its consensus state and the header's own set say. */
function checkOnChain(header: Header, trusted: TrustedPoint, nowNs: bigint): TrustedPoint {
  const set = header.trustedValidators!;
  assertEquals(header.trustedHeight, trusted.height);
  assertEquals(hashValidatorSet(set), trusted.nextValidatorsHash);
  assert(set.proposer !== undefined && header.validatorSet!.proposer !== undefined, "CometBFT wants a proposer");
  const own = header.signedHeader!.header!;
  const trustedHeader = {
    ...own,
    height: trusted.height.revisionHeight,
    nextValidatorsHash: trusted.nextValidatorsHash!,
    time: { seconds: trusted.timestampNs / SECOND, nanos: Number(trusted.timestampNs % SECOND) },
  };
  const { verdict, reason } = verifyLightBlock(
    { signedHeader: { header: trustedHeader }, nextValidators: set.validators },
    { signedHeader: header.signedHeader, validatorSet: header.validatorSet! },
    { trustLevel: CLIENT.trustLevel, trustingPeriodMs: 3_600_000, clockDriftMs: 10_000, now: nowNs },
  );
  assertEquals([verdict, reason], ["success", ""]);
  return pointOf({ signedHeader: header.signedHeader } as WholeLightBlock);
}

function stepsOf(state: ClientUpdate) {
  assert(state.tag === "done", JSON.stringify(state, (_, value) => typeof value === "bigint" ? `${value}` : value));
  return state.steps;
}

Deno.test("steady validators need one header, however far", () => {
  const chain = chainOf(STEADY);
  for (const to of [2n, 3n, 100n]) {
    const { state, asked } = run(planOf(chain, 1n, to), [chain]);
    const [step, ...more] = stepsOf(state);
    assertEquals([more.length, asked], [0, ["0:1", `0:${to}`]]);
    assertEquals(step!.height, { revisionNumber: 3n, revisionHeight: to });
    checkOnChain(step!.header, pointOf(chain(1n)), START + 200n * SECOND);
  }
});

Deno.test("validators that changed too much are followed in steps that the client believes one after the other", () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 6n), fc.bigInt(1n, 30n), fc.nat(3), (from, distance, level) => {
      const chain = chainOf(ROTATING);
      const client = { ...CLIENT, trustLevel: { numerator: BigInt(level + 1), denominator: 4n } };
      const usable = level === 0 ? CLIENT : client;
      const plan = { ...planOf(chain, from, from + distance), client: usable };
      const nowNs = START + 100n * SECOND;
      let trusted = pointOf(chain(from));
      for (const { header } of stepsOf(run(plan, [chain], nowNs).state)) trusted = checkOnChain(header, trusted, nowNs);
      assertEquals(trusted.height.revisionHeight, from + distance);
    }),
    { numRuns: 15 },
  );
});

Deno.test("an update that cannot be believed fails with the reason", async (t) => {
  const chain = chainOf(STEADY);
  const other = chainOf(STEADY, "another app");
  const strangers = chainOf((height) => height < 5n ? membersOf([0, 1, 2, 3]) : membersOf([7, 8, 9]));
  const plan = planOf(chain, 3n, 9n);
  const cases: [string, UpdatePlan, Source, bigint, string][] = [
    ["the chain has another block where the client trusts one", plan, other, 50n, "forked"],
    ["the trusted block is gone", plan, (height) => height === 3n ? undefined : chain(height), 50n, "unavailable"],
    ["the target is not there", plan, (height) => height === 9n ? undefined : chain(height), 50n, "unavailable"],
    ["the client has expired", plan, chain, 3_700n, "expired"],
    ["the header is from the future", plan, chain, -10n, "invalid"],
    ["the target is below", planOf(chain, 3n, 3n), chain, 50n, "plan"],
    ["the client follows another chain", { ...plan, client: { ...CLIENT, chainId: "other-3" } }, chain, 50n, "kind"],
    ["the client is fed otherwise", { ...plan, client: { ...CLIENT, feed: "attestations" } }, chain, 50n, "kind"],
    [
      "strangers signed, and no step leads to them",
      plan,
      (height) => {
        const block = strangers(height);
        return height < 5n ? chain(height) : block;
      },
      50n,
      "invalid",
    ],
  ];
  for (const [name, plan, source, seconds, code] of cases) {
    await t.step(name, () => {
      const { state } = run(plan, [source], START + seconds * SECOND);
      assertEquals(state.tag === "failed" ? state.code : state.tag, code);
      if (state.tag === "failed" && code === "forked") assert(state.block !== undefined);
    });
  }
});

Deno.test("a witness must have the same block; one that proves another shows an attack", () => {
  const chain = chainOf(STEADY);
  const plan = planOf(chain, 3n, 9n, 2);
  const agreeing = run(plan, [chain, chain, chain]).state;
  assertEquals(agreeing.tag === "done" && agreeing.faults, []);
  const lame = run(plan, [chain, () => undefined, chain]).state;
  assertEquals(lame.tag === "done" && lame.faults.map(({ witness }) => witness), [1]);
  const alone = run(plan, [chain, () => undefined, () => undefined]).state;
  assertEquals(alone.tag === "failed" && alone.code, "no_witness");
  const forked: Source = (height) => height > 5n ? chainOf(STEADY, "fork")(height) : chain(height);
  const { state } = run(plan, [chain, forked, chain]);
  assert(state.tag === "failed" && state.code === "diverged");
  assertEquals([state.divergence!.witness, state.divergence!.primary.height], [1, 9n]);
});

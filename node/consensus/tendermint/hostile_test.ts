import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { BlockID, Commit, Vote } from "cosmjs-types/tendermint/types/types";
import { block, CONFIG, contextOf, heightContext, nameOf, proposal, sign, type TestInput, vote } from "./_testing.ts";
import { TestNode } from "./_testing_node.ts";
import { createTendermintEngine } from "./engine.ts";
import type { TendermintMessage } from "./messages.ts";
import type { TendermintState } from "./state.ts";

const POWERS = [1, 1, 1, 1];
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const int32 = fc.integer({ min: -3, max: 0x7fffffff });
const int64 = fc.bigInt(-2n, 2n ** 62n);
const time = fc.record({ seconds: int64, nanos: int32 });

const blockId: fc.Arbitrary<BlockID> = fc.oneof(
  fc.constantFrom(block("a").blockId, block("b").blockId, block("bad").blockId),
  fc.record({ hash: bytes(33), partSetHeader: fc.record({ total: int32, hash: bytes(33) }) }),
);
const garbageVote = fc.record({
  type: fc.constantFrom(0, 1, 2, 32, -1) as fc.Arbitrary<Vote["type"]>,
  height: int64,
  round: int32,
  blockId,
  timestamp: time,
  validatorAddress: bytes(21),
  validatorIndex: int32,
  signature: bytes(70),
  extension: bytes(2),
  extensionSignature: bytes(2),
});
const who = fc.nat(3);
const round = fc.nat(4);
const height = fc.bigInt(0n, 3n);
const name = fc.constantFrom("a", "b", "bad", undefined);
const goodVote = fc.tuple(who, fc.constantFrom("prevote" as const, "precommit" as const), round, name, height)
  .map(([i, kind, round, name, height]) => vote(i, kind, round, name, height === 0n ? 1n : height));
const bentVote = fc.tuple(goodVote, garbageVote, fc.constantFrom(...Object.keys(vote(0, "prevote", 0)))).map(
  ([good, garbage, field]) => ({ ...good, [field]: garbage[field as keyof Vote] }),
);
const goodProposal = fc.tuple(round, fc.constantFrom("a", "b", "bad"), fc.integer({ min: -1, max: 3 }), height)
  .map(([round, name, polRound, height]) => proposal(round % 4, round, name, polRound, height === 0n ? 1n : height));
const garbageProposal = fc.record({
  type: fc.constantFrom(0, 32),
  height: int64,
  round: int32,
  polRound: int32,
  blockId,
  timestamp: time,
  signature: bytes(70),
}) as fc.Arbitrary<ReturnType<typeof proposal>>;
const garbageCommit = fc.record({
  height: fc.constantFrom(0n, 1n, 2n),
  round: int32,
  blockId,
  signatures: fc.array(
    fc.record({
      blockIdFlag: fc.integer({ min: 0, max: 4 }),
      validatorAddress: bytes(21),
      timestamp: time,
      signature: bytes(70),
    }),
    { maxLength: 5 },
  ),
});

const message: fc.Arbitrary<TendermintMessage> = fc.oneof(
  { weight: 6, arbitrary: goodVote.map((vote) => ({ type: "vote" as const, vote })) },
  {
    weight: 2,
    arbitrary: fc.oneof(bentVote, garbageVote).map((vote) => ({ type: "vote" as const, vote: vote as Vote })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.oneof(goodProposal, goodProposal, garbageProposal), fc.constantFrom("a", "b", "bad"))
      .map(([proposal, name]) => ({ type: "proposal" as const, proposal, block: block(name).bytes })),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("decided" as const),
      commit: garbageCommit as fc.Arbitrary<Commit>,
      block: bytes(5),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("status" as const), height: int64, round: int32 }) },
);

const input: fc.Arbitrary<TestInput> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant("message_received" as const), from: fc.constantFrom("p", "q"), message }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("timer_fired" as const),
      timer: fc.record({
        kind: fc.constantFrom("propose", "prevote", "precommit", "gossip", "commit", "other"),
        height,
        round,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("transactions_available" as const), height }) },
  {
    weight: 1,
    arbitrary: fc.tuple(height, round, fc.constantFrom("a", "b")).map(([height, round, name]) => ({
      type: "block_built" as const,
      height,
      round,
      block: block(name),
    })),
  },
);

/** Freezes everything that can be frozen; maps refuse to change. */
function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    if (Object.hasOwn(value, "set")) return value;
    for (const item of value.values()) freeze(item);
    for (const method of ["set", "delete", "clear"]) {
      Object.defineProperty(value, method, {
        value: () => assert(false, `a map of the state was changed by ${method}`),
      });
    }
    return value;
  }
  for (const item of Object.values(value)) freeze(item);
  return Object.freeze(value);
}

Deno.test("step() never throws on anything a peer says, and never changes the state it is given", () => {
  const engine = createTendermintEngine();
  const heights = heightContext(POWERS);
  fc.assert(
    fc.property(fc.nat(4), fc.array(input, { maxLength: 40, size: "max" }), (self, inputs) => {
      let state: TendermintState = engine.initial();
      const context = contextOf(self === 4 ? undefined : self, CONFIG);
      const queue: TestInput[] = [{ type: "started", height: heights, replay: [] }, ...inputs];
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const step = engine.step(context, freeze(state), next);
        state = step.state;
        for (const effect of step.effects) {
          if (effect.type === "sign") queue.unshift({ type: "signed", message: sign(self, effect.message) });
          if (effect.type === "validate_block") {
            const valid = nameOf(effect.bytes) !== "bad";
            queue.unshift({ ...effect, type: "block_validated", time: block("a").time, valid });
          }
        }
      }
    }),
    { numRuns: 400 },
  );
});

Deno.test("step() leaves a state of bounded size, whatever one validator and any number of peers send", () => {
  const node = new TestNode(0);
  node.start(heightContext(POWERS));
  for (let i = 0; i < 3000; i++) {
    const from = `peer${i}`;
    const named = ["a", "b", undefined][i % 3];
    const own = vote(3, i % 2 ? "prevote" : "precommit", i % 500, named);
    const later = { ...own, height: 2n };
    const proposed = { type: "proposal", proposal: proposal(3, 3 + 4 * i, "a"), block: block("a").bytes } as const;
    const early = { ...proposed, proposal: { ...proposed.proposal, height: 2n } };
    for (const message of [{ type: "vote", vote: own }, { type: "vote", vote: later }, proposed, early] as const) {
      node.feed({ type: "message_received", from, message });
    }
    node.feed({ type: "message_received", from, message: { type: "status", height: 0n, round: 0 } });
  }
  const { height, early, helped } = node.state;
  assert(height!.votes.rounds.size <= 4, `${height!.votes.rounds.size} rounds`);
  assertEquals([height!.proposals.size, height!.blocks.size, height!.conflicts.length], [0, 0, 1]);
  assert(early.length <= 1024 + 4 && helped.length <= 64);
});

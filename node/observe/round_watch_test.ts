import { assertEquals } from "@std/assert";
import { addressOf, heightContext, proposalMessage, vote, voteMessage } from "../consensus/tendermint/_testing.ts";
import type { RoundEvent } from "../rpc/ports.ts";
import { breathe } from "../runtime/mod.ts";
import { EngineRun } from "../../tests/helpers/engine_run.ts";
import { RoundWatch } from "./round_watch.ts";

function run() {
  const watch = new RoundWatch();
  const told: RoundEvent[] = [];
  const forget = watch.subscribe((event) => told.push(event));
  const engine = new EngineRun([watch]);
  /** What came since the last call, in short. */
  const news = async () => {
    await breathe();
    await breathe();
    return told.splice(0).map((event) =>
      event.type === "Vote"
        ? `Vote ${event.vote.validatorIndex} r${event.vote.round}`
        : `${event.type} ${event.height}/${event.round}/${event.step}`
    );
  };
  return { watch, told, forget, engine, news };
}

Deno.test("a height is told as CometBFT tells it: proposal, votes, polka, lock, steps, the next round", async () => {
  const { engine, news, told } = run();
  engine.start();
  assertEquals(await news(), []);
  engine.give(proposalMessage(0, 0, "a"));
  assertEquals(await news(), ["CompleteProposal 1/0/propose"]);
  engine.validated("a");
  assertEquals(await news(), ["NewRoundStep 1/0/prevote"]);
  engine.give(voteMessage(0, "prevote", 0, "a"));
  engine.give(voteMessage(1, "prevote", 0, "a"));
  assertEquals(await news(), ["Vote 0 r0", "Vote 1 r0"]);
  engine.give(voteMessage(2, "prevote", 0, "a"));
  assertEquals(await news(), [
    "Vote 2 r0",
    "ValidBlock 1/0/prevote",
    "Polka 1/0/prevote",
    "Lock 1/0/prevote",
    "NewRoundStep 1/0/precommit",
  ]);
  // The round fails.
  for (const voter of [0, 1, 2]) engine.give(voteMessage(voter, "precommit", 0));
  engine.fire("precommit");
  assertEquals(await news(), [
    "Vote 0 r0",
    "Vote 1 r0",
    "Vote 2 r0",
    "TimeoutWait 1/0/precommit",
    "NewRound 1/1/propose",
    "NewRoundStep 1/1/propose",
  ]);
  // The same block again.
  engine.give(proposalMessage(1, 1, "a", 0));
  for (const voter of [0, 1, 2]) engine.give(voteMessage(voter, "prevote", 1, "a"));
  assertEquals((await news()).slice(-4), [
    "ValidBlock 1/1/prevote",
    "Polka 1/1/prevote",
    "Relock 1/1/prevote",
    "NewRoundStep 1/1/precommit",
  ]);
  for (const voter of [0, 1, 2]) engine.give(voteMessage(voter, "precommit", 1, "a"));
  assertEquals((await news()).at(-1), "NewRoundStep 1/1/commit");
  engine.give({ type: "height_committed", next: heightContext([1, 1, 1, 1], 2n) });
  engine.give({ type: "timer_fired", timer: { kind: "commit", height: 1n, round: 0 } });
  await breathe();
  await breathe();
  assertEquals(told.at(-2), {
    type: "NewRound",
    height: 2n,
    round: 0,
    step: "propose",
    proposer: { address: addressOf(0), index: 0 },
  });
});

Deno.test("a polka for nil is told, and a timeout is none", async () => {
  const { engine, news } = run();
  engine.start();
  engine.fire("propose");
  assertEquals(await news(), ["TimeoutPropose 1/0/propose", "NewRoundStep 1/0/prevote"]);
  for (const voter of [0, 1, 2]) engine.give(voteMessage(voter, "prevote", 0));
  assertEquals((await news()).slice(-2), ["Polka 1/0/prevote", "NewRoundStep 1/0/precommit"]);

  const other = run();
  other.engine.start();
  other.engine.fire("propose");
  other.engine.give(voteMessage(0, "prevote", 0, "a"));
  other.engine.give(voteMessage(1, "prevote", 0));
  other.engine.give(voteMessage(2, "prevote", 0));
  await other.news();
  other.engine.fire("prevote");
  assertEquals(await other.news(), ["TimeoutWait 1/0/prevote", "NewRoundStep 1/0/precommit"]);
});

Deno.test("only votes that the engine took are told: none twice, none with a wrong signature", async () => {
  const { engine, news } = run();
  engine.start();
  const good = voteMessage(0, "prevote", 0, "a");
  engine.give(good);
  engine.give(good);
  const forged = { ...vote(1, "prevote", 0, "a"), signature: new Uint8Array(64) };
  engine.give({ type: "message_received", from: "liar", message: { type: "vote", vote: forged } });
  assertEquals(await news(), ["Vote 0 r0"]);
});

Deno.test("nobody listens, nothing is kept; who comes in the middle of a height hears what follows", async () => {
  const { watch, forget, engine, news } = run();
  forget();
  engine.start();
  engine.give(voteMessage(0, "prevote", 0, "a"));
  assertEquals(await news(), []);
  const heard: string[] = [];
  watch.subscribe(({ type }) => heard.push(type));
  engine.give(voteMessage(1, "prevote", 0, "a"));
  engine.give(voteMessage(2, "prevote", 0, "b"));
  await breathe();
  await breathe();
  // The first input after somebody came is what later ones are compared with.
  assertEquals(heard, ["Vote"]);
});

Deno.test("a listener that throws harms nobody else, and waiting events are bounded", async () => {
  const failures: unknown[] = [];
  const watch = new RoundWatch((error) => failures.push(error));
  let heard = 0;
  watch.subscribe(() => {
    throw new Error("broken");
  });
  watch.subscribe(() => heard++);
  for (let i = 0; i < 10_000; i++) watch.onTimeout({ kind: "propose", height: 1n, round: i });
  await breathe();
  await breathe();
  assertEquals([heard, failures.length], [4096, 4096]);
});

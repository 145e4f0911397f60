import { assert, assertEquals } from "@std/assert";
import { block, heightContext, proposalMessage, sign, vote, voteMessage } from "../consensus/tendermint/_testing.ts";
import { LogLines } from "../log_lines.ts";
import { createLogger, Metrics } from "../telemetry/mod.ts";
import { EngineRun } from "../../tests/helpers/engine_run.ts";
import { parseExposition, valueOf } from "../../tests/helpers/exposition.ts";
import { ConsensusMeter } from "./consensus_meter.ts";

function run(self?: number) {
  let nowMs = 1000;
  const lines: Record<string, unknown>[] = [];
  const sink = (line: string) => lines.push(JSON.parse(line));
  const log = new LogLines(createLogger({ level: "debug", format: "json", sink }), () => nowMs);
  const metrics = new Metrics();
  const meter = new ConsensusMeter(metrics.consensus, () => log, () => nowMs);
  const engine = new EngineRun([meter], self);
  return {
    meter,
    engine,
    lines,
    pass: (ms: number) => nowMs += ms,
    async numbers(...series: readonly string[]) {
      const page = parseExposition(await metrics.render());
      return series.map((each) => valueOf(page, `catenary_consensus_${each}`));
    },
  };
}

Deno.test("a height in one round: who proposed, who voted, how long each step took", async () => {
  const { engine, numbers, pass, lines } = run();
  engine.start();
  pass(40);
  engine.give(proposalMessage(0, 0, "a"));
  engine.validated("a");
  pass(20);
  const at = (ms: number) => 1_700_000_000_000_000_000n + BigInt(ms) * 1_000_000n;
  const prevote = (voter: number, ms: number) =>
    engine.give({
      type: "message_received",
      from: "p",
      message: { type: "vote", vote: vote(voter, "prevote", 0, "a", 1n, at(ms)) },
    });
  prevote(0, 10);
  prevote(1, 30);
  assertEquals(await numbers('round_voting_power_percent{vote_type="prevote"}'), [0.5]);
  prevote(2, 20);
  pass(30);
  for (const voter of [0, 1, 2]) engine.give(voteMessage(voter, "precommit", 0, "a"));
  pass(60);
  // Late, and again.
  prevote(3, 90);
  prevote(3, 90);
  engine.give({ type: "height_committed", next: heightContext([1, 1, 1, 1], 2n) });
  assertEquals(
    await numbers(
      "height",
      "rounds",
      "proposals_total",
      'proposal_receive_count{status="accepted"}',
      'votes_total{type="prevote"}',
      'votes_total{type="precommit"}',
      "duplicate_vote",
      "proposal_delay_seconds_sum",
      'step_duration_seconds_sum{step="Propose"}',
      'step_duration_seconds_sum{step="Prevote"}',
      'step_duration_seconds_sum{step="Precommit"}',
      'step_duration_seconds_sum{step="Commit"}',
      "round_duration_seconds_sum",
      'quorum_prevote_delay{proposer_address="0100000000000000000000000000000000000000"}',
    ),
    [2, 0, 1, 1, 5, 3, 1, 0.04, 0.04, 0.02, 0.03, 0.06, 0.09, 0.03],
  );
  assertEquals(lines, []);
});

Deno.test("a proposer that says nothing, and a round that failed, are warned of", async () => {
  const { engine, numbers, lines } = run();
  engine.start();
  engine.fire("propose");
  for (const voter of [0, 1, 2]) engine.give(voteMessage(voter, "prevote", 0));
  for (const voter of [0, 1, 2]) engine.give(voteMessage(voter, "precommit", 0));
  engine.fire("precommit");
  engine.give(voteMessage(3, "precommit", 0));
  assertEquals(
    await numbers(
      "rounds",
      'timeouts_total{step="propose"}',
      'timeouts_total{step="precommit"}',
      'late_votes{vote_type="precommit"}',
      "round_duration_seconds_count",
    ),
    [1, 1, 1, 1, 1],
  );
  assertEquals(
    lines.map(({ level, message, height, round, proposer }) => [level, message, height, round, proposer]),
    [
      ["warn", "no proposal in time", "1", 0, "01" + "00".repeat(19)],
      ["warn", "round entered after a failed one", "1", 1, "02" + "01".repeat(19)],
    ],
  );
});

Deno.test("double votes, refused blocks and refused signatures are counted and told", async () => {
  const { engine, meter, numbers, lines } = run();
  engine.start();
  engine.give(proposalMessage(0, 0, "bad block"));
  engine.validated("bad block", 0, false);
  engine.give(voteMessage(1, "prevote", 0, "bad block"));
  engine.give(voteMessage(1, "prevote", 0));
  // Reported when the next height begins, by whatever round decided.
  engine.give(proposalMessage(1, 1, "a"));
  engine.validated("a", 1);
  for (const voter of [0, 2, 3]) engine.give(voteMessage(voter, "precommit", 1, "a"));
  engine.give({ type: "height_committed", next: heightContext([1, 1, 1, 1], 2n) });
  const unsigned = { type: "vote", vote: vote(1, "prevote", 0) } as const;
  meter.onInput({ type: "sign_refused", message: sign(1, unsigned), reason: "guard" });
  meter.onBadMessage();
  assertEquals(
    await numbers("equivocations_total", 'proposal_receive_count{status="rejected"}', "sign_refused_total"),
    [1, 1, 1],
  );
  assertEquals(await numbers("undecodable_total"), [1]);
  const messages = lines.map(({ message }) => message);
  for (const message of ["double vote seen", "proposed block refused", "signature refused"]) {
    assert(messages.includes(message), `${message} among ${messages}`);
  }
  assertEquals(lines.find(({ message }) => message === "double vote seen")!["validator"], "02" + "01".repeat(19));
});

Deno.test("a node that signs counts its own proposal and votes once", async () => {
  const { engine, numbers } = run(0);
  engine.start();
  engine.give({ type: "block_built", height: 1n, round: 0, block: block("a") });
  const proposal = proposalMessage(0, 0, "a");
  assert(proposal.type === "message_received" && proposal.message.type === "proposal");
  engine.give({ type: "signed", message: { type: "proposal", proposal: proposal.message.proposal } });
  engine.give({ type: "signed", message: { type: "vote", vote: vote(0, "prevote", 0, "a") } });
  assertEquals(await numbers("proposals_total", "proposal_create_count", 'votes_total{type="prevote"}'), [1, 1, 1]);
});

Deno.test("what consensus did before sync took over is not timed", async () => {
  const { engine, meter, numbers, pass } = run();
  engine.start();
  pass(10);
  meter.stopped();
  pass(1_000_000);
  const again = new EngineRun([meter]);
  again.start(heightContext([1, 1, 1, 1], 50n));
  assertEquals(await numbers("height", "round_duration_seconds_sum", "round_duration_seconds_count"), [50, 0, 0]);
});

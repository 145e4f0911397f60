import { assertEquals } from "@std/assert";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { LogLines } from "../log_lines.ts";
import { commitOf, committedOf, EVIDENCE } from "../rpc/fake_backend_test.ts";
import type { CommitTimings } from "../runtime/mod.ts";
import { createLogger, Metrics } from "../telemetry/mod.ts";
import { parseExposition, valueOf } from "../../tests/helpers/exposition.ts";
import { BlockMeter } from "./block_meter.ts";

const address = (byte: number) => new Uint8Array(20).fill(byte);
/** Two validators: the fake's commits carry the first one's precommit and lack the second's. */
const SET: ValidatorSet = {
  validators: [9, 8].map((byte, i) => ({
    address: address(byte),
    pubKey: {},
    votingPower: BigInt(30 - 10 * i),
    proposerPriority: 0n,
  })),
  totalVotingPower: 50n,
};

const timingsOf = (height: bigint): CommitTimings => ({
  height,
  round: 0,
  validators: SET,
  lastValidators: height === 1n ? undefined : SET,
  begunAt: 0,
  txs: 2,
  bytes: 700,
  executeMs: 4,
  persistMs: 3,
  publishMs: 1,
  totalMs: 8,
});

function run(self?: Uint8Array) {
  const lines: Record<string, unknown>[] = [];
  const log = new LogLines(
    createLogger({ level: "info", format: "json", sink: (line) => lines.push(JSON.parse(line)) }),
  );
  const metrics = new Metrics();
  const meter = new BlockMeter(metrics, () => log, () => 3);
  meter.self = self;
  const numbers = async (...series: readonly string[]) => {
    const page = parseExposition(await metrics.render());
    return series.map((each) => valueOf(page, `catenary_${each}`));
  };
  const commit = (height: bigint) => {
    meter.committed(timingsOf(height));
    meter.told(committedOf(height));
  };
  return { meter, lines, numbers, commit };
}

Deno.test("a committed block: its transactions, times, and who did not sign the one before", async () => {
  const { commit, numbers } = run();
  commit(2n);
  commit(3n);
  assertEquals(
    await numbers(
      "consensus_latest_block_height",
      "consensus_num_txs",
      "consensus_total_txs",
      "consensus_chain_size_bytes",
      "consensus_block_interval_seconds_sum",
      "consensus_validators",
      "consensus_validators_power",
      "consensus_missing_validators",
      "consensus_missing_validators_power",
      'state_txs_total{outcome="success"}',
      'state_txs_total{outcome="failure"}',
      "state_execution_duration_seconds_sum",
      'storage_persist_duration_seconds_sum{what="block"}',
      'storage_persist_duration_seconds_sum{what="head"}',
    ),
    [3, 2, 4, 1400, 1, 2, 50, 1, 20, 2, 2, 0.008, 0.006, 0.002],
  );
});

Deno.test("the first block carries nobody's signatures, and nobody is missing", async () => {
  const { commit, numbers, lines } = run(address(8));
  commit(1n);
  assertEquals(await numbers("consensus_missing_validators", "consensus_validator_missed_blocks"), [0, undefined]);
  assertEquals(lines.filter(({ level }) => level === "warn"), []);
});

Deno.test("own precommits: the last that is in a block, and each that is missing, with a warning", async () => {
  const present = run(address(9));
  present.commit(2n);
  const name = `{validator_address="${"09".repeat(20)}"}`;
  assertEquals(
    await present.numbers(`consensus_validator_last_signed_height${name}`, `consensus_validator_power${name}`),
    [2, 30],
  );
  const absent = run(address(8));
  absent.commit(2n);
  absent.commit(3n);
  assertEquals(await absent.numbers(`consensus_validator_missed_blocks{validator_address="${"08".repeat(20)}"}`), [2]);
  assertEquals(
    absent.lines.filter(({ level }) => level === "warn").map((
      { message, height, missed },
    ) => [message, height, missed]),
    [["own precommit is not in the block", "2", 1], ["own precommit is not in the block", "3", 2]],
  );
});

Deno.test("validators that evidence is about are counted and named", async () => {
  const { commit, numbers, lines } = run();
  commit(4n);
  assertEquals(await numbers("consensus_byzantine_validators", "consensus_byzantine_validators_power"), [1, 30]);
  const accused = EVIDENCE.duplicateVoteEvidence!.voteA!.validatorAddress;
  assertEquals(lines.find(({ message }) => message === "evidence in a block")!["validators"], accused.toHex());
  commit(5n);
  assertEquals(await numbers("consensus_byzantine_validators"), [0]);
});

Deno.test("blocks are told later than they are committed, and belong to their own timings", async () => {
  const { meter, numbers } = run();
  for (const height of [2n, 3n, 4n]) meter.committed(timingsOf(height));
  for (const height of [2n, 3n, 4n]) meter.told(committedOf(height));
  assertEquals(await numbers("state_execution_duration_seconds_sum", "consensus_chain_size_bytes"), [0.012, 2100]);
  assertEquals(commitOf(2n).signatures.length, SET.validators.length);
});

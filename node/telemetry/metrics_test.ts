import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseExposition, valueOf } from "../../tests/helpers/exposition.ts";
import { Distribution, Instruments, LabelRoom, OTHER } from "./instruments.ts";
import { Metrics } from "./mod.ts";

const read = async (metrics: { render(): Promise<string> }) => parseExposition(await metrics.render());

Deno.test("what happens shows in the numbers, under CometBFT's names where it has them", async () => {
  const metrics = new Metrics("1.2.3");
  const { consensus, blocks, network, state, mempool, sync } = metrics;
  consensus.heightBegun(12n);
  consensus.roundBegun(3);
  consensus.proposalSeen();
  consensus.voteSeen("prevote");
  consensus.voteSeen("prevote");
  consensus.voteDuplicate();
  consensus.timeoutFired("propose");
  consensus.votingPower("prevote", 0.75);
  consensus.prevoteDelays("AB", 0.02, undefined);
  blocks.blockCommitted({ height: 11n, txs: 7, bytes: 900, intervalSeconds: 1.5 });
  blocks.signersCounted({
    validators: 4,
    power: 40n,
    missing: 1,
    missingPower: 10n,
    byzantine: 0,
    byzantinePower: 0n,
  });
  blocks.ownCounted({ address: "CD", power: 10n, signed: true }, 11n);
  blocks.ownCounted({ address: "CD", power: 10n, signed: false }, 12n);
  state.blockCommitted(0.02);
  state.blockExecuted({
    seconds: 0.01,
    succeeded: 5,
    failed: 2,
    gasUsed: 1000n,
    changesValidators: true,
    changesParams: false,
  });
  state.persisted("wal", 0.0002);
  mempool.follow({ count: 4, bytes: 400, backlog: 1 });
  mempool.submitted(100, undefined);
  mempool.submitted(100, "checked");
  mempool.submitted(100, "full");
  mempool.submitted(100, "too_large");
  mempool.rechecked(false);
  network.sent("consensus", 100);
  network.sent("consensus", 20);
  network.received("blocks", 5);
  network.verdict("transactions", "reject");
  network.gossipHeard("part", true);
  network.reported("bad_signature");
  sync.progress("sync", 5n, 100n, 3);
  sync.progress("sync", 9n, 100n, 3);
  sync.answered("blocks", 0.1, true);
  sync.restoring({ height: 50n, chunks: 2, total: 8 });
  metrics.rpcCalled("status", 0, 0.001);
  metrics.rpcCalled("unknown", -32601, 0.001);
  metrics.lagSampled(3);
  metrics.followLag({ p50Ms: () => 1, p99Ms: () => 40 });
  const page = await read(metrics);
  const expected: Record<string, number> = {
    consensus_height: 12,
    consensus_rounds: 3,
    consensus_proposals_total: 1,
    'consensus_votes_total{type="prevote"}': 2,
    consensus_duplicate_vote: 1,
    'consensus_timeouts_total{step="propose"}': 1,
    'consensus_round_voting_power_percent{vote_type="prevote"}': 0.75,
    'consensus_quorum_prevote_delay{proposer_address="AB"}': 0.02,
    consensus_latest_block_height: 11,
    consensus_num_txs: 7,
    consensus_block_size_bytes: 900,
    consensus_block_interval_seconds_sum: 1.5,
    consensus_missing_validators_power: 10,
    'consensus_validator_last_signed_height{validator_address="CD"}': 11,
    'consensus_validator_missed_blocks{validator_address="CD"}': 1,
    consensus_block_commit_duration_seconds_count: 1,
    'consensus_block_gossip_parts_received{matches_current="true"}': 1,
    'state_txs_total{outcome="success"}': 5,
    'state_txs_total{outcome="failure"}': 2,
    state_gas_used_total: 1000,
    state_validator_set_updates: 1,
    'state_block_processing_time_bucket{le="10"}': 1,
    'storage_persist_duration_seconds_count{what="wal"}': 1,
    mempool_size: 4,
    mempool_size_bytes: 400,
    mempool_admitted_total: 1,
    mempool_failed_txs: 1,
    mempool_rejected_txs: 2,
    mempool_evicted_txs: 1,
    mempool_recheck_times: 1,
    'p2p_message_send_bytes_total{message_type="consensus"}': 120,
    'p2p_messages_sent_total{message_type="consensus"}': 2,
    'p2p_message_receive_bytes_total{message_type="blocks"}': 5,
    'p2p_verdicts_total{topic="transactions",verdict="reject"}': 1,
    'p2p_reports_total{code="bad_signature"}': 1,
    blocksync_syncing: 1,
    blocksync_blocks_total: 4,
    blocksync_latest_block_height: 8,
    'sync_questions_total{protocol="blocks",outcome="failed"}': 1,
    statesync_snapshot_chunk_total: 8,
    'rpc_request_duration_seconds_count{method="unknown",code="-32601"}': 1,
    'event_loop_lag_seconds_bucket{le="0.005"}': 1,
    event_loop_lag_p99_seconds: 0.04,
  };
  for (const [series, value] of Object.entries(expected)) {
    assertEquals(valueOf(page, `catenary_${series}`), value, series);
  }
  assert(valueOf(page, "catenary_process_resident_memory_bytes")! > 1e6);
  assert(valueOf(page, "catenary_process_cpu_seconds_total")! > 0);
  assertEquals(page.get("catenary_build_info")!.samples[0]!.labels["version"], "1.2.3");
  for (const { name, help } of page.values()) {
    assertMatch(name, /^catenary_[a-z0-9_]+$/);
    assertMatch(help, /^[A-Z0-9].*[^.]$/);
  }
});

Deno.test("a page of a node where nothing has happened is valid as well", async () => {
  const page = await read(new Metrics());
  assert(page.size > 80, String(page.size));
  assertEquals(valueOf(page, "catenary_p2p_peers"), 0);
});

const ENGINE = {
  calls: 1,
  queries: 2,
  fuelUsed: 3,
  programs: 4,
  bytes: 5,
  pinnedBytes: 6,
  hits: 7,
  misses: 8,
  evictions: 9,
  instancesMade: 10,
  instancesReused: 11,
  instancesIdle: 12,
  engineRefusals: 13,
};

Deno.test("contracts are told by whose engine runs them; threads appear when there are some", async () => {
  const metrics = new Metrics();
  const columns = (await read(metrics)).keys().filter((name) => name.startsWith("catenary_contracts_")).toArray();
  let threads: typeof ENGINE | undefined = undefined;
  metrics.contracts.follow(() => ({ node: ENGINE, threads, queries: undefined }));
  const valuesOf = async (engine: string) => {
    const page = await read(metrics);
    return columns.map((name) => valueOf(page, `${name}{engine="${engine}"}`));
  };
  assertEquals(new Set(await valuesOf("node")), new Set(Object.values(ENGINE)));
  assertEquals(new Set(await valuesOf("threads")), new Set([undefined]));
  threads = { ...ENGINE, calls: 21 };
  assertEquals(valueOf(await read(metrics), 'catenary_contracts_calls_total{engine="threads"}'), 21);
});

Deno.test("how blocks are run in threads is told, as far as it is known", async () => {
  const metrics = new Metrics();
  assertEquals(valueOf(await read(metrics), "catenary_execution_threads"), 0);
  metrics.threads.follow(() => ({
    threads: 2,
    blocks: { alone: 5, together: 3 },
    held: 90,
    again: 10,
    cost: { alone: 2, together: undefined },
    prefers: "together",
  }));
  const page = await read(metrics);
  const expected: Record<string, number | undefined> = {
    threads: 2,
    'blocks_total{way="alone"}': 5,
    'blocks_total{way="together"}': 3,
    'ahead_txs_total{outcome="held"}': 90,
    'ahead_txs_total{outcome="again"}': 10,
    'transaction_seconds{way="alone"}': 0.002,
    'transaction_seconds{way="together"}': undefined,
    prefers_threads: 1,
  };
  for (const [series, value] of Object.entries(expected)) {
    assertEquals(valueOf(page, `catenary_execution_${series}`), value, series);
  }
});

Deno.test("two nodes of one process have numbers of their own", async () => {
  const [one, two] = [new Metrics(), new Metrics()];
  one.consensus.proposalSeen();
  assertEquals(valueOf(await read(one), "catenary_consensus_proposals_total"), 1);
  assertEquals(valueOf(await read(two), "catenary_consensus_proposals_total"), 0);
});

Deno.test("numbers of peers are those of who is there now, and of a bounded number of them", async () => {
  const metrics = new Metrics();
  const peer = (n: number) => ({
    id: `p${n}`,
    outbound: n % 2 === 0,
    relayed: false,
    isValidator: n === 1,
    bytesReceived: n,
    bytesSent: 0,
    score: -n,
  });
  let peers = Array.from({ length: 500 }, (_, n) => peer(n));
  metrics.network.follow(() => peers, () => 2);
  const page = await read(metrics);
  assertEquals(valueOf(page, "catenary_p2p_peers"), 500);
  assertEquals(valueOf(page, "catenary_p2p_outbound_peers"), 250);
  assertEquals(valueOf(page, "catenary_p2p_validator_peers"), 1);
  assertEquals(valueOf(page, "catenary_p2p_banned_peers"), 2);
  assertEquals(page.get("catenary_p2p_peer_score")!.samples.length, 64);
  peers = [peer(7)];
  const later = await read(metrics);
  assertEquals(later.get("catenary_p2p_peer_receive_bytes_total")!.samples.map(({ value }) => value), [7]);
});

Deno.test("whatever peers do, the page does not grow beyond its bound [property]", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string(), { minLength: 100, maxLength: 300 }), async (words) => {
      const metrics = new Metrics();
      for (const word of words) {
        metrics.network.reported(word);
        metrics.consensus.prevoteDelays(word, 1, 1);
        // Not of the closed set: not counted, and no series of its own.
        metrics.network.sent(word as "blocks", 1);
      }
      const page = await read(metrics);
      assert(page.get("catenary_p2p_reports_total")!.samples.length <= 65);
      assert(page.get("catenary_consensus_quorum_prevote_delay")!.samples.length <= 129);
      assertEquals(page.get("catenary_p2p_messages_sent_total")!.samples.length, 8);
    }),
    { numRuns: 20 },
  );
});

Deno.test("a label room keeps what it knows and calls the rest other", () => {
  const room = new LabelRoom(2);
  assertEquals(["a", "b", "c", "a", "d"].map((word) => room.of(word)), ["a", "b", OTHER, "a", OTHER]);
});

Deno.test("a distribution counts each number once, in the first bucket that holds it [property]", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 200, noNaN: true })), (numbers) => {
      const distribution = new Distribution([1, 10, 100]);
      for (const number of numbers) distribution.observe(number);
      const values = distribution.samples("x").map(({ value }) => value);
      const upTo = (bound: number) => numbers.filter((number) => number <= bound).length;
      assertEquals(values.slice(0, 4), [upTo(1), upTo(10), upTo(100), numbers.length]);
      assertEquals(values.slice(4), [numbers.reduce((sum, number) => sum + number, 0), numbers.length]);
    }),
  );
});

Deno.test("label values are escaped", async () => {
  const make = new Instruments();
  make.counter("c", "Help", ["code"]).inc({ code: 'a"b\\c\nd' });
  assertEquals(parseExposition(await make.render()).get("catenary_c")!.samples[0]!.labels["code"], 'a"b\\c\nd');
});

Deno.test("the reader of the format refuses what a scraper must", () => {
  const head = "# HELP a A thing\n# TYPE a counter\n";
  parseExposition(head + "a 1\n");
  for (
    const [page, why] of [
      [head + "a 1", "no end"],
      [head + "a 1\na 1\n", "twice"],
      [head + 'a{x="1",y="2"} 1\na{y="2",x="1"} 1\n', "twice"],
      [head + "a  1\n", "one space"],
      [head + "a 1 1700000000000\n", "no timestamp"],
      [head + "a -1\n", "negative"],
      [head + "a one\n", "not a number"],
      [head + 'a{x="1} 1\n', "malformed"],
      [head + 'a{x="1"y="2"} 1\n', "commas"],
      [head + "b 1\n", "stands under"],
      ["a 1\n", "before any TYPE"],
      ["# TYPE a counter\na 1\n", "HELP must stand"],
      [head + head, "family stands twice"],
      ["# HELP a A\n# TYPE a sum\na 1\n", "unknown"],
      ['# HELP a A\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n', "no last bucket"],
      ['# HELP a A\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n', "rise"],
      ['# HELP a A\n# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n', "last bucket"],
    ] as const
  ) assertThrows(() => parseExposition(page), Error, why);
});

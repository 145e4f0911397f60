/** What RPC tells of a running height: the answers, and events to subscribers. */
import { assertEquals } from "@std/assert";
import { EXAMPLE_PEERS, EXAMPLE_ROUND, EXAMPLE_VOTES } from "../../tests/helpers/round_examples.ts";
import { committedOf, FakeBackend } from "./fake_backend_test.ts";
import { voteText } from "./json/round.ts";
import type { RoundEvent } from "./ports.ts";
import { withServer } from "./server_harness_test.ts";
import { SubscriptionHub } from "./subscriptions.ts";

Deno.test("votes are written as CometBFT writes them", () => {
  // Each as `Vote.String()` of CometBFT v0.38.17 gives it: tests/interop/cometbft/rounds.go compares.
  assertEquals(EXAMPLE_VOTES.map(voteText), [
    "Vote{0:A0A0A0A0A0A0 12/01/SIGNED_MSG_TYPE_PREVOTE(Prevote) 111111111111 303030303030 000000000000 @ 2023-11-14T22:13:20.123456Z}",
    "Vote{1:A1A1A1A1A1A1 12/01/SIGNED_MSG_TYPE_PREVOTE(Prevote) 000000000000 313131313131 000000000000 @ 2023-11-14T22:13:20.123456001Z}",
    "Vote{2:A2A2A2A2A2A2 12/12/SIGNED_MSG_TYPE_PRECOMMIT(Precommit) 111111111111 323232323232 000000000000 @ 2023-11-14T22:13:20.123456002Z}",
  ]);
  assertEquals(voteText(undefined), "nil-Vote");
});

Deno.test("consensus_state and its dump show proposer, lock, votes and the share of power that voted", () =>
  withServer(async ({ backend, call }) => {
    Object.assign(backend, { roundView: () => EXAMPLE_ROUND });
    const { round_state: short } = await call("consensus_state");
    assertEquals(short["height/round/step"], "12/1/4");
    assertEquals(short.proposer, { address: "A2".repeat(20), index: 2 });
    assertEquals(short.proposal_block_hash, "11".repeat(32));
    assertEquals(short.height_vote_set[1].prevotes.slice(1), [voteText(EXAMPLE_VOTES[1]), "nil-Vote", "nil-Vote"]);
    assertEquals(short.height_vote_set.map((round: { prevotes_bit_array: string }) => round.prevotes_bit_array), [
      "BA{4:____} 0/100 = 0.00",
      "BA{4:xx__} 30/100 = 0.30",
    ]);
    const { round_state: full } = await call("dump_consensus_state");
    assertEquals([full.height, full.round, full.step, full.locked_round, full.commit_round], ["12", 1, 4, 0, -1]);
    assertEquals(full.last_commit.votes_bit_array, "BA{4:_xxx} 90/100 = 0.90");
    assertEquals(full.last_commit.votes[3].includes("/SIGNED_MSG_TYPE_PRECOMMIT(Precommit) 000000000000 "), true);
    assertEquals(full.proposal_block_parts, { "count/total": "2/2", parts_bit_array: "xx" });
    assertEquals(full.validators.validators.length, 4);
  }));

Deno.test("net_info and the dump name the peers", () =>
  withServer(async ({ backend, call }) => {
    Object.assign(backend, { netInfo: () => EXAMPLE_PEERS });
    const info = await call("net_info");
    assertEquals([info.listening, info.n_peers, info.peers[0].node_info.moniker], [true, "1", "far"]);
    assertEquals(info.peers[0].connection_status.RecvMonitor.AvgRate, "20000");
    const { peers } = await call("dump_consensus_state");
    assertEquals(peers[0].node_address, `${"ab".repeat(20)}@/ip4/10.0.0.9/tcp/26656/p2p/12D3KooWfar`);
  }));

const PLACE = { height: 12n, round: 1, step: "prevote" };
const ID = EXAMPLE_VOTES[0]!.blockId;

/** A hub over a backend that tells of rounds, and what each query was sent. */
function hub() {
  const backend = new FakeBackend();
  const listeners = new Set<(event: RoundEvent) => void>();
  const onRound = (listener: (event: RoundEvent) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  Object.assign(backend, { onRound });
  const made = new SubscriptionHub(backend, { subscriptionsPerClientMax: 5, queryBytesMax: 500 });
  const subscribe = (query: string) => {
    const sent: { type: string; value: unknown; events: unknown }[] = [];
    const client = {
      send(text: string) {
        const { data, events } = JSON.parse(text).result;
        sent.push({ ...data, events });
      },
    };
    assertEquals(made.subscribe(client, query, "1"), undefined);
    return { sent, leave: () => made.unsubscribeAll(client) };
  };
  return { backend, listeners, subscribe, tell: (event: RoundEvent) => listeners.forEach((listen) => listen(event)) };
}

Deno.test("events of rounds have CometBFT's names, types and fields", () => {
  const { subscribe, tell } = hub();
  const { sent } = subscribe("tm.event EXISTS");
  tell({ type: "NewRound", ...PLACE, proposer: { address: new Uint8Array(20).fill(0xa2), index: 2 } });
  tell({ type: "CompleteProposal", ...PLACE, step: "propose", blockId: ID });
  tell({ type: "TimeoutWait", ...PLACE });
  tell({ type: "Polka", ...PLACE });
  tell({ type: "Vote", vote: EXAMPLE_VOTES[0]! });
  const place = { height: "12", round: 1 };
  const block_id = { hash: "11".repeat(32), parts: { total: 2, hash: "12".repeat(32) } };
  assertEquals(sent.slice(0, 4), [
    {
      type: "tendermint/event/NewRound",
      value: { ...place, step: "RoundStepNewRound", proposer: { address: "A2".repeat(20), index: 2 } },
      events: { "tm.event": ["NewRound"] },
    },
    {
      type: "tendermint/event/CompleteProposal",
      value: { ...place, step: "RoundStepPropose", block_id },
      events: { "tm.event": ["CompleteProposal"] },
    },
    {
      type: "tendermint/event/RoundState",
      value: { ...place, step: "RoundStepPrevoteWait" },
      events: { "tm.event": ["TimeoutWait"] },
    },
    {
      type: "tendermint/event/RoundState",
      value: { ...place, step: "RoundStepPrevote" },
      events: { "tm.event": ["Polka"] },
    },
  ]);
  assertEquals(sent[4]!.type, "tendermint/event/Vote");
  assertEquals((sent[4]!.value as { Vote: { validator_index: number } }).Vote.validator_index, 0);
});

Deno.test("a node is asked for its rounds only while a query could match one", () => {
  const { backend, listeners, subscribe, tell } = hub();
  const blocks = subscribe("tm.event = 'NewBlock'");
  const transfers = subscribe("transfer.recipient = 'cat1abc'");
  const both = subscribe("tm.event = 'Vote' AND tx.height = 5");
  assertEquals(listeners.size, 0);
  const votes = subscribe("tm.event = 'Vote'");
  const any = subscribe("tm.event EXISTS");
  assertEquals(listeners.size, 1);
  tell({ type: "Vote", vote: EXAMPLE_VOTES[0]! });
  tell({ type: "Lock", ...PLACE });
  assertEquals([blocks, transfers, both, votes, any].map(({ sent }) => sent.length), [0, 0, 0, 1, 2]);
  votes.leave();
  assertEquals(listeners.size, 1);
  any.leave();
  assertEquals(listeners.size, 0);
  backend.publish(committedOf(3n));
  assertEquals(blocks.sent.length, 1);
});

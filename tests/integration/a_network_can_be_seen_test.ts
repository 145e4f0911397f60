/** What operators see of a network: numbers, peers, the running height, events within it, lines of the log. @module */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Family, parseExposition, valueOf } from "../helpers/exposition.ts";
import { MemoryTestnet } from "../helpers/memory_testnet.ts";
import { rpc } from "../helpers/rpc_client.ts";

type Page = ReadonlyMap<string, Family>;

async function pageOf(url: string | undefined): Promise<Page> {
  return parseExposition(await (await fetch(url!)).text());
}

/** Opens a websocket and gives the data of events as they come, one name each. */
function listen(rpcAddress: string, names: readonly string[]) {
  const socket = new WebSocket(`${rpcAddress.replace("http", "ws")}/websocket`);
  // deno-lint-ignore no-explicit-any
  const found = new Map<string, any>();
  const { promise: all, resolve } = Promise.withResolvers<void>();
  socket.onopen = () =>
    names.forEach((name, id) =>
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "subscribe", params: { query: `tm.event='${name}'` } }))
    );
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(data);
    if (result?.data === undefined) return;
    found.set(names[id]!, result.data);
    if (found.size === names.length) resolve();
  };
  const close = () =>
    new Promise<void>((closed) => {
      socket.onclose = () => closed();
      socket.close();
    });
  return { found, all, close };
}

const EVENTS = ["NewRound", "NewRoundStep", "CompleteProposal", "Vote", "Polka", "ValidBlock", "Lock"];

Deno.test("four validators in one process: each shows the network it is in, and who is missing from it", async () => {
  const net = await MemoryTestnet.make({
    validators: 4,
    config: { logging: { level: "debug", format: "json" }, observability: { metrics_listen: "127.0.0.1:0" } },
  });
  try {
    await net.startAll();
    const seen = net.nodes.get(0)!;
    const { rpcAddress, metricsAddress } = seen.node;
    const events = listen(rpcAddress, EVENTS);
    await Promise.all([net.reach(5n), events.all]);
    await events.close();
    assertEquals(events.found.get("Polka").type, "tendermint/event/RoundState");
    const { validators } = await rpc(rpcAddress, "validators");
    const addresses = validators.map(({ address }: { address: string }) => address);
    assert(addresses.includes(events.found.get("NewRound").value.proposer.address));
    assert(addresses.includes(events.found.get("Vote").value.Vote.validator_address));

    const { n_peers, peers } = await rpc(rpcAddress, "net_info");
    assertEquals([n_peers, peers.length], ["3", 3]);
    assert(peers.some(({ node_info }: { node_info: { moniker: string } }) => node_info.moniker === "node1"));
    const { round_state } = await rpc(rpcAddress, "dump_consensus_state");
    assertEquals(round_state.validators.validators.length, 4);
    assertEquals(round_state.votes[0].prevotes.length, 4);

    const page = await pageOf(metricsAddress);
    const value = (series: string) => valueOf(page, `catenary_${series}`) ?? 0;
    assertEquals(value("consensus_validators"), 4);
    assertEquals(value("consensus_validators_power"), 40);
    assertEquals(value("p2p_peers"), 3);
    for (
      const series of [
        "consensus_latest_block_height",
        "consensus_block_interval_seconds_count",
        "consensus_round_duration_seconds_count",
        'consensus_step_duration_seconds_count{step="Prevote"}',
        'consensus_votes_total{type="precommit"}',
        'consensus_proposal_receive_count{status="accepted"}',
        "consensus_sign_duration_seconds_count",
        "state_validation_duration_seconds_count",
        'storage_persist_duration_seconds_count{what="wal"}',
        'p2p_message_receive_bytes_total{message_type="consensus"}',
        'p2p_message_send_bytes_total{message_type="consensus"}',
      ]
    ) assertGreater(value(series), 0, series);

    await net.stop(3);
    const from = net.highest;
    await net.until(() => net.highest >= from + 8n);
    const later = await pageOf(metricsAddress);
    assertEquals(valueOf(later, "catenary_p2p_peers"), 2);
    assertEquals(valueOf(later, "catenary_consensus_missing_validators"), 1);
    assertEquals(valueOf(later, "catenary_consensus_missing_validators_power"), 10);
    assertGreater(valueOf(later, 'catenary_consensus_timeouts_total{step="propose"}')!, 0);

    const lines = seen.log.map((line) => JSON.parse(line));
    const said = (message: string) => lines.find((line) => line.message === message);
    for (const message of ["block committed", "chain grows", "peer joined", "peer left", "no proposal in time"]) {
      assert(said(message) !== undefined, `${message} among ${[...new Set(lines.map((line) => line.message))]}`);
    }
    assert(addresses.includes(said("no proposal in time").proposer));
  } finally {
    await net.close();
  }
});

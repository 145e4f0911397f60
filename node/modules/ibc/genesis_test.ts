import { assert, assertEquals } from "@std/assert";
import { Order } from "cosmjs-types/ibc/core/channel/v1/channel";
import { testContext } from "../../../tests/helpers/context.ts";
import { codeOf, PORT, SECOND, TwinChain, Twins } from "../../../tests/helpers/twin_chains.ts";
import type { Reading } from "../../app/ports.ts";
import { ok } from "../../core/result.ts";
import { runResident, type Work } from "../../core/work.ts";
import type { StateReader } from "../../state/view.ts";
import { type ClientGenesis, exportIbcGenesis, initIbcGenesis } from "./genesis.ts";
import { LOCALHOST_CONNECTION } from "./connection/keeper.ts";

const CLIENTS: ClientGenesis = {
  init: () => ok(undefined),
  // deno-lint-ignore require-yield
  *export() {
    return undefined;
  },
};

function readingOf(view: StateReader): Reading {
  // deno-lint-ignore require-yield
  return function* <T>(run: (view: StateReader) => T): Work<T> {
    return run(view);
  };
}

const exported = ({ keeper, journal }: TwinChain) =>
  JSON.parse(JSON.stringify(runResident(exportIbcGenesis(keeper, CLIENTS, readingOf(journal)))));

function imported(json: unknown) {
  const chain = new TwinChain();
  const result = initIbcGenesis(chain.keeper, CLIENTS, testContext({}, chain.journal), json);
  return { chain, result };
}

/** All but what is the clients' own. */
const stateOf = ({ journal }: TwinChain) =>
  journal.changes()
    .map(({ key, value }) => [new TextDecoder().decode(key), value?.toHex()])
    .filter(([key, value]) => value !== undefined && key !== "clients/07-tendermint-0/clientState");

/** A chain with a bit of everything, that began with a genesis. */
function used(): TwinChain {
  const twins = new Twins();
  for (const { keeper, journal } of [twins.a, twins.b]) {
    assert(initIbcGenesis(keeper, CLIENTS, testContext({}, journal), undefined).ok);
  }
  twins.connect(7n * SECOND);
  twins.open(Order.ORDER_UNORDERED);
  const ordered = twins.open(Order.ORDER_ORDERED, 1);
  const free = { portId: PORT, channelId: "channel-0" };
  for (let i = 0; i < 12; i++) {
    const packets = [free, ordered].map((end) => twins.a.send(end, `${i}`, { height: 1000n }));
    twins.blocks();
    if (i < 10) { for (const packet of packets) assert(twins.receive(packet).result.ok); }
  }
  const back = twins.b.send(free, "back", { height: 1000n });
  assertEquals(back.sequence, 1n);
  return twins.b;
}

Deno.test("export and import give the same state, whatever there is", () => {
  const chain = used();
  const json = exported(chain);
  const { chain: copy, result } = imported(json);
  assertEquals(codeOf(result), "ok");
  assertEquals(stateOf(copy), stateOf(chain));
  assertEquals(exported(copy), json);
  const { channel_genesis: channels, connection_genesis: connections } = json;
  assertEquals(connections.connections.map(({ id }: { id: string }) => id), ["connection-0", "connection-localhost"]);
  assertEquals(connections.client_connection_paths, [{ client_id: "07-tendermint-0", paths: ["connection-0"] }]);
  assertEquals([channels.receipts.length, channels.acknowledgements.length, channels.commitments.length], [10, 20, 1]);
  assertEquals(channels.recv_sequences.map(({ sequence }: { sequence: string }) => sequence), ["1", "11"]);
});

Deno.test("JSON of ibc-go: names, numbers as text, bytes in base64, enumerations by name", () => {
  const json = exported(used());
  assertEquals(json.connection_genesis.connections[0], {
    id: "connection-0",
    client_id: "07-tendermint-0",
    versions: [{ identifier: "1", features: ["ORDER_ORDERED", "ORDER_UNORDERED"] }],
    state: "STATE_OPEN",
    counterparty: { client_id: "07-tendermint-0", connection_id: "connection-0", prefix: { key_prefix: "aWJj" } },
    delay_period: "7000000000",
  });
  assertEquals(json.channel_genesis.channels[0], {
    state: "STATE_OPEN",
    ordering: "ORDER_UNORDERED",
    counterparty: { port_id: "mock", channel_id: "channel-0" },
    connection_hops: ["connection-0"],
    version: "mock-1",
    port_id: "mock",
    channel_id: "channel-0",
  });
  assertEquals(json.channel_genesis.receipts[0], {
    port_id: "mock",
    channel_id: "channel-0",
    sequence: "1",
    data: "AQ==",
  });
  assertEquals(json.channel_genesis.next_channel_sequence, "2");
  assertEquals(json.connection_genesis.params, { max_expected_time_per_block: "30000000000" });
});

Deno.test("long lists are read page by page", () => {
  const chain = new TwinChain();
  const end = { portId: PORT, channelId: "channel-0" };
  for (let sequence = 1n; sequence <= 2500n; sequence++) {
    chain.keeper.channels.setRecord(chain.journal, "receipt", { ...end, sequence }, Uint8Array.of(1));
  }
  let pages = 0;
  const counting: StateReader = {
    get: (store, key) => chain.journal.get(store, key),
    page(store, page) {
      assert(page.limit <= 1000);
      pages++;
      return chain.journal.page(store, page);
    },
  };
  const json = runResident(exportIbcGenesis(chain.keeper, CLIENTS, readingOf(counting))) as {
    channel_genesis: { receipts: { sequence: string }[] };
  };
  const { receipts } = json.channel_genesis;
  assertEquals(new Set(receipts.map(({ sequence }) => sequence)).size, 2500);
  assert(pages > 3);
});

Deno.test("without a genesis there are no channels, and the connection of the chain to itself", () => {
  for (const json of [undefined, {}, { connection_genesis: null, channel_genesis: null }]) {
    const { chain, result } = imported(json);
    assertEquals(codeOf(result), "ok");
    const { keeper, journal } = chain;
    assertEquals(keeper.connections.connection(journal, "connection-localhost"), LOCALHOST_CONNECTION);
    assertEquals([keeper.connections.nextSequence(journal), keeper.channels.nextSequence(journal)], [0n, 0n]);
  }
});

Deno.test("lists that ibc-go leaves empty, and its version 2 without anything, are taken", () => {
  const { result } = imported({
    connection_genesis: { connections: [], client_connection_paths: null, next_connection_sequence: "3" },
    channel_genesis: { channels: [], receipts: null, next_channel_sequence: "0" },
    client_v2_genesis: { counterparty_infos: [] },
    channel_v2_genesis: { acknowledgements: [], commitments: [], receipts: [], async_packets: [], send_sequences: [] },
  });
  assertEquals(codeOf(result), "ok");
});

Deno.test("a genesis that contradicts itself is refused and says where", () => {
  type Json = ReturnType<typeof exported>;
  const cases: [string, (json: Json) => void][] = [
    ["next sequence", ({ channel_genesis: genesis }) => genesis.next_channel_sequence = "1"],
    ["next sequence", ({ connection_genesis: genesis }) => genesis.next_connection_sequence = "0"],
    ["twice", ({ channel_genesis: { channels } }) => channels.push(channels[0])],
    ["twice", ({ connection_genesis: { connections } }) => connections.push(connections[0])],
    ["not channel-<n>", ({ channel_genesis: { channels } }) => channels[0].channel_id = "channel-x"],
    ["not connection-<n>", ({ connection_genesis: { connections } }) => connections[0].id = "connection-x"],
    ["not a connection over", (json) => json.connection_genesis.client_connection_paths[0].paths.push("connection-9")],
    ["connection-7", ({ channel_genesis: { channels } }) => channels[0].connection_hops = ["connection-7"]],
    ["known name", ({ channel_genesis: { channels } }) => channels[0].ordering = "ORDER_NONE_UNSPECIFIED"],
    ["32 bytes", ({ channel_genesis: { commitments } }) => commitments[0].data = "AQ=="],
    ["more than 0", ({ channel_genesis: { receipts } }) => receipts[0].sequence = "0"],
    ["uint64", ({ channel_genesis: genesis }) => genesis.next_channel_sequence = "18446744073709551616"],
    ["more than 0", ({ connection_genesis: { params } }) => params.max_expected_time_per_block = "0"],
    ["no IBC v2", (json) => json.channel_v2_genesis = { commitments: [{}] }],
    ["unrecognized", (json) => json.other = 1],
    ["prefix", ({ connection_genesis: { connections } }) => connections[0].counterparty.prefix.key_prefix = ""],
    ["identifier", ({ channel_genesis: { receipts } }) => receipts[0].port_id = "a/b"],
  ];
  for (const [text, change] of cases) {
    const json = exported(used());
    change(json);
    const { result } = imported(json);
    assert(!result.ok, text);
    assert(result.error.message.toLowerCase().includes(text.toLowerCase()), `${result.error.message} has no ${text}`);
  }
});

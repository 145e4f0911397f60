import { assert, assertEquals } from "@std/assert";
import { ConnectionEnd, State } from "cosmjs-types/ibc/core/connection/v1/connection";
import { MsgConnectionOpenConfirm, MsgConnectionOpenInit } from "cosmjs-types/ibc/core/connection/v1/tx";
import { MsgConnectionOpenAck, MsgConnectionOpenTry } from "cosmjs-types/ibc/core/connection/v1/tx";
import {
  ackMessage,
  CLIENT,
  codeOf,
  PREFIX,
  PROOF,
  SECOND,
  tryMessage,
  Twins,
} from "../../../../tests/helpers/twin_chains.ts";
import { encode } from "../../../core/codec/mod.ts";
import { DEFAULT_PARAMS, LOCALHOST_CONNECTION } from "./keeper.ts";

const BOTH = { identifier: "1", features: ["ORDER_ORDERED", "ORDER_UNORDERED"] };
const COUNTERPARTY = { clientId: CLIENT, connectionId: "", prefix: PREFIX };
const init = (twins: Twins, change: Partial<MsgConnectionOpenInit> = {}) =>
  twins.a.run(MsgConnectionOpenInit, { clientId: CLIENT, counterparty: COUNTERPARTY, delayPeriod: 0n, ...change });

/** Twins after the first so many steps of the handshake. */
function after(steps: 0 | 1 | 2 | 3, delayPeriod = 0n): Twins {
  const twins = new Twins();
  if (steps > 0) assert(init(twins, { delayPeriod }).result.ok);
  twins.blocks();
  if (steps > 1) twins.b.must(MsgConnectionOpenTry, tryMessage({ proofHeight: twins.proof(twins.a), delayPeriod }));
  twins.blocks();
  if (steps > 2) twins.a.must(MsgConnectionOpenAck, ackMessage({ proofHeight: twins.proof(twins.b) }));
  twins.blocks();
  return twins;
}

Deno.test("four steps open a connection, each end under the other's client, and each step has its event", () => {
  const twins = new Twins();
  twins.connect(60n * SECOND);
  for (const { keeper, journal } of [twins.a, twins.b]) {
    assertEquals(keeper.connections.connection(journal, "connection-0"), {
      clientId: CLIENT,
      versions: [BOTH],
      state: State.STATE_OPEN,
      counterparty: { clientId: CLIENT, connectionId: "connection-0", prefix: PREFIX },
      delayPeriod: 60n * SECOND,
    });
    assertEquals(keeper.connections.clientConnections(journal, CLIENT), ["connection-0"]);
    assertEquals(keeper.connections.nextSequence(journal), 1n);
  }
});

Deno.test("each step tells of its connection, and what ibc-go tells with it", () => {
  const twins = after(0);
  const steps = [
    init(twins),
    (twins.blocks(), twins.b.must(MsgConnectionOpenTry, tryMessage({ proofHeight: twins.proof(twins.a) }))),
    (twins.blocks(), twins.a.must(MsgConnectionOpenAck, ackMessage({ proofHeight: twins.proof(twins.b) }))),
    (twins.blocks(),
      twins.b.must(MsgConnectionOpenConfirm, {
        connectionId: "connection-0",
        proofAck: PROOF,
        proofHeight: twins.proof(twins.a),
      })),
  ];
  const head = [["connection_id", "connection-0"], ["client_id", CLIENT], ["counterparty_client_id", CLIENT]];
  const whole = [...head, ["counterparty_connection_id", "connection-0"]];
  const told = steps.map(({ events }) =>
    events.map(({ type, attributes }) => [type, attributes.map(({ key, value }) => [key, value])])
  );
  const module = ["message", [["module", "ibc_connection"]]];
  assertEquals(told, [
    [["connection_open_init", head], module],
    [["connection_open_try", whole], module],
    [["connection_open_ack", whole], module],
    [["connection_open_confirm", whole], module],
  ]);
});

Deno.test("what a proof must show is the other end, with the versions and the delay of this step", () => {
  const twins = new Twins();
  twins.connect(9n);
  const [confirm] = twins.b.clients.asked.slice(-1);
  assertEquals(confirm!.path, "connections/connection-0");
  const { delayTime, delayBlocks } = confirm!.proof;
  assertEquals([delayTime, delayBlocks], [0n, 0n], "the delay is for packets");
  const end = twins.a.keeper.connections.connection(twins.a.journal, "connection-0")!;
  assertEquals(confirm!.value, encode(ConnectionEnd, end));
});

Deno.test("INIT: what is refused, with its code", () => {
  const cases: [string, Partial<MsgConnectionOpenInit>][] = [
    ["client/10", { clientId: "09-localhost" }],
    ["host/2", { clientId: "x" }],
    ["connection/7", { counterparty: { ...COUNTERPARTY, connectionId: "connection-1" } }],
    ["connection/7", { counterparty: { ...COUNTERPARTY, prefix: { keyPrefix: new Uint8Array() } } }],
    ["connection/7", { counterparty: { ...COUNTERPARTY, prefix: { keyPrefix: new Uint8Array(129) } } }],
    ["host/2", { counterparty: { ...COUNTERPARTY, clientId: "" } }],
    ["connection/9", { version: { identifier: " ", features: [] } }],
    ["connection/9", { version: { identifier: "1", features: [""] } }],
    ["connection/9", { version: { identifier: "1", features: new Array(101).fill("x") } }],
    ["connection/9", { version: { identifier: "2", features: ["ORDER_ORDERED"] } }],
    ["connection/9", { version: { identifier: "1", features: [] } }],
    ["connection/9", { version: { identifier: "1", features: ["ORDER_DAG"] } }],
    ["client/4", { clientId: "07-tendermint-7" }],
    ["ok", { version: { identifier: "1", features: ["ORDER_ORDERED"] } }],
  ];
  for (const [code, change] of cases) assertEquals(codeOf(init(new Twins(), change).result), code);
  const frozen = new Twins();
  frozen.a.clients.state = "Frozen";
  assertEquals(codeOf(init(frozen).result), "client/29");
});

Deno.test("TRY: what is refused, with its code", () => {
  const counterparty = { clientId: CLIENT, connectionId: "connection-0", prefix: PREFIX };
  const cases: [string, Partial<MsgConnectionOpenTry>][] = [
    ["ok", {}],
    ["client/10", { clientId: "09-localhost" }],
    ["host/2", { counterparty: { ...counterparty, connectionId: "" } }],
    ["ibc/10", { counterpartyVersions: [] }],
    ["ibc/10", { counterpartyVersions: new Array(101).fill(BOTH) }],
    ["connection/9", { counterpartyVersions: [{ identifier: "", features: [] }] }],
    ["commitment/2", { proofInit: new Uint8Array() }],
    ["connection/10", { counterpartyVersions: [{ identifier: "2", features: ["ORDER_ORDERED"] }] }],
    ["connection/10", { counterpartyVersions: [{ identifier: "1", features: ["ORDER_DAG"] }] }],
    // None of these is what the other chain has stored.
    ["client/30", { counterpartyVersions: [{ identifier: "1", features: ["ORDER_ORDERED"] }] }],
    ["client/30", { delayPeriod: 1n }],
    ["client/30", { counterparty: { ...counterparty, clientId: "07-tendermint-1" } }],
    ["client/30", { counterparty: { ...counterparty, connectionId: "connection-1" } }],
    ["client/30", { clientId: "07-tendermint-1" }],
    ["client/30", { proofInit: Uint8Array.of(1) }],
  ];
  for (const [code, change] of cases) {
    const twins = after(1);
    const message = tryMessage({ proofHeight: twins.proof(twins.a), ...change });
    assertEquals(codeOf(twins.b.run(MsgConnectionOpenTry, message).result), code, JSON.stringify(Object.keys(change)));
  }
});

Deno.test("TRY agrees on the features of both", () => {
  const twins = new Twins();
  assert(init(twins, { version: { identifier: "1", features: ["ORDER_UNORDERED"] } }).result.ok);
  twins.blocks();
  const counterpartyVersions = [{ identifier: "1", features: ["ORDER_UNORDERED"] }];
  twins.b.must(MsgConnectionOpenTry, tryMessage({ counterpartyVersions, proofHeight: twins.proof(twins.a) }));
  const { versions } = twins.b.keeper.connections.connection(twins.b.journal, "connection-0")!;
  assertEquals(versions, counterpartyVersions);
});

Deno.test("ACK: what is refused, with its code", () => {
  const cases: [string, 0 | 1 | 2 | 3, Partial<MsgConnectionOpenAck>][] = [
    ["ok", 2, {}],
    ["connection/3", 0, {}],
    ["connection/6", 3, {}],
    ["client/30", 1, {}],
    ["connection/11", 2, { connectionId: "connection-localhost" }],
    ["connection/11", 2, { connectionId: "my-connection" }],
    ["host/2", 2, { counterpartyConnectionId: "" }],
    ["connection/9", 2, { version: { identifier: "", features: [] } }],
    ["commitment/2", 2, { proofTry: new Uint8Array() }],
    ["connection/6", 2, { version: { identifier: "2", features: ["ORDER_ORDERED"] } }],
    ["connection/6", 2, { version: { identifier: "1", features: ["ORDER_DAG"] } }],
    ["client/30", 2, { version: { identifier: "1", features: ["ORDER_ORDERED"] } }],
    ["client/30", 2, { counterpartyConnectionId: "connection-1" }],
    ["client/30", 2, { proofTry: Uint8Array.of(1) }],
  ];
  for (const [code, steps, change] of cases) {
    const twins = after(steps);
    const message = ackMessage({ proofHeight: twins.proof(twins.b), ...change });
    assertEquals(codeOf(twins.a.run(MsgConnectionOpenAck, message).result), code, JSON.stringify(change));
  }
});

Deno.test("ACK without a version is refused, though the schema lets it be left out", () => {
  const twins = after(2);
  const { version: _, ...message } = ackMessage({ proofHeight: twins.proof(twins.b) });
  assertEquals(codeOf(twins.a.run(MsgConnectionOpenAck, message).result), "connection/9");
});

Deno.test("CONFIRM: what is refused, with its code", () => {
  const cases: [string, 2 | 3, Partial<MsgConnectionOpenConfirm>][] = [
    ["ok", 3, {}],
    ["client/30", 2, {}],
    ["connection/3", 3, { connectionId: "connection-1" }],
    ["connection/11", 3, { connectionId: "connection-localhost" }],
    ["commitment/2", 3, { proofAck: new Uint8Array() }],
    ["client/30", 3, { proofAck: Uint8Array.of(1) }],
  ];
  for (const [code, steps, change] of cases) {
    const twins = after(steps);
    const proofHeight = twins.proof(twins.a);
    const message = { connectionId: "connection-0", proofAck: PROOF, proofHeight, ...change };
    assertEquals(codeOf(twins.b.run(MsgConnectionOpenConfirm, message).result), code);
  }
  const open = new Twins();
  open.connect();
  const again = { connectionId: "connection-0", proofAck: PROOF, proofHeight: open.proof(open.a) };
  assertEquals(codeOf(open.b.run(MsgConnectionOpenConfirm, again).result), "connection/6");
});

Deno.test("a refused step writes nothing, not even a number", () => {
  const { b } = new Twins();
  const before = b.journal.changes().length;
  assertEquals(codeOf(b.run(MsgConnectionOpenTry, tryMessage({})).result), "client/30");
  assertEquals(b.journal.changes().length, before);
});

Deno.test("the connection of a chain to itself is there from the start, also where no genesis wrote it", () => {
  const { a } = new Twins();
  assertEquals(a.keeper.connections.connection(a.journal, "connection-localhost"), LOCALHOST_CONNECTION);
  assertEquals(a.keeper.connections.params(a.journal), DEFAULT_PARAMS);
});

Deno.test("the delay in blocks is that in time over the longest time of a block, rounded up", () => {
  const { keeper: { connections }, journal } = new Twins().a;
  connections.setParams(journal, { maxExpectedTimePerBlock: 30n * SECOND });
  const delays = [0n, 1n, 30n * SECOND, 30n * SECOND + 1n, 3600n * SECOND];
  assertEquals(delays.map((delay) => connections.blockDelay(journal, delay)), [0n, 1n, 1n, 2n, 120n]);
  // As floating point has it, which is what other chains compute: the largest delay has no room for its last bits.
  assertEquals(connections.blockDelay(journal, (1n << 64n) - 1n), 614891470n);
  connections.setParams(journal, { maxExpectedTimePerBlock: 0n });
  assertEquals(connections.blockDelay(journal, 5n), 0n);
});

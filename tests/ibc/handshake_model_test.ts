/** Clients and handshakes do what a model of ICS-02 and ICS-03 says, in whatever order messages come. @module */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { type Action, type ChainFacts, ClaimedChains, type EndFacts } from "../helpers/claimed_chains.ts";

const HEIGHT_MAX = 4;
const NOT_ACTIVE = "client/29";
const NO_CONSENSUS = "client/7";
const OLD_HEADER = "client/12";
const NOT_PROVEN = "client/30";
const NO_CONNECTION = "connection/3";
const WRONG_STATE = "connection/6";

/** The two chains in numbers; every action answers what the chain must answer. */
class Model {
  readonly chains: [ChainFacts, ChainFacts] = [{ clients: [], connections: [] }, { clients: [], connections: [] }];

  apply(action: Action): string {
    const own = this.chains[action.chain];
    switch (action.do) {
      case "create":
        own.clients.push([action.height]);
        return "ok";
      case "update": {
        const known = own.clients[action.client];
        if (known === undefined) return NOT_ACTIVE;
        if (action.height <= known.at(-1)!) return OLD_HEADER;
        known.push(action.height);
        return "ok";
      }
      case "init": {
        const { client, theirClient } = action;
        if (own.clients[client] === undefined) return NOT_ACTIVE;
        own.connections.push({ state: "init", client, theirClient, theirConnection: undefined });
        return "ok";
      }
      case "try": {
        const { client, theirClient, theirConnection } = action;
        const end: EndFacts = { state: "try", client, theirClient, theirConnection };
        const theirs: EndFacts = {
          state: "init",
          client: theirClient,
          theirClient: client,
          theirConnection: undefined,
        };
        const code = this.#prove(action, end, theirs);
        if (code === "ok") own.connections.push(end);
        return code;
      }
      case "ack": {
        const { connection, theirConnection } = action;
        return this.#goOn(action, connection, "init", (end) => [{ ...end, theirConnection }, "try"]);
      }
      case "confirm":
        return this.#goOn(action, action.connection, "try", (end) => [end, "open"]);
    }
  }

  /** An end in `state` opens when the other one is as `next` says. */
  #goOn(
    action: Action & { height: number },
    connection: number,
    state: EndFacts["state"],
    next: (end: EndFacts) => [EndFacts, EndFacts["state"]],
  ): string {
    const { connections } = this.chains[action.chain];
    const found = connections[connection];
    if (found === undefined) return NO_CONNECTION;
    if (found.state !== state) return WRONG_STATE;
    const [end, theirState] = next(found);
    const { client, theirClient } = end;
    const theirs = { state: theirState, client: theirClient, theirClient: client, theirConnection: connection };
    const code = this.#prove(action, end, theirs);
    if (code === "ok") connections[connection] = { ...end, state: "open" };
    return code;
  }

  #prove({ chain, height }: Action & { height: number }, end: EndFacts, theirs: EndFacts): string {
    const known = this.chains[chain].clients[end.client];
    if (known === undefined) return NOT_ACTIVE;
    if (!known.includes(height)) return NO_CONSENSUS;
    const there = this.chains[chain === 0 ? 1 : 0].connections[end.theirConnection!];
    return JSON.stringify(there) === JSON.stringify(theirs) ? "ok" : NOT_PROVEN;
  }
}

const chain = fc.constantFrom<0 | 1>(0, 1);
const number = fc.constantFrom(0, 0, 0, 1, 1, 2);
const height = fc.integer({ min: 1, max: HEIGHT_MAX });
const client = number;
const connection = number;
const theirs = { theirClient: number, theirConnection: number };
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("create" as const), chain, height: fc.constantFrom(1, 1, 2) }),
    fc.record({ do: fc.constant("update" as const), chain, client, height }),
    fc.record({ do: fc.constant("init" as const), chain, client, theirClient: number }),
    fc.record({ do: fc.constant("try" as const), chain, client, ...theirs, height }),
    fc.record({ do: fc.constant("ack" as const), chain, connection, theirConnection: number, height }),
    fc.record({ do: fc.constant("confirm" as const), chain, connection, height }),
  ),
  { minLength: 30, maxLength: 120, size: "max" },
);

/** Runs both and compares after every step; answers how often each outcome was seen. */
function compare(steps: readonly Action[], seen: Map<string, number> = new Map()): void {
  const chains = new ClaimedChains();
  const model = new Model();
  for (const [i, action] of steps.entries()) {
    const expected = model.apply(action);
    assertEquals(chains.apply(action), expected, `step ${i}: ${JSON.stringify(action)}`);
    for (const at of [0, 1] as const) assertEquals(chains.facts(at, HEIGHT_MAX), model.chains[at], `after step ${i}`);
    const outcome = `${action.do} ${expected}`;
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  }
}

/** Both chains know each other at height 1, and a connection goes through all four steps. */
const STRAIGHT: readonly Action[] = [
  { do: "create", chain: 0, height: 1 },
  { do: "create", chain: 1, height: 1 },
  { do: "init", chain: 0, client: 0, theirClient: 0 },
  { do: "try", chain: 1, client: 0, theirClient: 0, theirConnection: 0, height: 1 },
  { do: "ack", chain: 0, connection: 0, theirConnection: 0, height: 1 },
  { do: "confirm", chain: 1, connection: 0, height: 1 },
];

Deno.test("a handshake without detours opens a connection", () => {
  const chains = new ClaimedChains();
  for (const action of STRAIGHT) assertEquals(chains.apply(action), "ok", action.do);
  const end: EndFacts = { state: "open", client: 0, theirClient: 0, theirConnection: 0 };
  for (const at of [0, 1] as const) assertEquals(chains.facts(at, 1), { clients: [[1]], connections: [end] });
  compare(STRAIGHT);
});

Deno.test("clients and handshakes answer as the model, whatever is sent, and a refusal changes nothing", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(actions, fc.nat(5), (steps, head) => compare([...STRAIGHT.slice(0, head), ...steps], seen)),
    { numRuns: 150 },
  );
  const outcomes = [
    ...["create ok", "update ok", `update ${NOT_ACTIVE}`, `update ${OLD_HEADER}`, "init ok", `init ${NOT_ACTIVE}`],
    ...["try ok", `try ${NOT_ACTIVE}`, `try ${NO_CONSENSUS}`, `try ${NOT_PROVEN}`],
    ...["ack", "confirm"].flatMap((step) =>
      ["ok", NO_CONNECTION, WRONG_STATE, NO_CONSENSUS, NOT_PROVEN].map((code) => `${step} ${code}`)
    ),
  ];
  for (const outcome of outcomes) assert(seen.has(outcome), `never seen: ${outcome}`);
});

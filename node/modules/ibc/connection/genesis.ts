/** Genesis of connections: `connection_genesis` in the JSON of ibc-go v10. @module */
import { ConnectionEnd, State } from "cosmjs-types/ibc/core/connection/v1/connection";
import { z } from "zod";
import type { Context, Reading } from "../../../app/ports.ts";
import { sdkRefusal } from "../../../core/errors.ts";
import { LOCALHOST_CONNECTION_ID, parseConnectionSequence } from "../../../core/ibc/mod.ts";
import { listUnder } from "../../../core/listing.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Work } from "../../../core/work.ts";
import { bytes, identifier, list, named, optionalIdentifier, uint64 } from "../genesis_json.ts";
import { type ConnectionKeeper, DEFAULT_PARAMS, LOCALHOST_CONNECTION } from "./keeper.ts";
import { connectionId, CONNECTIONS_PREFIX, STORE } from "./keys.ts";
import { checkVersion } from "./versions.ts";

const STATES = {
  STATE_UNINITIALIZED_UNSPECIFIED: State.STATE_UNINITIALIZED_UNSPECIFIED,
  STATE_INIT: State.STATE_INIT,
  STATE_TRYOPEN: State.STATE_TRYOPEN,
  STATE_OPEN: State.STATE_OPEN,
} as const;

const connectionJson = z.strictObject({
  id: identifier("connection"),
  client_id: identifier("client"),
  versions: z.array(z.strictObject({ identifier: z.string(), features: list(z.string()) })).min(1),
  state: named(STATES),
  counterparty: z.strictObject({
    client_id: identifier("client"),
    connection_id: optionalIdentifier("connection"),
    prefix: z.strictObject({ key_prefix: bytes.refine(({ length }) => length > 0, "not empty") }),
  }),
  delay_period: uint64,
});
const genesisJson = z.strictObject({
  connections: list(connectionJson),
  client_connection_paths: list(
    z.strictObject({ client_id: identifier("client"), paths: list(identifier("connection")) }),
  ),
  next_connection_sequence: uint64.default(0n),
  params: z.strictObject({ max_expected_time_per_block: uint64.refine((value) => value > 0n, "more than 0") })
    .default({ max_expected_time_per_block: DEFAULT_PARAMS.maxExpectedTimePerBlock }),
});

const refuse = (detail: string) => err(sdkRefusal("invalidRequest", `read genesis ibc.connection_genesis: ${detail}`));

/** Checks and writes `connection_genesis`; undefined is that of a chain without connections but the one to itself. */
export function initConnectionGenesis(keeper: ConnectionKeeper, { view }: Context, json: unknown): Result<undefined> {
  const parsed = genesisJson.safeParse(json ?? {});
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const { connections, client_connection_paths, next_connection_sequence: next, params } = parsed.data;
  const clientOf = new Map<string, string>();
  for (const { id, ...connection } of connections) {
    const sequence = parseConnectionSequence(id);
    if (sequence === undefined && id !== LOCALHOST_CONNECTION_ID) return refuse(`${id} is not connection-<n>`);
    if (sequence !== undefined && sequence >= next) return refuse(`next sequence is ${next}, but there is ${id}`);
    if (clientOf.has(id)) return refuse(`${id} is there twice`);
    clientOf.set(id, connection.client_id);
    for (const version of connection.versions) {
      const checked = checkVersion(version);
      if (!checked.ok) return refuse(`${id}: ${checked.error.message}`);
    }
    keeper.setConnection(view, id, endFromJson(connection));
  }
  for (const { client_id, paths } of client_connection_paths) {
    const stray = paths.find((id) => clientOf.get(id) !== client_id);
    if (stray !== undefined) return refuse(`${stray} is not a connection over ${client_id}`);
    if (paths.length > 0) keeper.setClientConnections(view, client_id, paths);
  }
  keeper.setNextSequence(view, next);
  keeper.setParams(view, { maxExpectedTimePerBlock: params.max_expected_time_per_block });
  keeper.setConnection(view, LOCALHOST_CONNECTION_ID, LOCALHOST_CONNECTION);
  return ok(undefined);
}

const endFromJson = (json: Omit<z.output<typeof connectionJson>, "id">): ConnectionEnd => ({
  clientId: json.client_id,
  versions: json.versions,
  state: json.state,
  counterparty: {
    clientId: json.counterparty.client_id,
    connectionId: json.counterparty.connection_id,
    prefix: { keyPrefix: json.counterparty.prefix.key_prefix },
  },
  delayPeriod: json.delay_period,
});

const stateName = (state: State) => Object.keys(STATES).find((name) => STATES[name as keyof typeof STATES] === state)!;

const endToJson = (id: string, end: ConnectionEnd): z.input<typeof connectionJson> => ({
  id,
  client_id: end.clientId,
  versions: end.versions,
  state: stateName(end.state),
  counterparty: {
    client_id: end.counterparty.clientId,
    connection_id: end.counterparty.connectionId,
    prefix: { key_prefix: end.counterparty.prefix.keyPrefix.toBase64() },
  },
  delay_period: end.delayPeriod.toString(),
});

/** What {@linkcode initConnectionGenesis} reads to the same state. */
export function* exportConnectionGenesis(keeper: ConnectionKeeper, read: Reading): Work<z.input<typeof genesisJson>> {
  const connections = yield* listUnder(
    read,
    STORE,
    CONNECTIONS_PREFIX,
    (key, value) => endToJson(connectionId(key), ConnectionEnd.decode(value)),
  );
  const clientIds = new Set(connections.map(({ client_id }) => client_id));
  const paths: { client_id: string; paths: string[] }[] = [];
  for (const client_id of [...clientIds].sort()) {
    const found = yield* read((view) => keeper.clientConnections(view, client_id));
    if (found !== undefined) paths.push({ client_id, paths: found });
  }
  const next = yield* read((view) => keeper.nextSequence(view));
  const { maxExpectedTimePerBlock } = yield* read((view) => keeper.params(view));
  return {
    connections,
    client_connection_paths: paths,
    next_connection_sequence: next.toString(),
    params: { max_expected_time_per_block: maxExpectedTimePerBlock.toString() },
  };
}

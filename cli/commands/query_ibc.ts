/** `catenary query ibc`: clients, connections, channels and packets as one chain has them. @module */
import { type Command, InvalidArgumentError } from "commander";
import type { ChannelLine, ClientLine, ConnectionLine, IbcQueries } from "../ibc_queries.ts";
import { type Output, print, standardOutput, table } from "../output.ts";
import { jsonOption, rpcOption } from "./_options.ts";

interface QueryOptions {
  rpc: string;
  json: boolean;
  port: string;
}

function parseSequence(text: string): bigint {
  if (!/^[1-9]\d{0,19}$/.test(text)) throw new InvalidArgumentError("expected a sequence, a whole number from 1");
  return BigInt(text);
}

/** Adds `query ibc …` to the command `query`. */
export function addIbcQueries(query: Command): void {
  const ibc = query.command("ibc").description("clients, connections, channels and packets of a chain");
  const add = (name: string, description: string) =>
    ibc.command(name).description(description).addOption(rpcOption()).addOption(jsonOption());
  const withPort = (command: Command) => command.option("--port <id>", "port of the channel", "transfer");

  add("clients", "light clients that the chain keeps of others").action(clients);
  add("client <id>", "one client").action(client);
  add("connections", "connections (ICS-03)").action(connections);
  add("connection <id>", "one connection").action(connection);
  add("channels", "channels (ICS-04)").action(channels);
  withPort(add("channel <id>", "one channel")).action(channel);
  withPort(add("pending <channel>", "packets sent over a channel that are not acknowledged and not timed out"))
    .action(pending);
  withPort(add("packet", "what one end of a channel knows of a packet"))
    .argument("<channel>", "channel of this chain").argument("<sequence>", "sequence of the packet", parseSequence)
    .action(packet);
  add("denom <denom>", "where a token ibc/HASH came from").action(denom);
}

/** Runs `use` with a connection to the node, and closes it. */
async function withQueries<T>(options: QueryOptions, use: (queries: IbcQueries) => Promise<T>): Promise<T> {
  const { IbcQueries } = await import("../ibc_queries.ts");
  const queries = await IbcQueries.connect(options.rpc);
  try {
    return await use(queries);
  } finally {
    queries.close();
  }
}

/** Prints a list as a table, or says that it is empty. */
function printList<T>(output: Output, key: string, list: readonly T[], none: string, row: (one: T) => string[]): void {
  print(output, { [key]: list }, list.length === 0 ? none : table(list.map(row)));
}

const clientRow = (client: ClientLine) => [
  client.clientId,
  client.status,
  client.followsChainId === undefined ? "" : `follows ${client.followsChainId}`,
  client.latestHeight === undefined ? "" : `at ${client.latestHeight}`,
];

const connectionRow = (connection: ConnectionLine) => [
  connection.connectionId,
  connection.state,
  `client ${connection.clientId}`,
  `other end ${connection.counterpartyConnectionId || "not known yet"} (${connection.counterpartyClientId})`,
];

const channelRow = (channel: ChannelLine) => [
  `${channel.portId}/${channel.channelId}`,
  channel.state,
  channel.order,
  channel.version,
  `over ${channel.connectionHops.join(", ")}`,
  `other end ${channel.counterpartyPortId}/${channel.counterpartyChannelId || "not known yet"}`,
];

async function clients(options: QueryOptions): Promise<void> {
  const list = await withQueries(options, (queries) => queries.clients());
  printList(standardOutput(options.json), "clients", list, "no clients", clientRow);
}

async function client(id: string, options: QueryOptions): Promise<void> {
  const found = await withQueries(options, (queries) => queries.client(id));
  print(standardOutput(options.json), found, table([clientRow(found)]));
}

async function connections(options: QueryOptions): Promise<void> {
  const list = await withQueries(options, (queries) => queries.connections());
  printList(standardOutput(options.json), "connections", list, "no connections", connectionRow);
}

async function connection(id: string, options: QueryOptions): Promise<void> {
  const found = await withQueries(options, (queries) => queries.connection(id));
  print(standardOutput(options.json), found, table([connectionRow(found)]));
}

async function channels(options: QueryOptions): Promise<void> {
  const list = await withQueries(options, (queries) => queries.channels());
  printList(standardOutput(options.json), "channels", list, "no channels", channelRow);
}

async function channel(id: string, options: QueryOptions): Promise<void> {
  const found = await withQueries(options, (queries) => queries.channel(options.port, id));
  print(standardOutput(options.json), found, table([channelRow(found)]));
}

async function pending(channelId: string, options: QueryOptions): Promise<void> {
  const sequences = await withQueries(options, (queries) => queries.pending(options.port, channelId));
  print(
    standardOutput(options.json),
    { portId: options.port, channelId, sequences },
    sequences.length === 0 ? "none pending" : sequences.join("\n"),
  );
}

async function packet(channelId: string, sequence: bigint, options: QueryOptions): Promise<void> {
  const found = await withQueries(options, (queries) => queries.packet(options.port, channelId, sequence));
  print(
    standardOutput(options.json),
    found,
    [
      `sent from here      ${
        found.commitment === undefined ? "no, or settled" : `yes, not settled: ${found.commitment}`
      }`,
      `received here       ${found.received ? "yes" : "no"}`,
      `acknowledged here   ${found.acknowledgement ?? "no"}`,
    ].join("\n"),
  );
}

async function denom(name: string, options: QueryOptions): Promise<void> {
  const path = await withQueries(options, (queries) => queries.denomPath(name));
  print(standardOutput(options.json), { denom: name, path }, path);
}

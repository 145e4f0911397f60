/** Genesis of channels and packets: `channel_genesis` in the JSON of ibc-go v10. @module */
import { Channel, Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { z } from "zod";
import type { Context, Reading } from "../../../app/ports.ts";
import { bytesToU64 } from "../../../core/bytes.ts";
import { sdkRefusal } from "../../../core/errors.ts";
import { PACKET_RECEIPT, parseChannelSequence } from "../../../core/ibc/mod.ts";
import { listUnder } from "../../../core/listing.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Work } from "../../../core/work.ts";
import { bytes, identifier, list, named, optionalIdentifier, sequence, uint64 } from "../genesis_json.ts";
import type { ChannelKeeper } from "./keeper.ts";
import { type Counter, type PacketRecord, PREFIXES, splitKey, STORE } from "./keys.ts";

const STATES = {
  STATE_INIT: State.STATE_INIT,
  STATE_TRYOPEN: State.STATE_TRYOPEN,
  STATE_OPEN: State.STATE_OPEN,
  STATE_CLOSED: State.STATE_CLOSED,
} as const;
const ORDERS = { ORDER_UNORDERED: Order.ORDER_UNORDERED, ORDER_ORDERED: Order.ORDER_ORDERED } as const;
/** Of commitments and acknowledgements. */
const COMMITMENT_BYTES = 32;

const end = { port_id: identifier("port"), channel_id: identifier("channel") };
const channelJson = z.strictObject({
  state: named(STATES),
  ordering: named(ORDERS),
  counterparty: z.strictObject({ port_id: identifier("port"), channel_id: optionalIdentifier("channel") }),
  connection_hops: z.array(identifier("connection")).min(1),
  version: z.string(),
  ...end,
});
const packetJson = z.strictObject({ ...end, sequence, data: bytes });
const commitmentJson = z.strictObject({
  ...end,
  sequence,
  data: bytes.refine(({ length }) => length === COMMITMENT_BYTES, `${COMMITMENT_BYTES} bytes`),
});
const counterJson = z.strictObject({ ...end, sequence });
const genesisJson = z.strictObject({
  channels: list(channelJson),
  acknowledgements: list(commitmentJson),
  commitments: list(commitmentJson),
  receipts: list(packetJson),
  send_sequences: list(counterJson),
  recv_sequences: list(counterJson),
  ack_sequences: list(counterJson),
  next_channel_sequence: uint64.default(0n),
});
type GenesisJson = z.output<typeof genesisJson>;

const refuse = (detail: string) => err(sdkRefusal("invalidRequest", `read genesis ibc.channel_genesis: ${detail}`));

/** Checks and writes `channel_genesis`; undefined is that of a chain without channels. */
export function initChannelGenesis(keeper: ChannelKeeper, { view }: Context, json: unknown): Result<undefined> {
  const parsed = genesisJson.safeParse(json ?? {});
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const genesis = parsed.data;
  const next = genesis.next_channel_sequence;
  const seen = new Set<string>();
  for (const channel of genesis.channels) {
    const { port_id: portId, channel_id: channelId, connection_hops: hops } = channel;
    const number = parseChannelSequence(channelId);
    if (number === undefined) return refuse(`${channelId} is not channel-<n>`);
    if (number >= next) return refuse(`next sequence is ${next}, but there is ${channelId}`);
    if (seen.has(channelId)) return refuse(`${channelId} is there twice`);
    seen.add(channelId);
    const route = keeper.route(view, hops);
    if (!route.ok) return refuse(`${channelId}: ${route.error.message}`);
    keeper.setChannel(view, { portId, channelId }, channelFromJson(channel));
  }
  writePackets(keeper, view, genesis);
  keeper.setNextSequence(view, next);
  return ok(undefined);
}

function writePackets(keeper: ChannelKeeper, view: Context["view"], genesis: GenesisJson): void {
  const records = [
    ["acknowledgement", genesis.acknowledgements],
    ["commitment", genesis.commitments],
    ["receipt", genesis.receipts.map((receipt) => ({ ...receipt, data: PACKET_RECEIPT }))],
  ] as const satisfies [PacketRecord, unknown][];
  for (const [record, packets] of records) {
    for (const { port_id: portId, channel_id: channelId, sequence, data } of packets) {
      keeper.setRecord(view, record, { portId, channelId, sequence }, data);
    }
  }
  const counters = [
    ["send", genesis.send_sequences],
    ["receive", genesis.recv_sequences],
    ["acknowledge", genesis.ack_sequences],
  ] as const satisfies [Counter, unknown][];
  for (const [counter, sequences] of counters) {
    for (const { port_id: portId, channel_id: channelId, sequence } of sequences) {
      keeper.setCounter(view, counter, { portId, channelId }, sequence);
    }
  }
}

const channelFromJson = (json: z.output<typeof channelJson>): Channel => ({
  state: json.state,
  ordering: json.ordering,
  counterparty: { portId: json.counterparty.port_id, channelId: json.counterparty.channel_id },
  connectionHops: json.connection_hops,
  version: json.version,
});

const nameOf = <T extends number>(names: Readonly<Record<string, T>>, value: number) =>
  Object.keys(names).find((name) => names[name] === value)!;

function channelToJson(key: Uint8Array, channel: Channel): z.input<typeof channelJson> {
  const { portId, channelId } = splitKey(key);
  return {
    state: nameOf(STATES, channel.state),
    ordering: nameOf(ORDERS, channel.ordering),
    counterparty: { port_id: channel.counterparty.portId, channel_id: channel.counterparty.channelId },
    connection_hops: channel.connectionHops,
    version: channel.version,
    port_id: portId,
    channel_id: channelId,
  };
}

function packetToJson(key: Uint8Array, value: Uint8Array): z.input<typeof packetJson> {
  const { portId, channelId, sequence } = splitKey(key);
  return { port_id: portId, channel_id: channelId, sequence: sequence.toString(), data: value.toBase64() };
}

function counterToJson(key: Uint8Array, value: Uint8Array): z.input<typeof counterJson> {
  const { portId, channelId } = splitKey(key);
  return { port_id: portId, channel_id: channelId, sequence: bytesToU64(value).toString() };
}

/** What {@linkcode initChannelGenesis} reads to the same state. */
export function* exportChannelGenesis(keeper: ChannelKeeper, read: Reading): Work<z.input<typeof genesisJson>> {
  const channels = yield* listUnder(
    read,
    STORE,
    PREFIXES.channels,
    (key, value) => channelToJson(key, Channel.decode(value)),
  );
  const acknowledgements = yield* listUnder(read, STORE, PREFIXES.acknowledgements, packetToJson);
  const commitments = yield* listUnder(read, STORE, PREFIXES.commitments, packetToJson);
  const receipts = yield* listUnder(read, STORE, PREFIXES.receipts, packetToJson);
  const send_sequences = yield* listUnder(read, STORE, PREFIXES.sendSequences, counterToJson);
  const recv_sequences = yield* listUnder(read, STORE, PREFIXES.receiveSequences, counterToJson);
  const ack_sequences = yield* listUnder(read, STORE, PREFIXES.acknowledgeSequences, counterToJson);
  const next = yield* read((view) => keeper.nextSequence(view));
  return {
    channels,
    acknowledgements,
    commitments,
    receipts,
    send_sequences,
    recv_sequences,
    ack_sequences,
    next_channel_sequence: next.toString(),
  };
}

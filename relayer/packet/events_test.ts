import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { ACKNOWLEDGEMENT_BYTES_MAX } from "../../node/core/ibc/mod.ts";
import { DATA_BYTES_MAX, parseChannelEvent } from "./mod.ts";

const eventOf = (type: string, attributes: Record<string, string>): Event => ({
  type,
  attributes: Object.entries(attributes).map(([key, value]) => ({ key, value, index: true })),
});

/** As ibc-go v10 emits it, `packet_connection` and all. */
const SENT = {
  packet_data_hex: "7b7d",
  packet_timeout_height: "1-100",
  packet_timeout_timestamp: "1700000000000000000",
  packet_sequence: "7",
  packet_src_port: "transfer",
  packet_src_channel: "channel-0",
  packet_dst_port: "transfer",
  packet_dst_channel: "channel-3",
  packet_channel_ordering: "ORDER_UNORDERED",
  packet_connection: "connection-0",
  connection_id: "connection-0",
};
const ENDS = {
  sourcePort: "transfer",
  sourceChannel: "channel-0",
  destinationPort: "transfer",
  destinationChannel: "channel-3",
};
const PACKET = {
  sequence: 7n,
  data: new Uint8Array([0x7b, 0x7d]),
  timeoutHeight: { revisionNumber: 1n, revisionHeight: 100n },
  timeoutTimestamp: 1_700_000_000_000_000_000n,
};

Deno.test("events of packets are read as ibc-go writes them", () => {
  assertEquals(parseChannelEvent(eventOf("send_packet", SENT)), { tag: "sent", ...ENDS, packet: PACKET });
  assertEquals(parseChannelEvent(eventOf("recv_packet", SENT)), { tag: "received", ...ENDS, packet: PACKET });
  assertEquals(
    parseChannelEvent(eventOf("write_acknowledgement", { ...SENT, packet_ack_hex: "01" })),
    { tag: "written", ...ENDS, packet: PACKET, acknowledgement: new Uint8Array([1]) },
  );
  const { packet_data_hex: _, ...named } = SENT;
  assertEquals(parseChannelEvent(eventOf("acknowledge_packet", named)), { tag: "acknowledged", ...ENDS, sequence: 7n });
  assertEquals(parseChannelEvent(eventOf("timeout_packet", named)), { tag: "timed_out", ...ENDS, sequence: 7n });
});

Deno.test("events of channels say which end is open or closed", () => {
  const end = { port_id: "transfer", channel_id: "channel-0" };
  const named = { portId: "transfer", channelId: "channel-0" };
  for (const type of ["channel_close", "channel_close_init", "channel_close_confirm", "channel_close_frozen"]) {
    assertEquals(parseChannelEvent(eventOf(type, end)), { tag: "closed", ...named });
  }
  for (const type of ["channel_open_ack", "channel_open_confirm"]) {
    assertEquals(parseChannelEvent(eventOf(type, end)), { tag: "opened", ...named });
  }
  assertEquals(parseChannelEvent(eventOf("channel_open_try", end)), undefined);
  assertEquals(parseChannelEvent(eventOf("transfer", end)), undefined);
});

Deno.test("what does not have the form is passed over", () => {
  const wrong: Record<string, string>[] = [
    { packet_sequence: "0" },
    { packet_sequence: "-1" },
    { packet_sequence: "1.0" },
    { packet_sequence: "18446744073709551616" },
    { packet_sequence: "9".repeat(10_000) },
    { packet_src_port: "a/b" },
    { packet_src_channel: "c" },
    { packet_dst_channel: "channel-" + "0".repeat(100) },
    { packet_timeout_height: "1" },
    { packet_timeout_timestamp: "" },
    { packet_data_hex: "7" },
    { packet_data_hex: "zz" },
    { packet_data_hex: "" },
    { packet_data_hex: "00".repeat(DATA_BYTES_MAX + 1) },
  ];
  for (const change of wrong) {
    assertEquals(parseChannelEvent(eventOf("send_packet", { ...SENT, ...change })), undefined, JSON.stringify(change));
  }
  for (const packet_ack_hex of ["", "0", "00".repeat(ACKNOWLEDGEMENT_BYTES_MAX + 1)]) {
    assertEquals(parseChannelEvent(eventOf("write_acknowledgement", { ...SENT, packet_ack_hex })), undefined);
  }
  for (const key of Object.keys(SENT).filter((key) => !/order|connection/.test(key))) {
    const { [key as keyof typeof SENT]: _, ...rest } = SENT;
    assertEquals(parseChannelEvent(eventOf("send_packet", rest)), undefined, key);
  }
});

Deno.test("no event makes the reading throw", () => {
  const types = ["send_packet", "recv_packet", "write_acknowledgement", "acknowledge_packet", "channel_close", "x"];
  const value = fc.oneof(fc.string(), fc.constantFrom(...Object.values(SENT)), fc.nat().map(String));
  const attributes = fc.array(
    fc.record({ key: fc.oneof(fc.string(), fc.constantFrom(...Object.keys(SENT), "packet_ack_hex")), value }),
    { maxLength: 20 },
  );
  fc.assert(fc.property(fc.constantFrom(...types), attributes, (type, attributes) => {
    const read = parseChannelEvent({ type, attributes: attributes.map((one) => ({ ...one, index: true })) });
    assert(read === undefined || typeof read.tag === "string");
  }));
});

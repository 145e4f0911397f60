import { assert, assertEquals } from "@std/assert";
import { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { acknowledgementCommitment, denomHash, packetCommitment } from "../../mod.ts";
import { hexToBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import {
  acknowledgementCommitmentV2,
  decodeAcknowledgement,
  decodePacketData,
  denomPath,
  encodeAcknowledgement,
  encodePacketData,
  failure,
  hasPrefix,
  localDenom,
  type PacketAcknowledgement,
  packetCommitmentV2,
  parseDenom,
  validateAcknowledgement,
  validatePacketData,
} from "../../node/core/ibc/mod.ts";

const read = (name: string) => JSON.parse(Deno.readTextFileSync(new URL(`ibc/${name}.json`, import.meta.url)));

interface HopJson {
  port: string;
  channel: string;
}
const hops = (trace: HopJson[]) => trace.map(({ port, channel }) => ({ portId: port, channelId: channel }));
const utf8OrHex = (text: string | undefined, hex: string | undefined) =>
  text === undefined ? hexToBytes(hex!) : utf8ToBytes(text);

Deno.test("commitments of packets and acknowledgements, v1 and v2, are the published ones", () => {
  const { v1_packet, v1_ack, v2_packet, v2_ack } = read("commitments");
  assertEquals([v1_packet, v1_ack, v2_packet, v2_ack].map(({ length }) => length), [1, 1, 2, 2]);
  for (const vector of v1_packet) {
    const packet = Packet.fromPartial({
      data: utf8ToBytes(vector.data_utf8),
      timeoutHeight: {
        revisionNumber: BigInt(vector.timeout_height.revision_number),
        revisionHeight: BigInt(vector.timeout_height.revision_height),
      },
      timeoutTimestamp: BigInt(vector.timeout_timestamp_ns),
    });
    assertEquals(packetCommitment(packet).toHex(), vector.commitment);
  }
  for (const { ack_hex, commitment } of v1_ack) {
    assertEquals(acknowledgementCommitment(hexToBytes(ack_hex)).toHex(), commitment);
  }
  for (const { destination_client, timeout_timestamp, payloads, commitment, source } of v2_packet) {
    const packet = {
      destinationClient: destination_client,
      timeoutTimestamp: BigInt(timeout_timestamp),
      // deno-lint-ignore no-explicit-any
      payloads: payloads.map((payload: any) => ({
        sourcePort: payload.source_port,
        destinationPort: payload.destination_port,
        version: payload.version,
        encoding: payload.encoding,
        value: utf8OrHex(payload.value_utf8, payload.value_hex),
      })),
    };
    assertEquals(packetCommitmentV2(packet).toHex(), commitment, source);
  }
  for (const { app_acknowledgements_utf8, app_acknowledgements_hex, commitment, source } of v2_ack) {
    const acknowledgements = (app_acknowledgements_utf8?.map(utf8ToBytes)) ?? app_acknowledgements_hex.map(hexToBytes);
    assertEquals(acknowledgementCommitmentV2(acknowledgements).toHex(), commitment, source);
  }
});

Deno.test("acknowledgements are written, judged and read as published", () => {
  const { cases } = read("acknowledgements");
  assertEquals(cases.length, 4);
  for (const { kind, bytes_utf8, json, valid, success } of cases) {
    if (kind === "none") {
      assert(!valid && !decodeAcknowledgement(utf8ToBytes("{}")).ok);
      continue;
    }
    // The published error is one without a code of its own, which counts as 1.
    const acknowledgement: PacketAcknowledgement = kind === "result"
      ? { success: true, result: utf8ToBytes(bytes_utf8) }
      : failure(1);
    assertEquals(acknowledgement.success, success);
    assertEquals(validateAcknowledgement(acknowledgement).ok, valid);
    const bytes = encodeAcknowledgement(acknowledgement);
    if (json !== undefined) assertEquals(new TextDecoder().decode(bytes), json);
    assertEquals(decodeAcknowledgement(bytes), { ok: true, value: acknowledgement });
  }
});

Deno.test("denoms are taken apart, put together, compared with a channel and hashed as published", () => {
  const vectors = read("denoms");
  const extract = vectors.extract_denom_from_path;
  const prefixes = vectors["has_prefix (receiver chain is source)"];
  assertEquals([extract, vectors.path, prefixes, vectors.hash].map(({ length }) => length), [20, 9, 9, 3]);
  for (const { name, path, base, trace } of extract) {
    assertEquals(parseDenom(path), { base, trace: hops(trace) }, name);
  }
  for (const { name, path, base, trace } of vectors.path) {
    assertEquals(denomPath({ base, trace: hops(trace) }), path, name);
  }
  for (const { name, base, trace, source_port, source_channel, has_prefix } of prefixes) {
    assertEquals(hasPrefix({ base, trace: hops(trace) }, source_port, source_channel), has_prefix, name);
  }
  for (const { path, ibc_denom } of vectors.hash) {
    assertEquals(denomHash(path), ibc_denom);
    assertEquals(localDenom(parseDenom(path)), ibc_denom);
  }
});

Deno.test("transfer data is judged and read as published", () => {
  const { valid_amounts, invalid_amounts, validate, json_roundtrip } = read("packet_data");
  assertEquals([valid_amounts, invalid_amounts, validate, json_roundtrip].map(({ length }) => length), [3, 4, 4, 2]);
  const good = { denom: "transfer/gaiachannel/atom", amount: "100", sender: "sender", receiver: "receiver", memo: "" };
  for (const amount of valid_amounts) {
    assertEquals(validatePacketData({ ...good, amount }), { ok: true, value: { ...good, amount: BigInt(amount) } });
  }
  for (const amount of invalid_amounts) assert(!validatePacketData({ ...good, amount }).ok, amount);
  for (const { name, valid, ...change } of validate) {
    assertEquals(validatePacketData({ ...good, ...change }).ok, valid, name);
  }
  for (const json of json_roundtrip) {
    const result = decodePacketData(utf8ToBytes(json));
    assert(result.ok, json);
    const { memo, amount, ...rest } = result.value;
    assertEquals({ ...rest, amount: amount.toString(), memo }, { memo: "", ...JSON.parse(json) });
    assertEquals(decodePacketData(encodePacketData(result.value)), result);
  }
});

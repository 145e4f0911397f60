/** Genesis of forwards: ibc-go's JSON, and the parameters that ibc-go keeps in code. @module */
import { z } from "zod";
import type { Context, Reading } from "../../app/ports.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { parseHeight } from "../../core/ibc/mod.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import { encode } from "../../core/codec/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Work } from "../../core/work.ts";
import type { PacketForwardKeeper } from "./keeper.ts";
import { FIRST_IN_FLIGHT_KEY, STORE } from "./keys.ts";
import { DEFAULT_PARAMS, RETRIES_MAX, TIMEOUT_MAX_NS } from "./params.ts";
import { type InFlightPacket, InFlightPacketCodec } from "./types.ts";

/** Entries read at a time while exporting. */
const EXPORT_PAGE = 1000;

const u64 = z.string().regex(/^(0|[1-9][0-9]{0,19})$/, "a whole number in quotes").transform((text) => BigInt(text))
  .refine((value) => value < 1n << 64n, "below 2^64");
const retries = z.int().min(0).max(RETRIES_MAX);
const timeout = u64.refine((value) => value <= TIMEOUT_MAX_NS, `at most ${TIMEOUT_MAX_NS}`);
const inFlightJson = z.strictObject({
  original_sender_address: z.string(),
  refund_channel_id: z.string(),
  refund_port_id: z.string(),
  packet_src_channel_id: z.string(),
  packet_src_port_id: z.string(),
  packet_timeout_timestamp: u64,
  packet_timeout_height: z.string().refine((text) => parseHeight(text).ok, "a height"),
  packet_data: z.base64(),
  refund_sequence: u64,
  retries_remaining: retries,
  timeout,
});
const genesisJson = z.strictObject({
  params: z.strictObject({ default_timeout_ns: timeout.refine((value) => value > 0n), default_retries: retries })
    .default({ default_timeout_ns: DEFAULT_PARAMS.defaultTimeout, default_retries: DEFAULT_PARAMS.defaultRetries }),
  in_flight_packets: z.record(z.string().regex(/^[^/]{8,64}\/[^/]{2,128}\/[1-9][0-9]{0,19}$/), inFlightJson)
    .default({}),
});
type InFlightJson = z.infer<typeof inFlightJson>;

/** Writes parameters and the forwards that are under way. */
export function initPacketForwardGenesis(
  keeper: PacketForwardKeeper,
  { view }: Context,
  json: unknown,
): Result<undefined> {
  const parsed = genesisJson.safeParse(json ?? {});
  if (!parsed.success) {
    return err(sdkRefusal("invalidRequest", `read genesis ${STORE}: ${z.prettifyError(parsed.error)}`));
  }
  const { params, in_flight_packets } = parsed.data;
  keeper.setParams(view, { defaultTimeout: params.default_timeout_ns, defaultRetries: params.default_retries });
  for (const [key, packet] of Object.entries(in_flight_packets)) {
    view.set(STORE, utf8ToBytes(key), encode(InFlightPacketCodec, fromJson(packet)));
  }
  return ok(undefined);
}

const fromJson = (json: InFlightJson): InFlightPacket => ({
  originalSenderAddress: json.original_sender_address,
  refundChannelId: json.refund_channel_id,
  refundPortId: json.refund_port_id,
  packetSrcChannelId: json.packet_src_channel_id,
  packetSrcPortId: json.packet_src_port_id,
  packetTimeoutTimestamp: json.packet_timeout_timestamp,
  packetTimeoutHeight: json.packet_timeout_height,
  packetData: Uint8Array.fromBase64(json.packet_data),
  refundSequence: json.refund_sequence,
  retriesRemaining: json.retries_remaining,
  timeout: json.timeout,
});

const toJson = (packet: InFlightPacket) => ({
  original_sender_address: packet.originalSenderAddress,
  refund_channel_id: packet.refundChannelId,
  refund_port_id: packet.refundPortId,
  packet_src_channel_id: packet.packetSrcChannelId,
  packet_src_port_id: packet.packetSrcPortId,
  packet_timeout_timestamp: packet.packetTimeoutTimestamp.toString(),
  packet_timeout_height: packet.packetTimeoutHeight,
  packet_data: packet.packetData.toBase64(),
  refund_sequence: packet.refundSequence.toString(),
  retries_remaining: packet.retriesRemaining,
  timeout: packet.timeout.toString(),
});

/** Everything that {@linkcode initPacketForwardGenesis} reads. */
export function* exportPacketForwardGenesis(keeper: PacketForwardKeeper, read: Reading): Work<unknown> {
  const decoder = new TextDecoder();
  const packets: Record<string, unknown> = {};
  let start = FIRST_IN_FLIGHT_KEY;
  for (;;) {
    const range = { start, limit: EXPORT_PAGE };
    const page = yield* read((view) => view.page(STORE, range));
    for (const [key, value] of page) packets[decoder.decode(key)] = toJson(InFlightPacketCodec.decode(value));
    if (page.length < EXPORT_PAGE) break;
    start = Uint8Array.of(...page.at(-1)![0], 0);
  }
  const params = yield* read((view) => keeper.params(view));
  return {
    params: { default_timeout_ns: params.defaultTimeout.toString(), default_retries: params.defaultRetries },
    in_flight_packets: packets,
  };
}

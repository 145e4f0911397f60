/** Genesis of calls and reads. @module */
import { z } from "zod";
import type { Context, Reading } from "../../app/ports.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { checkIdentifier, formatHeight, type IbcHeight, parseHeight, ZERO_HEIGHT } from "../../core/ibc/mod.ts";
import { listUnder } from "../../core/listing.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Work } from "../../core/work.ts";
import type { CallsKeeper } from "./keeper.ts";
import { CALL_PREFIX, callerKey, PRESENT, READ_PREFIX, STORE } from "./keys.ts";
import { DEFAULT_PARAMS, PARAM_MAX } from "./params.ts";
import { type Call, CALL_STATUS, CallCodec, type Read, READ_STATUS, ReadCodec } from "./types.ts";

const u64 = z.string().regex(/^(0|[1-9][0-9]{0,19})$/, "a whole number in quotes").transform((text) => BigInt(text))
  .refine((value) => value < 1n << 64n, "below 2^64");
/** Nanoseconds since the Unix epoch; a period still fits on top. */
const time = u64.refine((value) => value < 1n << 63n, "below 2^63");
const param = u64.refine((value) => value > 0n && value <= PARAM_MAX, `from 1 to ${PARAM_MAX}`);
const height = z.string().transform((text, context): IbcHeight => {
  const parsed = parseHeight(text);
  if (parsed.ok) return parsed.value;
  context.addIssue(parsed.error.message);
  return z.NEVER;
});
const base64 = z.base64().transform((text) => Uint8Array.fromBase64(text) as Uint8Array);
const hex = z.string().regex(/^([0-9a-f]{2})*$/, "bytes in hexadecimal").transform((text) =>
  Uint8Array.fromHex(text) as Uint8Array
);
const callStatus = z.enum(Object.keys(CALL_STATUS) as (keyof typeof CALL_STATUS)[]);
const readStatus = z.enum(Object.keys(READ_STATUS) as (keyof typeof READ_STATUS)[]);

const callJson = z.strictObject({
  channel_id: z.string().refine((id) => checkIdentifier("channel", id).ok, "a channel"),
  sequence: u64,
  caller: z.string(),
  target: z.string(),
  status: callStatus,
  result: base64,
  gas_used: u64,
  codespace: z.string(),
  code: z.int().min(0).max(0xffffffff),
  sent_height: u64,
  settled_height: u64,
  settled_time: time,
});
const readJson = z.strictObject({
  id: u64,
  requester: z.string(),
  client_id: z.string(),
  store: hex,
  key: hex,
  min_height: height,
  timeout_timestamp: time,
  status: readStatus,
  value: base64,
  proof_height: height,
  submitter: z.string(),
  requested_height: u64,
  answered_height: u64,
  answered_time: time,
});
const genesisJson = z.strictObject({
  params: z.strictObject({ gas_max: param, result_period_ns: param, read_timeout_max_ns: param }).default({
    gas_max: DEFAULT_PARAMS.gasMax,
    result_period_ns: DEFAULT_PARAMS.resultPeriod,
    read_timeout_max_ns: DEFAULT_PARAMS.readTimeoutMax,
  }),
  next_read_id: u64.default(1n),
  calls: z.array(callJson).default([]),
  reads: z.array(readJson).default([]),
});
type CallJson = z.infer<typeof callJson>;
type ReadJson = z.infer<typeof readJson>;

const refuse = (detail: string) => err(sdkRefusal("invalidRequest", `read genesis calls: ${detail}`));

/** Writes parameters, calls and reads, with their indexes. */
export function initCallsGenesis(keeper: CallsKeeper, { view }: Context, json: unknown): Result<undefined> {
  const parsed = genesisJson.safeParse(json ?? {});
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const { params, next_read_id, calls, reads } = parsed.data;
  keeper.setParams(view, {
    gasMax: params.gas_max,
    resultPeriod: params.result_period_ns,
    readTimeoutMax: params.read_timeout_max_ns,
  });
  if (next_read_id !== 1n) keeper.setNextReadId(view, next_read_id);
  for (const json of calls) {
    const call = callFromJson(json);
    const caller = keeper.codec.parse(call.caller);
    if (caller === undefined) return refuse(`caller ${call.caller.slice(0, 100)}`);
    if (keeper.call(view, call.channelId, call.sequence) !== undefined) {
      return refuse(`call ${call.channelId}/${call.sequence} is there twice`);
    }
    keeper.setCall(view, call);
    view.set(STORE, callerKey(caller.bytes, call.channelId, call.sequence), PRESENT);
  }
  for (const json of reads) {
    const read = readFromJson(json);
    if (read.id >= next_read_id) return refuse(`read ${read.id} is not below next_read_id`);
    if (keeper.read(view, read.id) !== undefined) return refuse(`read ${read.id} is there twice`);
    keeper.setRead(view, read);
  }
  return ok(undefined);
}

/** Everything that {@linkcode initCallsGenesis} reads. */
export function* exportCallsGenesis(keeper: CallsKeeper, read: Reading): Work<unknown> {
  const calls = yield* listUnder(read, STORE, CALL_PREFIX, (_key, value) => callToJson(CallCodec.decode(value)));
  const reads = yield* listUnder(read, STORE, READ_PREFIX, (_key, value) => readToJson(ReadCodec.decode(value)));
  const params = yield* read((view) => keeper.params(view));
  const nextReadId = yield* read((view) => keeper.nextReadId(view));
  return {
    params: {
      gas_max: params.gasMax.toString(),
      result_period_ns: params.resultPeriod.toString(),
      read_timeout_max_ns: params.readTimeoutMax.toString(),
    },
    next_read_id: nextReadId.toString(),
    calls,
    reads,
  };
}

const nameOf = <K extends string>(names: Readonly<Record<K, number>>, status: number): K =>
  (Object.keys(names) as K[]).find((name) => names[name] === status)!;

const callFromJson = (json: CallJson): Call => ({
  channelId: json.channel_id,
  sequence: json.sequence,
  caller: json.caller,
  target: json.target,
  status: CALL_STATUS[json.status],
  result: json.result,
  gasUsed: json.gas_used,
  codespace: json.codespace,
  code: json.code,
  sentHeight: json.sent_height,
  settledHeight: json.settled_height,
  settledTime: json.settled_time,
});

const callToJson = (call: Call): z.input<typeof callJson> => ({
  channel_id: call.channelId,
  sequence: call.sequence.toString(),
  caller: call.caller,
  target: call.target,
  status: nameOf(CALL_STATUS, call.status),
  result: call.result.toBase64(),
  gas_used: call.gasUsed.toString(),
  codespace: call.codespace,
  code: call.code,
  sent_height: call.sentHeight.toString(),
  settled_height: call.settledHeight.toString(),
  settled_time: call.settledTime.toString(),
});

const readFromJson = (json: ReadJson): Read => ({
  id: json.id,
  requester: json.requester,
  clientId: json.client_id,
  store: json.store,
  key: json.key,
  minHeight: json.min_height,
  timeoutTimestamp: json.timeout_timestamp,
  status: READ_STATUS[json.status],
  value: json.value,
  proofHeight: json.status === "pending" ? undefined : json.proof_height,
  submitter: json.submitter,
  requestedHeight: json.requested_height,
  answeredHeight: json.answered_height,
  answeredTime: json.answered_time,
});

const readToJson = (read: Read): z.input<typeof readJson> => ({
  id: read.id.toString(),
  requester: read.requester,
  client_id: read.clientId,
  store: read.store.toHex(),
  key: read.key.toHex(),
  min_height: formatHeight(read.minHeight ?? ZERO_HEIGHT),
  timeout_timestamp: read.timeoutTimestamp.toString(),
  status: nameOf(READ_STATUS, read.status),
  value: read.value.toBase64(),
  proof_height: formatHeight(read.proofHeight ?? ZERO_HEIGHT),
  submitter: read.submitter,
  requested_height: read.requestedHeight.toString(),
  answered_height: read.answeredHeight.toString(),
  answered_time: read.answeredTime.toString(),
});

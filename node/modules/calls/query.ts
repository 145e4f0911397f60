/** `catenary.calls.v1.Query`. @module */
import type { QueryContext, QueryHandler } from "../../app/ports.ts";
import { bytesToU64, concatBytes } from "../../core/bytes.ts";
import { encode, type MessageOf } from "../../core/codec/mod.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { checkIdentifier } from "../../core/ibc/mod.ts";
import { invariant } from "../../core/invariant.ts";
import { paginate } from "../../core/pagination.ts";
import { queryService } from "../../core/query.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { getMany } from "../../state/view.ts";
import { callerAddress } from "./caller.ts";
import type { CallsKeeper } from "./keeper.ts";
import {
  CALL_PREFIX,
  callKey,
  callsOf,
  channelPart,
  PENDING_PREFIX,
  READ_PREFIX,
  readKey,
  splitCall,
  STORE,
} from "./keys.ts";
import { SENDER_BYTES_MAX } from "./params.ts";
import {
  CallCodec,
  QueryCallerAddressRequestCodec,
  QueryCallerAddressResponseCodec,
  QueryCallRequestCodec,
  QueryCallResponseCodec,
  QueryCallsRequestCodec,
  QueryCallsResponseCodec,
  QueryParamsResponseCodec,
  QueryReadRequestCodec,
  QueryReadResponseCodec,
  QueryReadsRequestCodec,
  QueryReadsResponseCodec,
  ReadCodec,
} from "./types.ts";

/** Longest request, in bytes. */
const REQUEST_BYTES_MAX = 4096;
const SERVICE = "/catenary.calls.v1.Query/";

const at = queryService<QueryContext>(SERVICE, REQUEST_BYTES_MAX);

/** Handlers by path. */
export function callsQueries(keeper: CallsKeeper): QueryHandler[] {
  return [
    {
      path: SERVICE + "Params",
      handle: ({ view }) => ok(encode(QueryParamsResponseCodec, { params: keeper.params(view) })),
    },
    at("Call", QueryCallRequestCodec, QueryCallResponseCodec, ({ view }, { channelId, sequence }) => {
      const call = keeper.call(view, channelId, sequence);
      return call === undefined ? notFound(`call ${channelId.slice(0, 64)}/${sequence}`) : ok({ call });
    }),
    at("Calls", QueryCallsRequestCodec, QueryCallsResponseCodec, (context, request) => calls(keeper, context, request)),
    at("CallerAddress", QueryCallerAddressRequestCodec, QueryCallerAddressResponseCodec, (_context, request) => {
      const { channelId, sender } = request;
      const channel = checkIdentifier("channel", channelId);
      if (!channel.ok) return invalid(channel.error.message);
      if (sender === "" || sender.length > SENDER_BYTES_MAX) return invalid("derive account: no sender");
      return ok({ address: keeper.codec.of(callerAddress(channelId, sender)).text });
    }),
    at("Read", QueryReadRequestCodec, QueryReadResponseCodec, ({ view }, { id }) => {
      const read = keeper.read(view, id);
      return read === undefined ? notFound(`read ${id}`) : ok({ read });
    }),
    at("Reads", QueryReadsRequestCodec, QueryReadsResponseCodec, ({ view }, { pagination }) => {
      const page = paginate((range) => view.page(STORE, range), READ_PREFIX, pagination);
      if (!page.ok) return page;
      return ok({
        reads: page.value.entries.map(([, value]) => ReadCodec.decode(value)),
        pagination: page.value.pagination,
      });
    }),
    at("PendingReads", QueryReadsRequestCodec, QueryReadsResponseCodec, ({ view }, { pagination }) => {
      const page = paginate((range) => view.page(STORE, range), PENDING_PREFIX, pagination);
      if (!page.ok) return page;
      const keys = page.value.entries.map(([key]) => readKey(bytesToU64(key, PENDING_PREFIX.length)));
      const reads = getMany(view, STORE, keys).map((bytes) => {
        invariant(bytes !== undefined, "list pending reads: one is not there");
        return ReadCodec.decode(bytes);
      });
      return ok({ reads, pagination: page.value.pagination });
    }),
  ];
}

const invalid = (detail: string) => err(sdkRefusal("invalidRequest", detail));
const notFound = (what: string) => err(sdkRefusal("keyNotFound", `find ${what}`));

function calls(
  keeper: CallsKeeper,
  { view }: QueryContext,
  { caller: text, channelId, pagination }: MessageOf<typeof QueryCallsRequestCodec>,
): Result<MessageOf<typeof QueryCallsResponseCodec>> {
  const ofChannel = channelId === "" ? new Uint8Array() : channelPart(channelId);
  const readRange: Parameters<typeof paginate>[0] = (range) => view.page(STORE, range);
  if (text === "") {
    const page = paginate(readRange, concatBytes(CALL_PREFIX, ofChannel), pagination);
    if (!page.ok) return page;
    return ok({
      calls: page.value.entries.map(([, value]) => CallCodec.decode(value)),
      pagination: page.value.pagination,
    });
  }
  const caller = keeper.codec.parse(text);
  if (caller === undefined) return invalid(`invalid caller address: ${text.slice(0, 100)}`);
  const own = callsOf(caller.bytes);
  const page = paginate(readRange, concatBytes(own, ofChannel), pagination);
  if (!page.ok) return page;
  const keys = page.value.entries.map(([key]) => {
    const { channelId: channel, sequence } = splitCall(key, own.length);
    return callKey(channel, sequence);
  });
  const found = getMany(view, STORE, keys).map((bytes) => {
    invariant(bytes !== undefined, "list calls: one is not there");
    return CallCodec.decode(bytes);
  });
  return ok({ calls: found, pagination: page.value.pagination });
}

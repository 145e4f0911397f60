/** What contracts return, read into what the chain does with it (wasmvm `types/msg.go`, `types/submessages.go`). @module */
import { err, ok, type Result } from "../../core/result.ts";
import { type CosmosMsg, readCosmosMsg } from "./cosmos_msg.ts";
import { Fields, JsonFault } from "./fields.ts";
import type { Attribute, ContractEvent } from "./gas.ts";
import { type Json, readJson } from "./json.ts";
import { MESSAGES_MAX, PAYLOAD_BYTES_MAX } from "./limits.ts";

/** Whether the contract is told what came of a submessage. */
export type ReplyOn = "always" | "success" | "error" | "never";

/** A message that a contract sends. */
export interface SubMessage {
  readonly id: bigint;
  readonly message: CosmosMsg;
  /** Whether something stands under `wasm`: only then is the reply told of events. */
  readonly isWasm: boolean;
  /** Empty: none. */
  readonly payload: Uint8Array;
  /** Undefined: what there is. */
  readonly gasLimit: bigint | undefined;
  /** Undefined: none of the four, which is refused when its turn comes. */
  readonly replyOn: ReplyOn | undefined;
}

/** What a contract did. */
export interface Response {
  readonly messages: readonly SubMessage[];
  readonly attributes: readonly Attribute[];
  readonly events: readonly ContractEvent[];
  /** Undefined: none, which is not the same as no bytes. */
  readonly data: Uint8Array | undefined;
}

/** `ok`: the value; `error`: what the contract said. */
export type ContractAnswer<T> = { readonly ok: T } | { readonly error: string };

const REPLY_ON: ReadonlySet<string> = new Set(["always", "success", "error", "never"]);

/**
 * Reads the JSON of a `ContractResult`. The error is a sentence: the contract does not speak as one has to. `nothing`: what it
 * is to say nothing at all, where that is an answer.
 */
export function readAnswer<T>(
  bytes: Uint8Array,
  read: (json: Json) => T,
  nothing?: { readonly ok: T },
): Result<ContractAnswer<T>, string> {
  const json = readJson(bytes);
  if (!json.ok) return json;
  try {
    const fields = new Fields(json.value, "ContractResult");
    const value = fields.value("ok");
    const success = value === undefined ? nothing : { ok: read(value) };
    const error = fields.text("error");
    if (error !== "") return ok({ error });
    return success === undefined ? err("a contract's result holds neither ok nor error") : ok(success);
  } catch (thrown) {
    if (!(thrown instanceof JsonFault)) throw thrown;
    return err(thrown.message);
  }
}

/** The `Response` of an entry point that may change something. Throws a {@linkcode JsonFault}. */
export const readResponse = (json: Json): Response => ({
  ...readBasicResponse(json),
  data: new Fields(json, "Response").bytes("data"),
});

/** `IbcBasicResponse`: it has no data. Throws a {@linkcode JsonFault}. */
export function readBasicResponse(json: Json): Response {
  const fields = new Fields(json, "Response");
  return {
    messages: fields.list("messages", readSubMessage, MESSAGES_MAX),
    attributes: fields.list("attributes", readAttribute),
    events: fields.list("events", readEvent),
    data: undefined,
  };
}

/** The bytes of an answer to a query. Throws a {@linkcode JsonFault}. */
export const readQueryAnswer = (json: Json): Uint8Array => new Fields({ ok: json }, "QueryResponse").bytes("ok")!;

function readAttribute(json: Json): Attribute {
  const fields = new Fields(json, "EventAttribute");
  return { key: fields.text("key"), value: fields.text("value") };
}

function readEvent(json: Json): ContractEvent {
  const fields = new Fields(json, "Event");
  return { type: fields.text("type"), attributes: fields.list("attributes", readAttribute) };
}

function readSubMessage(json: Json, index: number): SubMessage {
  const fields = new Fields(json, "SubMsg");
  const replyOn = fields.text("reply_on");
  if (fields.value("reply_on") !== undefined && !REPLY_ON.has(replyOn)) {
    throw new JsonFault(`invalid reply_on value '${replyOn.slice(0, 50)}'`);
  }
  const message = fields.value("msg") ?? null;
  const payload = fields.bytes("payload") ?? new Uint8Array();
  if (payload.length > PAYLOAD_BYTES_MAX) {
    const limit = `payload larger than ${PAYLOAD_BYTES_MAX} bytes: ${payload.length} bytes`;
    throw new JsonFault(`reply contains submessage at index ${index} with ${limit}`);
  }
  return {
    id: fields.uint64("id"),
    message: readCosmosMsg(message),
    isWasm: new Fields(message, "CosmosMsg").value("wasm") !== undefined,
    payload,
    gasLimit: fields.value("gas_limit") === undefined ? undefined : fields.uint64("gas_limit"),
    replyOn: replyOn === "" ? undefined : replyOn as ReplyOn,
  };
}

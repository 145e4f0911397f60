/** A contract that the SDK's own tests ask for what the library computes. */
import {
  canonicalAddress,
  debug,
  ensure,
  Event,
  Expiration,
  fail,
  failed,
  fromBase64,
  fromHex,
  humanAddress,
  Item,
  Message,
  PairMap,
  queryBalance,
  queryContract,
  queryRaw,
  ReplyOn,
  Response,
  sha256,
  StorageMap,
  text,
  toBase64,
  toHex,
  toJson,
  tryQueryContract,
  Uint128,
  utf8,
} from "catenary";

const STARTED = new Item<u64>("started");
const NUMBERS = new StorageMap<i32, string>("numbers");
const PAIRS = new PairMap<string, u64, bool>("pairs");
const LOG = new Item<string[]>("log");

@instantiate
function setup(): Response {
  STARTED.save(1);
  LOG.save([]);
  return new Response();
}

// Numbers

@json
class Pair {
  a: Uint128;
  b: Uint128;
}

@query
function calculate(operation: string, pairs: Pair[]): Uint128[] {
  const list: Uint128[] = [];
  for (let i = 0; i < pairs.length; i++) {
    const a = pairs[i].a, b = pairs[i].b;
    if (operation == "add") list.push(a + b);
    else if (operation == "sub") list.push(a - b);
    else if (operation == "mul") list.push(a * b);
    else if (operation == "div") list.push(a / b);
    else if (operation == "mod") list.push(a % b);
  }
  return list;
}

@query
function compare(pairs: Pair[]): string[] {
  const list: string[] = [];
  for (let i = 0; i < pairs.length; i++) {
    const a = pairs[i].a, b = pairs[i].b;
    const word = (a < b ? "<" : "") + (a <= b ? "<=" : "") + (a == b ? "==" : "") + (a != b ? "!=" : "") +
      (a >= b ? ">=" : "") + (a > b ? ">" : "");
    list.push(word);
  }
  return list;
}

@query
function ratio(value: Uint128, numerator: Uint128, denominator: Uint128): Uint128 {
  return value.multiplyRatio(numerator, denominator);
}

// JSON

@query
function echo(value: Json): Json {
  return value;
}

@query
function readsJson(text: string): bool {
  Json.parseBytes(utf8(text));
  return !failed();
}

@query
function readText(json: Uint8Array): string {
  return Json.parseBytes(json).text();
}

@json
class Everything {
  constructor(
    public flag: bool,
    public tiny: u8,
    public small: i32,
    public large: u64,
    public signed: i64,
    public words: string[],
    public bytes: Uint8Array,
    public amount: Uint128,
    public expires: Expiration,
    public maybe: string | null,
    public startAfter: u32 = 7,
  ) {}
}

@query
function typed(value: Everything): Everything {
  return value;
}

// Bytes

@json
class BytesAnswer {
  constructor(public hex: string, public base64: string, public sha256: string, public text: string) {}
}

@query
function bytes(value: Uint8Array): BytesAnswer {
  const hex = toHex(value);
  const back = fromHex(hex);
  const again = fromBase64(toBase64(value));
  ensure(back !== null && again !== null, "no way back");
  return new BytesAnswer(toHex(again!), toBase64(back!), toHex(sha256(value)), text(utf8("é€😀")));
}

@query
function addresses(address: string): string {
  return humanAddress(canonicalAddress(address));
}

// Storage

@execute
function put(key: i32, value: string): Response {
  NUMBERS.save(key, value);
  return new Response();
}

@execute
function drop(key: i32): Response {
  NUMBERS.remove(key);
  return new Response();
}

@execute
function putPair(first: string, second: u64): Response {
  PAIRS.of(first).save(second, true);
  return new Response();
}

@query
function pairs(first: string): u64[] {
  const list: u64[] = [];
  const rows = PAIRS.of(first).range();
  while (rows.next()) list.push(rows.key);
  return list;
}

@query
function numbers(from: i32 = i32.MIN_VALUE, before: i32 = i32.MAX_VALUE, descending: bool = false, limit: i32 = 100): Json {
  const range = NUMBERS.range().from(from).before(before).take(limit);
  const rows = descending ? range.descending() : range;
  let json = "[";
  while (rows.next()) json += (json.length > 1 ? "," : "") + "[" + rows.key.toString() + ",\"" + rows.value + "\"]";
  return Json.parseBytes(utf8(json + "]"));
}

// Failures

@execute
function failTwice(): Response {
  ensure(false, "first");
  STARTED.save(99);
  return fail<Response>("second");
}

@execute
function trap(list: u32[]): Response {
  return new Response().attribute("value", list[5].toString());
}

@query
function started(): u64 {
  return STARTED.load();
}

// Messages and replies

@execute
function call(env: Env, message: Json, on: string, id: u64): Response {
  debug("call " + id.toString());
  const reply = on == "always" ? ReplyOn.Always : on == "error" ? ReplyOn.Error : on == "success" ? ReplyOn.Success : ReplyOn.Never;
  return new Response()
    .event(new Event("calling").attribute("id", id.toString()))
    .data(utf8("from call"))
    .submessage(id, Message.executeJson(env.contract, toJson(message)), reply);
}

@execute
function note(line: string, data: string | null): Response {
  const log = LOG.load();
  log.push(line);
  LOG.save(log);
  const response = new Response().attribute("line", line);
  return data ? response.data(utf8(data)) : response;
}

@reply
function onReply(reply: Reply): Response {
  const log = LOG.load();
  const error = reply.error;
  log.push("reply " + reply.id.toString() + " " + (error ? error : reply.attribute("wasm", "line") + toHex(reply.data)));
  LOG.save(log);
  return reply.id == 5 ? fail<Response>("not this one") : new Response();
}

@query
function log(): string[] {
  return LOG.load();
}

@migrate
function upgrade(value: u64): Response {
  STARTED.save(value);
  return new Response();
}

@sudo
function set(value: u64): Response {
  STARTED.save(value);
  return new Response();
}

// Queries of others

@json
class Empty {}

@query
function startedOf(contract: string): u64 {
  return queryContract<Empty, u64>(contract, "started", new Empty());
}

@query
function logOf(contract: string): string[] | null {
  return tryQueryContract<Empty, string[]>(contract, "log", new Empty());
}

@query
function rawOf(contract: string, key: string): string {
  const value = queryRaw(contract, utf8(key));
  return value ? text(value) : "nothing";
}

@query
function balanceOf(address: string, denom: string): Uint128 {
  return queryBalance(address, denom);
}

@query
function block(env: Env): string {
  return env.height.toString() + " " + env.nanos.toString() + " " + env.time.toString() + " " + env.chainId;
}

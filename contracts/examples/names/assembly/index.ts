/**
 * A name service: accounts register readable names for a price and a time, point them to addresses, transfer and renew
 * them. Who lets a name run out loses it after a grace period.
 */
import { Coin, ensure, fail, Item, Message, Response, StorageMap, Uint128, validAddress } from "catenary";

const YEAR: u64 = 365 * 24 * 3600;
/** Seconds after the end of a name in which only its owner can renew it. */
const GRACE: u64 = 30 * 24 * 3600;
const YEARS_MAX: u32 = 10;
const NAME_LENGTH_MIN = 3;
const NAME_LENGTH_MAX = 32;

@json
class Config {
  constructor(
    /** Who may change the prices and take what was paid. */
    public owner: string,
    /** Price of a year. */
    public price: Coin,
    /** Names of up to four characters cost so many times as much. */
    public shortFactor: u32,
  ) {}
}

@json
class Name {
  constructor(
    public owner: string,
    /** The address that the name stands for. */
    public address: string,
    /** Seconds since 1970. */
    public expires: u64,
  ) {}
}

const CONFIG = new Item<Config>("config");
const NAMES = new StorageMap<string, Name>("names");

@instantiate
function setup(info: MessageInfo, price: Coin, shortFactor: u32 = 10): Response {
  ensure(!price.amount.isZero, "The price cannot be zero");
  ensure(shortFactor > 0, "The factor cannot be zero");
  CONFIG.save(new Config(info.sender, price, shortFactor));
  return new Response();
}

/** Small letters, digits, and dashes inside: nobody can register a name that only looks like another. */
function isName(name: string): bool {
  const length = name.length;
  if (length < NAME_LENGTH_MIN || length > NAME_LENGTH_MAX) return false;
  for (let i = 0; i < length; i++) {
    const code = name.charCodeAt(i);
    const letter = code >= 97 && code <= 122;
    const digit = code >= 48 && code <= 57;
    const dash = code == 45 && i > 0 && i < length - 1;
    if (!letter && !digit && !dash) return false;
  }
  return true;
}

function priceOf(name: string, years: u32): Coin {
  const config = CONFIG.load();
  const factor = name.length <= 4 ? <u64>config.shortFactor * years : <u64>years;
  return new Coin(config.price.denom, config.price.amount * Uint128.from(factor));
}

/** Refuses the call unless exactly the price came with it. */
function takePrice(info: MessageInfo, name: string, years: u32): void {
  ensure(years > 0 && years <= YEARS_MAX, "A name is registered for 1 to 10 years");
  const price = priceOf(name, years);
  const paid = info.mustPay(price.denom);
  ensure(paid == price.amount, "This costs " + price.amount.toString() + price.denom + ", not " + paid.toString());
}

/** The name, if the caller owns it and its time is not over; otherwise the call is refused. */
function owned(env: Env, info: MessageInfo, name: string): Name {
  const record = NAMES.load(name);
  ensure(record.owner == info.sender, "Only the owner of " + name + " can do that");
  ensure(record.expires > env.time, name + " has expired: renew it first");
  return record;
}

function answer(action: string, name: string): Response {
  return new Response().attribute("action", action).attribute("name", name);
}

/** Registers a name that is free, pointing to `address` or to the caller. */
@execute
function register(env: Env, info: MessageInfo, name: string, years: u32 = 1, address: string | null = null): Response {
  ensure(isName(name), "A name has 3 to 32 small letters, digits and dashes inside");
  takePrice(info, name, years);
  if (NAMES.has(name) && NAMES.load(name).expires + GRACE > env.time) return fail<Response>(name + " is taken");
  const expires = env.time + years * YEAR;
  NAMES.save(name, new Name(info.sender, address ? validAddress(address) : info.sender, expires));
  return answer("register", name).attribute("owner", info.sender).attribute("expires", expires.toString());
}

/** Adds years to a name; anybody may pay for them. Works in the grace period too. */
@execute
function renew(env: Env, info: MessageInfo, name: string, years: u32 = 1): Response {
  takePrice(info, name, years);
  const record = NAMES.load(name);
  if (record.expires + GRACE <= env.time) return fail<Response>(name + " is free: register it");
  record.expires = record.expires + years * YEAR;
  ensure(record.expires <= env.time + YEARS_MAX * YEAR, "No name lasts longer than 10 years from now");
  NAMES.save(name, record);
  return answer("renew", name).attribute("expires", record.expires.toString());
}

/** Gives a name to somebody else, to whom it then points. */
@execute
function transfer(env: Env, info: MessageInfo, name: string, recipient: string): Response {
  info.noFunds();
  const record = owned(env, info, name);
  record.owner = validAddress(recipient);
  record.address = recipient;
  NAMES.save(name, record);
  return answer("transfer", name).attribute("owner", recipient);
}

/** Lets a name stand for another address. */
@execute
function point(env: Env, info: MessageInfo, name: string, address: string): Response {
  info.noFunds();
  const record = owned(env, info, name);
  record.address = validAddress(address);
  NAMES.save(name, record);
  return answer("point", name).attribute("address", address);
}

/** Changes the prices. What is registered stays. */
@execute
function setPrice(info: MessageInfo, price: Coin, shortFactor: u32): Response {
  const config = CONFIG.load();
  ensure(config.owner == info.sender, "Only the owner of the service can do that");
  ensure(!price.amount.isZero && shortFactor > 0, "Neither price nor factor can be zero");
  CONFIG.save(new Config(config.owner, price, shortFactor));
  return new Response().attribute("action", "set_price");
}

/** Sends what was paid to the owner of the service. */
@execute
function withdraw(info: MessageInfo, amount: Coin): Response {
  const owner = CONFIG.load().owner;
  ensure(owner == info.sender, "Only the owner of the service can do that");
  return new Response().attribute("action", "withdraw").message(Message.send(owner, [amount]));
}

@json
class ResolveAnswer {
  constructor(public address: string | null) {}
}

/** The address a name stands for; null when it stands for none. */
@query
function resolve(env: Env, name: string): ResolveAnswer {
  if (!NAMES.has(name)) return new ResolveAnswer(null);
  const record = NAMES.load(name);
  return new ResolveAnswer(record.expires > env.time ? record.address : null);
}

@query
function record(name: string): Name {
  return NAMES.load(name);
}

@query
function price(name: string, years: u32 = 1): Coin {
  return priceOf(name, years);
}

@query
function config(): Config {
  return CONFIG.load();
}

@json
class NamesAnswer {
  constructor(public names: string[]) {}
}

/** All names from A to Z, also those that have expired and that nobody took since. */
@query
function allNames(startAfter: string = "", limit: u32 = 10): NamesAnswer {
  const answer = new NamesAnswer([]);
  const rows = NAMES.range().after(startAfter).take(min(limit, 30));
  while (rows.next()) answer.names.push(rows.key);
  return answer;
}

/**
 * A share of something real: a house, a company, a bond. The issuer answers for who may hold it, and the contract for that
 * nobody else ever does: holders are on a list, keep what they bought for a while, and hold no more than a limit. The issuer
 * can stop all transfers, a court can move shares, and everybody gets their part of what the asset earns.
 */
import { Coin, ensure, fail, Item, Message, Response, StorageMap, Uint128, validAddress } from "catenary";

/** Earnings for each share are kept with so many digits behind the point. */
const PRECISION: u64 = 1_000_000_000_000;
const TEXT_LENGTH_MAX = 256;

@json
class Asset {
  constructor(
    public name: string,
    /** Where the papers are, and the SHA-256 of them in hexadecimal. */
    public document: string,
    public documentHash: string,
    public issuer: string,
    /** Who may move shares by force; everybody can see it and why. */
    public court: string,
    /** Most shares of one holder; null: no limit. */
    public holderMax: Uint128 | null,
    /** Seconds for which a holder keeps what came in last. */
    public holdingPeriod: u64,
    /** What the asset's earnings are paid in. */
    public payoutDenom: string,
    public supply: Uint128,
    public paused: bool,
  ) {}
}

@json
class Holder {
  constructor(
    /** Seconds since 1970 until which the holder may receive shares; 0: may not. */
    public allowedUntil: u64,
    public shares: Uint128,
    /** Seconds since 1970 from which on the shares may go elsewhere. */
    public lockedUntil: u64,
    /** What one share had earned, ever, when this holder was last looked at. */
    public seen: Uint128,
    /** Earned and not taken out yet. */
    public owed: Uint128,
  ) {}
}

const ASSET = new Item<Asset>("asset");
const HOLDERS = new StorageMap<string, Holder>("holders");
/** What one share has earned, ever, times `PRECISION`. */
const EARNED = new Item<Uint128>("earned");

@instantiate
function setup(
  info: MessageInfo,
  name: string,
  document: string,
  documentHash: string,
  court: string,
  holderMax: Uint128 | null,
  holdingPeriod: u64,
  payoutDenom: string,
): Response {
  ensure(name.length > 0 && name.length <= TEXT_LENGTH_MAX, "An asset wants a name");
  ensure(documentHash.length == 64, "The papers are told by their SHA-256, 64 hexadecimal digits");
  const issuer = info.sender;
  const zero = Uint128.zero;
  ASSET.save(
    new Asset(
      name,
      document,
      documentHash,
      issuer,
      validAddress(court),
      holderMax,
      holdingPeriod,
      payoutDenom,
      zero,
      false,
    ),
  );
  EARNED.save(zero);
  return new Response();
}

/** The holder at this address, with all that was earned up to now written to it. */
function holderAt(address: string): Holder {
  const earned = EARNED.load();
  const holder = HOLDERS.loadOr(address, new Holder(0, Uint128.zero, 0, earned, Uint128.zero));
  const since = earned - holder.seen;
  holder.owed = holder.owed + holder.shares.multiplyRatio(since, Uint128.from(PRECISION));
  holder.seen = earned;
  return holder;
}

/** The asset, if the caller is its issuer; otherwise the call is refused. */
function asIssuer(info: MessageInfo): Asset {
  info.noFunds();
  const asset = ASSET.load();
  ensure(info.sender == asset.issuer, "Only the issuer can do that");
  return asset;
}

/** Adds shares to a holder who is on the list, within the limit. */
function receive(env: Env, asset: Asset, address: string, amount: Uint128): void {
  const holder = holderAt(address);
  ensure(holder.allowedUntil > env.time, address + " is not on the list of holders");
  holder.shares = holder.shares + amount;
  const most = asset.holderMax;
  if (most) ensure(holder.shares <= most, address + " would hold more than " + most.toString());
  holder.lockedUntil = env.time + asset.holdingPeriod;
  HOLDERS.save(address, holder);
}

function give(address: string, amount: Uint128): Holder {
  const holder = holderAt(address);
  ensure(holder.shares >= amount, address + " has " + holder.shares.toString() + " shares, not " + amount.toString());
  holder.shares = holder.shares - amount;
  HOLDERS.save(address, holder);
  return holder;
}

function moved(action: string, from: string, to: string, amount: Uint128): Response {
  return new Response()
    .attribute("action", action)
    .attribute("from", from)
    .attribute("to", to)
    .attribute("amount", amount.toString());
}

/** Puts somebody on the list of holders until a time, or (0) off it: shares can then only leave. */
@execute
function allow(info: MessageInfo, address: string, until: u64): Response {
  asIssuer(info);
  const holder = holderAt(validAddress(address));
  holder.allowedUntil = until;
  HOLDERS.save(address, holder);
  return new Response().attribute("action", "allow").attribute("address", address);
}

/** Makes shares for a holder on the list. */
@execute
function issue(env: Env, info: MessageInfo, recipient: string, amount: Uint128): Response {
  const asset = asIssuer(info);
  receive(env, asset, validAddress(recipient), amount);
  asset.supply = asset.supply + amount;
  ASSET.save(asset);
  return moved("issue", "", recipient, amount);
}

/** Destroys shares of the caller, as when a bond is paid back. */
@execute
function redeem(info: MessageInfo, amount: Uint128): Response {
  info.noFunds();
  give(info.sender, amount);
  const asset = ASSET.load();
  asset.supply = asset.supply - amount;
  ASSET.save(asset);
  return moved("redeem", info.sender, "", amount);
}

/** Sends shares to another holder on the list. */
@execute
function transfer(env: Env, info: MessageInfo, recipient: string, amount: Uint128): Response {
  info.noFunds();
  const asset = ASSET.load();
  ensure(!asset.paused, "Transfers are stopped");
  ensure(validAddress(recipient) != info.sender, "Nothing to move");
  const from = give(info.sender, amount);
  ensure(from.lockedUntil <= env.time, "The holding period is not over");
  receive(env, asset, recipient, amount);
  return moved("transfer", info.sender, recipient, amount);
}

/** Moves shares by order of a court, whatever its holder says; the new holder must be on the list. */
@execute
function forceTransfer(
  env: Env,
  info: MessageInfo,
  from: string,
  recipient: string,
  amount: Uint128,
  reason: string,
): Response {
  info.noFunds();
  const asset = ASSET.load();
  if (info.sender != asset.court) return fail<Response>("Only the court can do that");
  ensure(reason.length > 0 && reason.length <= TEXT_LENGTH_MAX, "A forced transfer wants a reason");
  give(from, amount);
  receive(env, asset, validAddress(recipient), amount);
  return moved("force_transfer", from, recipient, amount).attribute("reason", reason);
}

/** Stops all transfers but those of the court, or lets them go on. */
@execute
function pause(info: MessageInfo, paused: bool): Response {
  const asset = asIssuer(info);
  asset.paused = paused;
  ASSET.save(asset);
  return new Response().attribute("action", "pause").attribute("paused", paused ? "true" : "false");
}

/** Pays in what the asset earned, for all holders by their shares. Anybody may. */
@execute
function payIn(info: MessageInfo): Response {
  const asset = ASSET.load();
  const paid = info.mustPay(asset.payoutDenom);
  if (asset.supply.isZero) return fail<Response>("There are no shares to pay for");
  // Rounded down: what cannot be divided stays in the contract.
  EARNED.save(EARNED.load() + paid.multiplyRatio(Uint128.from(PRECISION), asset.supply));
  return new Response().attribute("action", "pay_in").attribute("amount", paid.toString());
}

/** Pays out what the caller's shares have earned, also when transfers are stopped. */
@execute
function takeOut(info: MessageInfo): Response {
  info.noFunds();
  const holder = holderAt(info.sender);
  const owed = holder.owed;
  if (owed.isZero) return fail<Response>("Nothing to take out");
  holder.owed = Uint128.zero;
  HOLDERS.save(info.sender, holder);
  const coins = [new Coin(ASSET.load().payoutDenom, owed)];
  return new Response()
    .attribute("action", "take_out")
    .attribute("amount", owed.toString())
    .message(Message.send(info.sender, coins));
}

@query
function asset(): Asset {
  return ASSET.load();
}

@json
class HolderAnswer {
  constructor(
    public address: string,
    public shares: Uint128,
    public allowedUntil: u64,
    public lockedUntil: u64,
    public owed: Uint128,
  ) {}
}

function holderAnswer(address: string): HolderAnswer {
  const found = holderAt(address);
  return new HolderAnswer(address, found.shares, found.allowedUntil, found.lockedUntil, found.owed);
}

@query
function holder(address: string): HolderAnswer {
  return holderAnswer(address);
}

@json
class HoldersAnswer {
  constructor(public holders: HolderAnswer[]) {}
}

@query
function holders(startAfter: string = "", limit: u32 = 10): HoldersAnswer {
  const answer = new HoldersAnswer([]);
  const rows = HOLDERS.range().after(startAfter).take(min(limit, 30));
  while (rows.next()) answer.holders.push(holderAnswer(rows.key));
  return answer;
}

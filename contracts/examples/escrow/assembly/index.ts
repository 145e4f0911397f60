/**
 * An escrow: money that waits until an arbiter says whom it belongs to. Somebody opens a deal with coins of the chain, or
 * with tokens of a cw20 contract; the arbiter releases it to the seller or refunds the buyer; after the deadline anybody
 * may have it refunded.
 */
import { Coin, ensure, Expiration, fail, fromJson, Item, Message, Response, StorageMap, Uint128, validAddress } from "catenary";

/** One deal. Its money is either coins of the chain, or an amount of one cw20 token. */
@json
class Deal {
  constructor(
    public buyer: string,
    public seller: string,
    public arbiter: string,
    public deadline: Expiration,
    public coins: Coin[],
    /** Address of the cw20 contract. */
    public token: string | null,
    public tokenAmount: Uint128,
    /** What it is about, for people. */
    public note: string,
  ) {}
}

const DEALS = new StorageMap<u64, Deal>("deals");
const NEXT_ID = new Item<u64>("next_id");
const NOTE_LENGTH_MAX = 256;

@instantiate
function setup(): Response {
  NEXT_ID.save(1);
  return new Response();
}

/** What every new deal must fulfil. */
function open(env: Env, deal: Deal): Response {
  ensure(!deal.deadline.isNever, "A deal wants a deadline");
  ensure(!deal.deadline.isExpired(env), "The deadline is over already");
  ensure(deal.note.length <= NOTE_LENGTH_MAX, "The note is too long");
  ensure(validAddress(deal.arbiter) != deal.buyer, "The buyer cannot be the arbiter");
  ensure(validAddress(deal.seller) != deal.arbiter, "The seller cannot be the arbiter");

  const id = NEXT_ID.load();
  NEXT_ID.save(id + 1);
  DEALS.save(id, deal);
  return new Response()
    .attribute("action", "open")
    .attribute("id", id.toString())
    .attribute("buyer", deal.buyer)
    .attribute("seller", deal.seller);
}

/** Opens a deal with the coins that come along with the message. */
@execute
function openDeal(
  env: Env,
  info: MessageInfo,
  seller: string,
  arbiter: string,
  deadline: Expiration,
  note: string = "",
): Response {
  ensure(info.funds.length > 0, "No funds sent");
  return open(env, new Deal(info.sender, seller, arbiter, deadline, info.funds, null, Uint128.zero, note));
}

/** What stands in the `msg` of a cw20 `send`. */
@json
class OpenDeal {
  seller: string;
  arbiter: string;
  deadline: Expiration;
  note: string = "";
}

/**
 * Opens a deal with tokens. The token contract sends this message when somebody sends us tokens; `info.sender` is then the
 * token contract, and `sender` the account the tokens came from.
 */
@execute
function receive(env: Env, info: MessageInfo, sender: string, amount: Uint128, msg: Uint8Array): Response {
  info.noFunds();
  ensure(!amount.isZero, "No tokens sent");
  const deal = fromJson<OpenDeal>(msg);
  const buyer = validAddress(sender);
  return open(env, new Deal(buyer, deal.seller, deal.arbiter, deal.deadline, [], info.sender, amount, deal.note));
}

@json
class Transfer {
  constructor(public recipient: string, public amount: Uint128) {}
}

/** Pays a deal's money out and forgets the deal, so that it cannot be paid twice. */
function settle(action: string, id: u64, deal: Deal, to: string): Response {
  DEALS.remove(id);
  const token = deal.token;
  const payment = token
    ? Message.execute(token, "transfer", new Transfer(to, deal.tokenAmount))
    : Message.send(to, deal.coins);
  return new Response()
    .attribute("action", action)
    .attribute("id", id.toString())
    .attribute("to", to)
    .message(payment);
}

/** The arbiter gives the money to the seller. */
@execute
function release(env: Env, info: MessageInfo, id: u64): Response {
  info.noFunds();
  const deal = DEALS.load(id);
  if (info.sender != deal.arbiter) return fail<Response>("Only the arbiter can release");
  if (deal.deadline.isExpired(env)) return fail<Response>("The deadline is over: the money goes back");
  return settle("release", id, deal, deal.seller);
}

/** The money goes back: by the arbiter or the seller at any time, by anybody when the deadline is over. */
@execute
function refund(env: Env, info: MessageInfo, id: u64): Response {
  info.noFunds();
  const deal = DEALS.load(id);
  const may = info.sender == deal.arbiter || info.sender == deal.seller || deal.deadline.isExpired(env);
  if (!may) return fail<Response>("Only the arbiter or the seller can refund before the deadline");
  return settle("refund", id, deal, deal.buyer);
}

@query
function deal(id: u64): Deal {
  return DEALS.load(id);
}

@json
class DealRow {
  constructor(public id: u64, public deal: Deal) {}
}

@json
class DealsAnswer {
  constructor(public deals: DealRow[]) {}
}

/** Open deals in the order they were opened. */
@query
function deals(startAfter: u64 = 0, limit: u32 = 10): DealsAnswer {
  const answer = new DealsAnswer([]);
  const rows = DEALS.range().after(startAfter).take(min(limit, 30));
  while (rows.next()) answer.deals.push(new DealRow(rows.key, rows.value));
  return answer;
}

/**
 * A bridge: takes tokens of cw20 contracts to other chains and back. It speaks ICS-20, so that over there nobody needs a
 * contract: every chain that can receive coins of other chains can receive these. A token that has left is kept here, and
 * exists there as a coin; when the coin comes home, the token is given out.
 */
import {
  ensure,
  fail,
  fromJson,
  IbcChannel,
  IbcMsg,
  IbcPacket,
  IbcReceiveResponse,
  IbcTimeout,
  Item,
  Message,
  PairMap,
  Response,
  sha256,
  StorageMap,
  toHex,
  toJson,
  Uint128,
  utf8,
  validAddress,
} from "catenary";

/** What chains call the agreement about tokens that both ends of a channel keep. */
const VERSION = "ics20-1";
/** What a packet calls a token: this and its address. */
const CW20 = "cw20:";
/** What says "done" in the answer to a packet. */
const DONE: u8 = 1;

/** Seconds after which a packet that has not arrived is void. */
const TIMEOUT = new Item<u64>("timeout");
/** Open channels by their names. */
const CHANNELS = new StorageMap<string, IbcChannel>("channels");
/** How much of which token has left over which channel: so much may come home over it, and no more. */
const AWAY = new PairMap<string, string, Uint128>("away");

@instantiate
function setup(timeout: u64 = 3600): Response {
  ensure(timeout > 0, "The timeout cannot be zero");
  TIMEOUT.save(timeout);
  return new Response();
}

// Channels: anybody may open one, because what a chain does concerns only those who send their tokens to it.

@ibcChannelOpen
function open(message: IbcChannelOpenMsg): string {
  return message.require(VERSION);
}

@ibcChannelConnect
function connect(message: IbcChannelConnectMsg): Response {
  const other = message.counterpartyVersion;
  ensure(!other || other == VERSION, "The other end's version must be `" + VERSION + "`");
  CHANNELS.save(message.channel.id, message.channel);
  return new Response().attribute("action", "connect").attribute("channel", message.channel.id);
}

/** Nobody closes a channel from here: what is away could never come home. */
@ibcChannelClose
function close(message: IbcChannelCloseMsg): Response {
  if (message.isInit) return fail<Response>("A channel of the bridge stays open");
  CHANNELS.remove(message.channel.id);
  return new Response().attribute("action", "close").attribute("channel", message.channel.id);
}

// Tokens that leave

/** What a packet says: coins of `denom` are moved from `sender` to `receiver`. The names are ICS-20's. */
@json
class Transfer {
  constructor(
    public denom: string,
    public amount: Uint128,
    public sender: string,
    public receiver: string,
    public memo: string = "",
  ) {}
}

/** What stands in the `msg` of a cw20 `send`. */
@json
class Destination {
  /** Of this contract. */
  channel: string;
  /** An account of the other chain. */
  receiver: string;
  /** For the other chain, which may do something by it. */
  memo: string = "";
}

/**
 * Somebody sends tokens to another chain. Their contract says so; `info.sender` is that contract, and `sender` the account
 * the tokens came from.
 */
@execute
function receive(env: Env, info: MessageInfo, sender: string, amount: Uint128, msg: Uint8Array): Response {
  info.noFunds();
  ensure(!amount.isZero, "No tokens sent");
  const token = info.sender;
  const to = fromJson<Destination>(msg);
  if (!CHANNELS.has(to.channel)) return fail<Response>(to.channel + " is no open channel of the bridge");
  keep(to.channel, token, amount);
  const packet = new Transfer(CW20 + token, amount, validAddress(sender), to.receiver, to.memo);
  return moved("leave", token, amount)
    .attribute("channel", to.channel)
    .message(IbcMsg.sendPacket(to.channel, toJson(packet), IbcTimeout.after(env, TIMEOUT.load())));
}

function keep(channel: string, token: string, amount: Uint128): void {
  const away = AWAY.of(channel);
  away.save(token, away.loadOr(token, Uint128.zero) + amount);
}

/** The other chain has received the packet: it made the coins, or refused and told us why. */
@ibcPacketAck
function acknowledged(message: IbcPacketAckMsg): Response {
  const why = message.acknowledgement.error;
  if (why) return giveBack(message.packet).attribute("error", why);
  return new Response().attribute("action", "arrive");
}

/** The packet did not get there in time, and never will. */
@ibcPacketTimeout
function late(message: IbcPacketTimeoutMsg): Response {
  return giveBack(message.packet).attribute("error", "timeout");
}

/** To the account that sent them. `packet` is our own. */
function giveBack(packet: IbcPacket): Response {
  const transfer = packet.as<Transfer>();
  const token = transfer.denom.substring(CW20.length);
  return giveOut("give_back", packet.src.channelId, token, transfer.sender, transfer.amount);
}

// Tokens that come home

/** Coins have left the other chain, which says whose the tokens are now. Failing sends the coins back. */
@ibcPacketReceive
function arrived(message: IbcPacketReceiveMsg): IbcReceiveResponse {
  const packet = message.packet;
  const transfer = packet.as<Transfer>();
  // The other chain's name of what came from here: its own end of the channel, and our name.
  const home = packet.src.portId + "/" + packet.src.channelId + "/" + CW20;
  if (!transfer.denom.startsWith(home)) return fail<IbcReceiveResponse>("Only tokens that left by the bridge come home");
  const token = transfer.denom.substring(home.length);
  return giveOut("come_home", packet.dest.channelId, token, validAddress(transfer.receiver), transfer.amount)
    .acknowledge(doneBytes());
}

function doneBytes(): Uint8Array {
  const bytes = new Uint8Array(1);
  bytes[0] = DONE;
  return bytes;
}

@json
class Payment {
  constructor(public recipient: string, public amount: Uint128) {}
}

/**
 * Gives out what is kept, and no more than has left over that channel: another chain may say what it likes, and must not
 * make us call whom it likes.
 */
function giveOut(action: string, channel: string, token: string, recipient: string, amount: Uint128): Response {
  const away = AWAY.of(channel);
  const left = away.loadOr(token, Uint128.zero);
  if (amount.isZero) return fail<Response>("No tokens came home");
  if (left < amount) return fail<Response>("Only " + left.toString() + " of these tokens left over " + channel);
  away.save(token, left - amount);
  return moved(action, token, amount)
    .attribute("recipient", recipient)
    .message(Message.execute(token, "transfer", new Payment(recipient, amount)));
}

function moved(action: string, token: string, amount: Uint128): Response {
  return new Response()
    .attribute("action", action)
    .attribute("token", token)
    .attribute("amount", amount.toString());
}

// Queries

/** A channel, and what has left over it, thirty tokens at most. */
@json
class ChannelRow {
  constructor(
    public channel: string,
    /** What the other chain calls it. */
    public counterparty: string,
    public connection: string,
    public away: TokenRow[],
  ) {}
}

@json
class TokenRow {
  constructor(public token: string, public amount: Uint128) {}
}

@json
class ChannelsAnswer {
  constructor(public channels: ChannelRow[]) {}
}

@query
function channels(startAfter: string = "", limit: u32 = 10): ChannelsAnswer {
  const answer = new ChannelsAnswer([]);
  const rows = CHANNELS.range().after(startAfter).take(min(limit, 30));
  while (rows.next()) {
    const channel = rows.value;
    const row = new ChannelRow(rows.key, channel.counterpartyEndpoint.channelId, channel.connectionId, []);
    const tokens = AWAY.of(rows.key).range().take(30);
    while (tokens.next()) row.away.push(new TokenRow(tokens.key, tokens.value));
    answer.channels.push(row);
  }
  return answer;
}

@json
class DenomAnswer {
  constructor(public denom: string) {}
}

/** What the other chain calls the coins that a token becomes: the hash of the way it came. */
@query
function denomThere(channel: string, token: string): DenomAnswer {
  const there = CHANNELS.load(channel).counterpartyEndpoint;
  const way = there.portId + "/" + there.channelId + "/" + CW20 + token;
  return new DenomAnswer("ibc/" + toHex(sha256(utf8(way))).toUpperCase());
}

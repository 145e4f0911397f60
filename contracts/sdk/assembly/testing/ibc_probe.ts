/** A contract that notes all that it hears of channels and packets, and answers packets as their data says. */
import {
  Coin,
  fail,
  IbcAcknowledgement,
  IbcChannel,
  IbcMsg,
  IbcPacket,
  IbcReceiveResponse,
  IbcTimeout,
  Item,
  Message,
  ReplyOn,
  Response,
  text,
  toJson,
  Uint128,
  utf8,
} from "catenary";

const LOG = new Item<string[]>("log");
const VERSION = "probe-1";

@instantiate
function setup(): Response {
  LOG.save([]);
  return new Response();
}

function note(line: string): Response {
  const log = LOG.load();
  log.push(line);
  LOG.save(log);
  return new Response().attribute("noted", line.split(" ")[0]);
}

@query
function log(): string[] {
  return LOG.load();
}

@json
class Noted {
  constructor(public channel: IbcChannel | null, public packet: IbcPacket | null) {}
}

/** What was heard, by way of storage's form and back. */
function written(channel: IbcChannel | null, packet: IbcPacket | null): string {
  const item = new Item<Noted>("noted");
  item.save(new Noted(channel, packet));
  return text(toJson(item.load()));
}

function answerText(answer: IbcAcknowledgement): string {
  const error = answer.error;
  return error ? "error " + error : "result " + text(answer.result);
}

function orNone(text: string | null): string {
  return text ? text : "none";
}

@ibcChannelOpen
function open(env: Env, message: IbcChannelOpenMsg): string {
  note("open " + written(message.channel, null) + " " + orNone(message.counterpartyVersion));
  // The one that answers does not say what the other has said already.
  const version = message.require(VERSION, message.channel.order);
  return message.counterpartyVersion ? "" : version;
}

@ibcChannelConnect
function connect(message: IbcChannelConnectMsg): Response {
  return note("connect " + written(message.channel, null) + " " + orNone(message.counterpartyVersion));
}

@ibcChannelClose
function close(message: IbcChannelCloseMsg): Response {
  return note((message.isInit ? "close_init " : "close_confirm ") + written(message.channel, null));
}

@json
class Data {
  answer: string;
}

@ibcPacketReceive
function receive(env: Env, message: IbcPacketReceiveMsg): IbcReceiveResponse {
  const response = note("receive " + written(null, message.packet) + " " + message.relayer);
  const answer = message.packet.as<Data>().answer;
  if (answer == "refusal") return fail<IbcReceiveResponse>("I refuse <that> & \"this\"");
  if (answer == "panic") throw new Error("panic");
  if (answer == "again") {
    const back = IbcMsg.sendPacket(message.packet.dest.channelId, message.packet.data, IbcTimeout.after(env, 100));
    return response.message(back).acknowledge(utf8("again"));
  }
  if (answer == "later") return response.acknowledgeLater();
  if (answer == "raw") return response.acknowledgeRaw(utf8("{\"result\":null}"));
  if (answer == "unpaid") response.message(Message.send(env.contract, [new Coin("none", Uint128.from(1))]));
  return response.acknowledge(utf8(answer));
}

@ibcPacketAck
function acknowledged(message: IbcPacketAckMsg): Response {
  if (message.acknowledgement.error === null && text(message.acknowledgement.result) == "deaf") return fail<Response>("I do not hear");
  return note("acknowledged " + answerText(message.acknowledgement) + " " + written(null, message.packet));
}

@ibcPacketTimeout
function late(message: IbcPacketTimeoutMsg): Response {
  return note("timeout " + written(null, message.packet));
}

@ibcSourceCallback
function sourceCallback(message: IbcSourceCallbackMsg): Response {
  const answer = message.acknowledgement;
  return note("source " + (answer ? answerText(answer) : "late") + " " + message.packet.sequence.toString());
}

@ibcDestinationCallback
function destinationCallback(message: IbcDestinationCallbackMsg): Response {
  const transfer = message.transfer;
  if (!transfer) return note("destination");
  const coin = transfer.funds[0];
  if (coin.amount == Uint128.from(13)) return fail<Response>("not 13");
  return note("destination " + transfer.sender + " " + transfer.receiver + " " + coin.amount.toString() + coin.denom);
}

@execute
function send(env: Env, channel: string, answer: string, seconds: u64 = 100, height: u64 = 0): Response {
  const timeout = height ? IbcTimeout.atHeight(1, height) : IbcTimeout.after(env, seconds);
  const data = new Data();
  data.answer = answer;
  return new Response().submessage(1, IbcMsg.sendPacket(channel, toJson(data), timeout), ReplyOn.Success);
}

@reply
function sent(reply: Reply): Response {
  return note("sent " + reply.packetSequence.toString());
}

@execute
function answerLater(channel: string, sequence: u64, answer: string): Response {
  return new Response().message(IbcMsg.writeAcknowledgement(channel, sequence, utf8(answer)));
}

@execute
function closeChannel(channel: string): Response {
  return new Response().message(IbcMsg.closeChannel(channel));
}

/** Sends coins of the contract over a channel of token transfers. */
@execute
function transfer(env: Env, channel: string, coin: Coin, to: string, destination: string | null, seconds: u64 = 100): Response {
  const memo = IbcMsg.callbackMemo(env.contract, destination);
  return new Response().message(IbcMsg.transfer(channel, to, coin, IbcTimeout.after(env, seconds), memo));
}

/** What a handler answers with: a {@link Response} of attributes, events, data, and messages for the chain. */
import { utf8 } from "./bytes";
import { encode } from "./codec";
import { Json } from "./json";
import { Coin } from "./types";
import { beginCall, endCall, JsonWriter } from "./writer";

/** When a contract wants to hear what became of a message. */
export enum ReplyOn {
  Never,
  Success,
  Error,
  Always,
}

class Attribute {
  constructor(public key: string, public value: string) {}

  encodeJson(writer: JsonWriter): void {
    writer.beginObject();
    writer.field<string>("key", this.key);
    writer.field<string>("value", this.value);
    writer.endObject();
  }
}

/** Something that happened, for those who watch the chain. Its type appears there with `wasm-` before it. */
export class Event {
  private attributes: Attribute[] = [];

  constructor(public type: string) {}

  attribute(key: string, value: string): Event {
    this.attributes.push(new Attribute(key, value));
    return this;
  }

  encodeJson(writer: JsonWriter): void {
    writer.beginObject();
    writer.field<string>("type", this.type);
    writer.field<Attribute[]>("attributes", this.attributes);
    writer.endObject();
  }
}

/** A message that the chain carries out when the handler is done, as the contract's own. */
export class Message {
  /** `json`: a `CosmosMsg`, such as `{"bank": {"send": …}}`. */
  constructor(private json: Uint8Array) {}

  /** Sends coins of the contract. */
  static send(to: string, coins: Coin[]): Message {
    const writer = beginCall("bank", "send");
    writer.field<string>("to_address", to);
    writer.field<Coin[]>("amount", coins);
    return finish(writer);
  }

  /** Destroys coins of the contract. */
  static burn(coins: Coin[]): Message {
    const writer = beginCall("bank", "burn");
    writer.field<Coin[]>("amount", coins);
    return finish(writer);
  }

  /** Calls another contract with `{"<name>": <body>}`. */
  static execute<T>(contract: string, name: string, body: T, funds: Coin[] = []): Message {
    const inner = new JsonWriter();
    inner.beginObject();
    inner.field<T>(name, body);
    inner.endObject();
    return Message.executeJson(contract, inner.bytes(), funds);
  }

  /** Calls another contract with a message that is JSON already. */
  static executeJson(contract: string, message: Uint8Array, funds: Coin[] = []): Message {
    const writer = beginCall("wasm", "execute");
    writer.field<string>("contract_addr", contract);
    writer.field<Uint8Array>("msg", message);
    writer.field<Coin[]>("funds", funds);
    return finish(writer);
  }

  /** Makes a new contract of an uploaded code. */
  static instantiate<T>(codeId: u64, message: T, label: string, funds: Coin[] = [], admin: string | null = null): Message {
    const writer = beginCall("wasm", "instantiate");
    writer.field<string | null>("admin", admin);
    writer.field<u64>("code_id", codeId);
    const inner = new JsonWriter();
    encode<T>(inner, message);
    writer.field<Uint8Array>("msg", inner.bytes());
    writer.field<Coin[]>("funds", funds);
    writer.field<string>("label", label);
    return finish(writer);
  }

  encodeJson(writer: JsonWriter): void {
    writer.copy(this.json.dataStart, this.json.length);
  }
}

function finish(writer: JsonWriter): Message {
  return new Message(endCall(writer).bytes());
}

/** A message and what to do when it is done. */
class SubMessage {
  constructor(public id: u64, public message: Message, public replyOn: ReplyOn, public gasLimit: u64) {}

  encodeJson(writer: JsonWriter): void {
    writer.beginObject();
    writer.field<u64>("id", this.id);
    writer.field<Message>("msg", this.message);
    writer.key("gas_limit");
    if (this.gasLimit == 0) writer.raw("null");
    else writer.value<u64>(this.gasLimit);
    const on = this.replyOn;
    const word = on == ReplyOn.Always ? "always" : on == ReplyOn.Error ? "error" : on == ReplyOn.Success ? "success" : "never";
    writer.field<string>("reply_on", word);
    writer.endObject();
  }
}

/** The answer to a call that was carried out. Every method gives the response itself, so that calls can be chained. */
// @ts-ignore: decorator
@global
export class Response {
  private messages: SubMessage[] = [];
  private attributes: Attribute[] = [];
  private events: Event[] = [];
  private result: Uint8Array | null = null;

  /** A fact about the call, for those who watch the chain. */
  attribute(key: string, value: string): Response {
    this.attributes.push(new Attribute(key, value));
    return this;
  }

  event(event: Event): Response {
    this.events.push(event);
    return this;
  }

  /** A message to carry out; when it fails, the whole call fails. */
  message(message: Message): Response {
    return this.submessage(0, message, ReplyOn.Never);
  }

  /** A message whose outcome comes back to the contract's `@reply` with this `id`. `gasLimit` 0: what there is. */
  submessage(id: u64, message: Message, replyOn: ReplyOn = ReplyOn.Always, gasLimit: u64 = 0): Response {
    this.messages.push(new SubMessage(id, message, replyOn, gasLimit));
    return this;
  }

  /** Bytes for the caller. */
  data(data: Uint8Array): Response {
    this.result = data;
    return this;
  }

  /** JSON for the caller. */
  dataText(json: string): Response {
    return this.data(utf8(json));
  }

  /**
   * Ends the answer to a packet: `result` goes back to the sender, in the usual form `{"result": "<base64>"}`. What fails
   * instead goes back as `{"error": "…"}` by itself; {@link IbcAcknowledgement} reads both.
   */
  acknowledge(result: Uint8Array): IbcReceiveResponse {
    const writer = new JsonWriter();
    writer.beginObject();
    writer.field<Uint8Array>("result", result);
    writer.endObject();
    return this.acknowledgeRaw(writer.bytes());
  }

  /** Ends the answer to a packet with an acknowledgement of another form; it must not be empty. */
  acknowledgeRaw(acknowledgement: Uint8Array): IbcReceiveResponse {
    return new IbcReceiveResponse(this, acknowledgement);
  }

  /** Ends the answer to a packet that {@link IbcMsg.writeAcknowledgement} is going to acknowledge, in another call. */
  acknowledgeLater(): IbcReceiveResponse {
    return new IbcReceiveResponse(this, null);
  }

  // The empty answer of a call that failed; the failure is what counts.
  decodeJson(_: Json): void {
    this.messages = [];
    this.attributes = [];
    this.events = [];
    this.result = null;
  }

  encodeJson(writer: JsonWriter): void {
    this.encodeWith(writer, "data", this.result);
  }

  encodeWith(writer: JsonWriter, name: string, data: Uint8Array | null): void {
    writer.beginObject();
    writer.field<SubMessage[]>("messages", this.messages);
    writer.field<Attribute[]>("attributes", this.attributes);
    writer.field<Event[]>("events", this.events);
    writer.field<Uint8Array | null>(name, data);
    writer.endObject();
  }
}

/** The answer to a packet: a {@link Response} with its acknowledgement, made by {@link Response.acknowledge}. */
// @ts-ignore: decorator
@global
export class IbcReceiveResponse {
  constructor(private response: Response, private acknowledgement: Uint8Array | null) {}

  // The empty answer of a call that failed.
  decodeJson(_: Json): void {
    this.response = new Response();
    this.acknowledgement = null;
  }

  encodeJson(writer: JsonWriter): void {
    this.response.encodeWith(writer, "acknowledgement", this.acknowledgement);
  }
}

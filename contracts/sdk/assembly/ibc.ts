/**
 * What a contract is told of channels and packets: CosmWasm's types, without the wrapping. A chain may tell more than it
 * does today, so unlike a message's, members that are not known are passed over.
 */
import { fromJson } from "./codec";
import { ensure } from "./failure";
import { Json } from "./json";
import { Coin, Env } from "./types";
import { Uint64 } from "./uint128";
import { JsonWriter } from "./writer";

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/** Whether packets must arrive in the order they were sent. */
export enum IbcOrder {
  Unordered,
  Ordered,
}

/** One end of a channel. */
export class IbcEndpoint {
  constructor(public portId: string, public channelId: string) {}

  decodeJson(json: Json): void {
    this.portId = json.get("port_id").text();
    this.channelId = json.get("channel_id").text();
  }

  encodeJson(writer: JsonWriter): void {
    writer.beginObject();
    writer.field<string>("port_id", this.portId);
    writer.field<string>("channel_id", this.channelId);
    writer.endObject();
  }
}

/** A channel as this end sees it. */
export class IbcChannel {
  constructor(
    public endpoint: IbcEndpoint,
    public counterpartyEndpoint: IbcEndpoint,
    public order: IbcOrder,
    public version: string,
    /** The connection that it runs over, on this chain. */
    public connectionId: string,
  ) {}

  /** This end's identifier: what messages call the channel. */
  get id(): string {
    return this.endpoint.channelId;
  }

  decodeJson(json: Json): void {
    this.endpoint = json.get("endpoint").as<IbcEndpoint>();
    this.counterpartyEndpoint = json.get("counterparty_endpoint").as<IbcEndpoint>();
    this.order = json.get("order").text() == "ORDER_ORDERED" ? IbcOrder.Ordered : IbcOrder.Unordered;
    this.version = json.get("version").text();
    this.connectionId = json.get("connection_id").text();
  }

  encodeJson(writer: JsonWriter): void {
    writer.beginObject();
    writer.field<IbcEndpoint>("endpoint", this.endpoint);
    writer.field<IbcEndpoint>("counterparty_endpoint", this.counterpartyEndpoint);
    writer.field<string>("order", this.order == IbcOrder.Ordered ? "ORDER_ORDERED" : "ORDER_UNORDERED");
    writer.field<string>("version", this.version);
    writer.field<string>("connection_id", this.connectionId);
    writer.endObject();
  }
}

/**
 * When a packet is too late to arrive: by time, by height of the other chain, or by whichever comes first. What did not
 * arrive comes back to `@ibcPacketTimeout`.
 */
export class IbcTimeout {
  constructor(
    /** Nanoseconds since 1970; 0: no limit. */
    public nanos: u64 = 0,
    /** Height of the other chain; 0: no limit. */
    public height: u64 = 0,
    /** The number at the end of the other chain's id, which heights begin with. */
    public revision: u64 = 0,
  ) {}

  /** So many seconds from now. */
  static after(env: Env, seconds: u64): IbcTimeout {
    return new IbcTimeout(env.nanos + seconds * NANOS_PER_SECOND);
  }

  /** `seconds` since 1970. */
  static atTime(seconds: u64): IbcTimeout {
    return new IbcTimeout(seconds * NANOS_PER_SECOND);
  }

  static atHeight(revision: u64, height: u64): IbcTimeout {
    return new IbcTimeout(0, height, revision);
  }

  decodeJson(json: Json): void {
    const block = json.get("block");
    const at = json.get("timestamp");
    this.height = block.isNull ? 0 : block.get("height").as<u64>();
    this.revision = block.isNull ? 0 : block.get("revision").as<u64>();
    this.nanos = at.isNull || at.isAbsent ? 0 : at.as<Uint64>().value;
  }

  encodeJson(writer: JsonWriter): void {
    writer.beginObject();
    writer.key("block");
    if (this.height == 0) writer.raw("null");
    else {
      writer.beginObject();
      writer.field<u64>("revision", this.revision);
      writer.field<u64>("height", this.height);
      writer.endObject();
    }
    writer.key("timestamp");
    if (this.nanos == 0) writer.raw("null");
    else writer.value<Uint64>(new Uint64(this.nanos));
    writer.endObject();
  }
}

/** Bytes in base64; a chain writes null for none. */
function bytesOf(json: Json): Uint8Array {
  return json.isNull ? new Uint8Array(0) : json.bytes();
}

export class IbcPacket {
  constructor(
    public data: Uint8Array,
    /** The end that sent it. */
    public src: IbcEndpoint,
    /** The end that gets it. */
    public dest: IbcEndpoint,
    /** Counts the packets of the sending end, from 1. */
    public sequence: u64,
    public timeout: IbcTimeout,
  ) {}

  /** Its data as a `T`, where that is JSON; refuses the call otherwise. */
  as<T>(): T {
    return fromJson<T>(this.data);
  }

  decodeJson(json: Json): void {
    this.data = bytesOf(json.get("data"));
    this.src = json.get("src").as<IbcEndpoint>();
    this.dest = json.get("dest").as<IbcEndpoint>();
    this.sequence = json.get("sequence").as<u64>();
    this.timeout = json.get("timeout").as<IbcTimeout>();
  }

  encodeJson(writer: JsonWriter): void {
    writer.beginObject();
    writer.field<Uint8Array>("data", this.data);
    writer.field<IbcEndpoint>("src", this.src);
    writer.field<IbcEndpoint>("dest", this.dest);
    writer.field<u64>("sequence", this.sequence);
    writer.field<IbcTimeout>("timeout", this.timeout);
    writer.endObject();
  }
}

/**
 * What the other chain answered to a packet. `error` and `result` read the usual form, `{"error": "…"}` or
 * `{"result": "<base64>"}`, and refuse the call when it is none.
 */
export class IbcAcknowledgement {
  private parsed: Json | null = null;

  constructor(readonly data: Uint8Array) {}

  private get json(): Json {
    let json = this.parsed;
    if (json === null) {
      this.parsed = json = Json.parseBytes(this.data);
      if (!json.is("result") && !json.is("error")) json.mismatch("acknowledgement");
    }
    return json;
  }

  /** Why the packet came to nothing; null when it did not. */
  get error(): string | null {
    const json = this.json;
    return json.is("error") ? json.body.text() : null;
  }

  /** What came of the packet; empty when it failed. */
  get result(): Uint8Array {
    const json = this.json;
    return json.is("result") ? bytesOf(json.body) : new Uint8Array(0);
  }
}

/** A channel wants to open: given to `@ibcChannelOpen`, which refuses or says the version that this end wants. */
// @ts-ignore: decorator
@global
export class IbcChannelOpenMsg {
  readonly channel: IbcChannel;
  /** What the other end wants; null when this end is asked first, and `channel.version` is what somebody proposes. */
  readonly counterpartyVersion: string | null;

  constructor(json: Json) {
    this.channel = json.body.get("channel").as<IbcChannel>();
    this.counterpartyVersion = json.body.optional<string>("counterparty_version");
  }

  /** Refuses the channel unless it has this order, and this version or none proposed yet; gives the version. */
  require(version: string, order: IbcOrder = IbcOrder.Unordered): string {
    const channel = this.channel;
    const other = this.counterpartyVersion;
    const word = order == IbcOrder.Ordered ? "ordered" : "unordered";
    ensure(channel.order == order, "Only " + word + " channels are supported");
    const free = !other && channel.version == "";
    ensure(free || channel.version == version, "The version must be `" + version + "`, not `" + channel.version + "`");
    if (other) ensure(other == version, "The other end's version must be `" + version + "`, not `" + other + "`");
    return version;
  }
}

/** A channel is open: given to `@ibcChannelConnect`. From now on packets can be sent over it. */
// @ts-ignore: decorator
@global
export class IbcChannelConnectMsg {
  readonly channel: IbcChannel;
  /** What the other end answered, which counts; null at the end that answered, where it is `channel.version`. */
  readonly counterpartyVersion: string | null;

  constructor(json: Json) {
    this.channel = json.body.get("channel").as<IbcChannel>();
    this.counterpartyVersion = json.body.optional<string>("counterparty_version");
  }
}

/** A channel closes, for ever: given to `@ibcChannelClose`. */
// @ts-ignore: decorator
@global
export class IbcChannelCloseMsg {
  readonly channel: IbcChannel;
  /** Whether somebody wants to close this end, which can be refused. Otherwise the other end is closed already. */
  readonly isInit: bool;

  constructor(json: Json) {
    this.channel = json.body.get("channel").as<IbcChannel>();
    this.isInit = json.is("close_init");
  }
}

/** A packet has arrived: given to `@ibcPacketReceive`. */
// @ts-ignore: decorator
@global
export class IbcPacketReceiveMsg {
  readonly packet: IbcPacket;
  /** Who brought it, and paid for that. */
  readonly relayer: string;

  constructor(json: Json) {
    this.packet = json.get("packet").as<IbcPacket>();
    this.relayer = json.get("relayer").text();
  }
}

/** A packet of this contract was received, and this is the answer: given to `@ibcPacketAck`. */
// @ts-ignore: decorator
@global
export class IbcPacketAckMsg {
  /** The packet that was sent. */
  readonly packet: IbcPacket;
  readonly acknowledgement: IbcAcknowledgement;
  readonly relayer: string;

  constructor(json: Json) {
    this.packet = json.get("original_packet").as<IbcPacket>();
    this.acknowledgement = new IbcAcknowledgement(bytesOf(json.get("acknowledgement").get("data")));
    this.relayer = json.get("relayer").text();
  }
}

/** A packet of this contract was not received in time, and never will be: given to `@ibcPacketTimeout`. */
// @ts-ignore: decorator
@global
export class IbcPacketTimeoutMsg {
  /** The packet that was sent. */
  readonly packet: IbcPacket;
  readonly relayer: string;

  constructor(json: Json) {
    this.packet = json.get("packet").as<IbcPacket>();
    this.relayer = json.get("relayer").text();
  }
}

/**
 * What became of tokens that this contract sent with the memo {@link IbcMsg.callbackMemo}: given to `@ibcSourceCallback`.
 * They are back already if they did not arrive. A callback that fails changes nothing.
 */
// @ts-ignore: decorator
@global
export class IbcSourceCallbackMsg {
  readonly packet: IbcPacket;
  /** The answer; null: the packet was not received in time. */
  readonly acknowledgement: IbcAcknowledgement | null;
  readonly relayer: string;

  constructor(json: Json) {
    const body = json.body;
    const late = json.is("timeout");
    this.packet = body.get(late ? "packet" : "original_packet").as<IbcPacket>();
    this.acknowledgement = late ? null : new IbcAcknowledgement(bytesOf(body.get("acknowledgement").get("data")));
    this.relayer = body.get("relayer").text();
  }
}

/** Tokens that arrived. */
export class IbcTransferCallback {
  constructor(
    /** On the other chain. */
    public sender: string,
    public receiver: string,
    /** Under the name they have here. */
    public funds: Coin[],
  ) {}
}

/** Tokens arrived whose memo names this contract: given to `@ibcDestinationCallback`. When it fails they go back. */
// @ts-ignore: decorator
@global
export class IbcDestinationCallbackMsg {
  readonly packet: IbcPacket;
  /** What the sender is going to be answered, if this does not fail. */
  readonly acknowledgement: IbcAcknowledgement;
  /** What arrived; null when it was no transfer of tokens. */
  readonly transfer: IbcTransferCallback | null;

  constructor(json: Json) {
    this.packet = json.get("packet").as<IbcPacket>();
    this.acknowledgement = new IbcAcknowledgement(bytesOf(json.get("ack").get("data")));
    const transfer = json.get("transfer");
    this.transfer = transfer.isAbsent || transfer.isNull
      ? null
      : new IbcTransferCallback(transfer.get("sender").text(), transfer.get("receiver").text(), transfer.get("funds").as<Coin[]>());
  }
}

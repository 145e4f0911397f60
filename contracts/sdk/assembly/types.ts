/** What a contract gets to know with a call. */
import { refuse } from "./failure";
import { Json } from "./json";
import { Uint128, Uint64 } from "./uint128";
import { JsonWriter } from "./writer";

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/** An amount of a token of the chain. */
@json
export class Coin {
  constructor(public denom: string, public amount: Uint128) {}
}

/** Where and when the call happens. */
// @ts-ignore: decorator
@global
export class Env {
  private parsed: Json | null = null;

  constructor(private region: usize) {}

  private get json(): Json {
    let json = this.parsed;
    if (json === null) this.parsed = json = Json.parse(this.region);
    return json;
  }

  /** Height of the block. */
  get height(): u64 {
    return this.json.get("block").get("height").as<u64>();
  }

  /** Time of the block in nanoseconds since 1970. */
  get nanos(): u64 {
    return this.json.get("block").get("time").as<Uint64>().value;
  }

  /** Time of the block in seconds since 1970. */
  get time(): u64 {
    return this.nanos / NANOS_PER_SECOND;
  }

  get chainId(): string {
    return this.json.get("block").get("chain_id").text();
  }

  /** Address of this contract. */
  get contract(): string {
    return this.json.get("contract").get("address").text();
  }
}

/** Who calls, and which coins the chain has moved to the contract with the call. */
// @ts-ignore: decorator
@global
export class MessageInfo {
  readonly sender: string;
  readonly funds: Coin[];

  constructor(region: usize) {
    const json = Json.parse(region);
    this.sender = json.get("sender").text();
    this.funds = json.get("funds").as<Coin[]>();
  }

  /** Refuses the call when coins came with it. */
  noFunds(): void {
    if (this.funds.length != 0) refuse("This message does no accept funds");
  }

  /** The coins that came, which must be of one denomination, and more than none. */
  oneCoin(): Coin {
    if (this.funds.length == 1 && !this.funds[0].amount.isZero) return this.funds[0];
    refuse(this.funds.length < 2 ? "No funds sent" : "Sent more than one denomination");
    return new Coin("", Uint128.zero);
  }

  /** The amount of `denom` that came; refuses the call for none, and for other coins. */
  mustPay(denom: string): Uint128 {
    const coin = this.oneCoin();
    if (coin.denom != denom) refuse("Must send reserve token '" + denom + "'");
    return coin.amount;
  }
}

/** What became of a message that asked for a reply. */
// @ts-ignore: decorator
@global
export class Reply {
  readonly id: u64;
  /** Why it failed; null when it did not. */
  readonly error: string | null;
  /** What the message left behind, in JSON: `events`, `data`, `msg_responses`. Absent when it failed. */
  readonly result: Json;

  constructor(json: Json) {
    this.id = json.get("id").as<u64>();
    const result = json.get("result");
    const failure = result.get("error");
    this.result = result.get("ok");
    this.error = failure.isAbsent ? null : failure.text();
  }

  /** Data that the called contract or module left, as protobuf; empty when there is none. */
  get data(): Uint8Array {
    const data = this.result.get("data");
    return data.isNull ? new Uint8Array(0) : data.bytes();
  }

  /** Number of the packet that {@link IbcMsg.sendPacket} sent, as its acknowledgement or timeout is going to name it. */
  get packetSequence(): u64 {
    // MsgIBCSendResponse: field 1, seven bits a byte, the lowest first.
    const data = this.data;
    let sequence: u64 = 0;
    for (let i = 1; i < data.length; i++) sequence |= <u64>(data[i] & 127) << (7 * (i - 1));
    return sequence;
  }

  /** Value of the first attribute `key` of the events of this `type`; empty when there is none. */
  attribute(type: string, key: string): string {
    const events = this.result.get("events").elements();
    for (let i = 0; i < events.length; i++) {
      if (events[i].get("type").text() != type) continue;
      const attributes = events[i].get("attributes").elements();
      for (let j = 0; j < attributes.length; j++) {
        if (attributes[j].get("key").text() == key) return attributes[j].get("value").text();
      }
    }
    return "";
  }
}

/** When something ends: at a height, at a time, or never. JSON as cw20's: `{"at_height": 5}`, `{"at_time": "…"}`, `{"never": {}}`. */
export class Expiration {
  constructor(public height: u64 = 0, public nanos: u64 = 0) {}

  static never(): Expiration {
    return new Expiration();
  }

  static atHeight(height: u64): Expiration {
    return new Expiration(height);
  }

  static atTime(seconds: u64): Expiration {
    return new Expiration(0, seconds * NANOS_PER_SECOND);
  }

  get isNever(): bool {
    return (this.height | this.nanos) == 0;
  }

  /** Whether it is over in this block. */
  isExpired(env: Env): bool {
    if (this.height != 0) return env.height >= this.height;
    return this.nanos != 0 && env.nanos >= this.nanos;
  }

  toString(): string {
    if (this.height != 0) return "expiration height: " + this.height.toString();
    return this.nanos != 0 ? "expiration time: " + this.nanos.toString() : "expiration: never";
  }

  decodeJson(json: Json): void {
    if (json.isAbsent || json.is("never")) return;
    if (json.is("at_height")) this.height = json.body.as<u64>();
    else if (json.is("at_time")) this.nanos = json.body.as<Uint64>().value;
    else json.mismatch("Expiration");
  }

  encodeJson(writer: JsonWriter): void {
    writer.beginObject();
    if (this.height != 0) writer.field<u64>("at_height", this.height);
    else if (this.nanos != 0) writer.field<Uint64>("at_time", new Uint64(this.nanos));
    else {
      writer.key("never");
      writer.raw("{}");
    }
    writer.endObject();
  }
}

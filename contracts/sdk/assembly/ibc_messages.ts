/** Messages to other chains. */
import { IbcTimeout } from "./ibc";
import { Message } from "./response";
import { Coin } from "./types";
import { beginCall, endCall, JsonWriter } from "./writer";

function finish(writer: JsonWriter): Message {
  return new Message(endCall(writer).bytes());
}

/** Writes `{name: {"address": address}}` without the braces around. */
function callback(writer: JsonWriter, name: string, address: string | null): void {
  if (!address) return;
  writer.key(name);
  writer.beginObject();
  writer.field<string>("address", address);
  writer.endObject();
}

/** Makes messages to other chains. `channelId` is always this chain's name of the channel. */
export class IbcMsg {
  /** Sends a packet over a channel of this contract. Sent as a submessage, its number is {@link Reply.packetSequence}. */
  static sendPacket(channelId: string, data: Uint8Array, timeout: IbcTimeout): Message {
    const writer = beginCall("ibc", "send_packet");
    writer.field<string>("channel_id", channelId);
    writer.field<Uint8Array>("data", data);
    writer.field<IbcTimeout>("timeout", timeout);
    return finish(writer);
  }

  /** Answers a packet that was received with {@link Response.acknowledgeLater}. */
  static writeAcknowledgement(channelId: string, sequence: u64, acknowledgement: Uint8Array): Message {
    const writer = beginCall("ibc", "write_acknowledgement");
    writer.field<string>("channel_id", channelId);
    writer.field<u64>("packet_sequence", sequence);
    writer.key("ack");
    writer.beginObject();
    writer.field<Uint8Array>("data", acknowledgement);
    writer.endObject();
    return finish(writer);
  }

  /** Closes a channel of this contract, for ever. */
  static closeChannel(channelId: string): Message {
    const writer = beginCall("ibc", "close_channel");
    writer.field<string>("channel_id", channelId);
    return finish(writer);
  }

  /** Sends coins of the contract over a channel of the chain's own token transfers (`transfer`). */
  static transfer(channelId: string, to: string, amount: Coin, timeout: IbcTimeout, memo: string | null = null): Message {
    const writer = beginCall("ibc", "transfer");
    writer.field<string>("channel_id", channelId);
    writer.field<string>("to_address", to);
    writer.field<Coin>("amount", amount);
    writer.field<IbcTimeout>("timeout", timeout);
    if (memo) writer.field<string>("memo", memo);
    return finish(writer);
  }

  /**
   * The memo of a transfer that calls contracts back: `source`, which must be the sending contract, when it is known what
   * became of it, and `destination`, on the other chain, when it arrives.
   */
  static callbackMemo(source: string | null, destination: string | null = null): string {
    const writer = new JsonWriter();
    writer.beginObject();
    callback(writer, "src_callback", source);
    callback(writer, "dest_callback", destination);
    writer.endObject();
    return String.UTF8.decodeUnsafe(writer.pointer, writer.length);
  }
}

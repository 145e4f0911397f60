/** The IBC messages that contracts send (`IbcMsg`; wasmvm `types/msg.go`, `types/ibc.go`). @module */
import type { CoinText } from "../../core/coins.ts";
import { type IbcHeight, ZERO_HEIGHT } from "../../core/ibc/mod.ts";
import { type Fields, JsonFault } from "./fields.ts";

/** When a packet is late. */
export interface IbcTimeout {
  /** The zero height: no timeout by height. */
  readonly height: IbcHeight;
  /** Nanoseconds since the Unix epoch; 0: no timeout by time. */
  readonly timestamp: bigint;
}

/** What goes over a channel of the contract's own port. */
export type OwnIbcMsg =
  | {
    readonly variant: "send_packet";
    readonly channelId: string;
    readonly data: Uint8Array;
    readonly timeout: IbcTimeout;
  }
  | {
    readonly variant: "write_acknowledgement";
    readonly channelId: string;
    readonly sequence: bigint;
    readonly data: Uint8Array;
  };

/** What other modules handle. */
export type RoutedIbcMsg =
  | { readonly variant: "close_channel"; readonly channelId: string }
  | {
    readonly variant: "transfer";
    readonly channelId: string;
    readonly to: string;
    readonly amount: CoinText;
    readonly timeout: IbcTimeout;
    readonly memo: string;
  };

export type IbcMsg = OwnIbcMsg | RoutedIbcMsg;

const NOTHING = new Uint8Array();
const DIGITS = /^[0-9]{1,20}$/;
const U64_MAX = (1n << 64n) - 1n;

/**
 * Reads a message in the order in which wasmd looks for variants; undefined: none that is known, as those that pay relayers.
 * Throws a {@linkcode JsonFault}.
 */
export function readIbcMsg(ibc: Fields): IbcMsg | undefined {
  const close = ibc.object("close_channel");
  if (close !== undefined) return { variant: "close_channel", channelId: close.text("channel_id") };
  const transfer = ibc.object("transfer");
  if (transfer !== undefined) {
    return {
      variant: "transfer",
      channelId: transfer.text("channel_id"),
      to: transfer.text("to_address"),
      amount: readCoin(transfer.object("amount")),
      timeout: readTimeout(transfer.object("timeout")),
      memo: transfer.text("memo"),
    };
  }
  const packet = ibc.object("send_packet");
  if (packet !== undefined) {
    return {
      variant: "send_packet",
      channelId: packet.text("channel_id"),
      data: packet.bytes("data") ?? NOTHING,
      timeout: readTimeout(packet.object("timeout")),
    };
  }
  const written = ibc.object("write_acknowledgement");
  return written && {
    variant: "write_acknowledgement",
    channelId: written.text("channel_id"),
    sequence: written.uint64("packet_sequence"),
    data: written.object("ack")?.bytes("data") ?? NOTHING,
  };
}

/** Texts, not checked yet. Throws a {@linkcode JsonFault}. */
export const readCoin = (coin: Fields | undefined): CoinText => ({
  denom: coin?.text("denom") ?? "",
  amount: coin?.text("amount") ?? "",
});

/** The timestamp is a number in quotes, the block is not. */
function readTimeout(timeout: Fields | undefined): IbcTimeout {
  const block = timeout?.object("block");
  const text = timeout?.text("timestamp") || "0";
  const timestamp = DIGITS.test(text) ? BigInt(text) : -1n;
  if (timestamp < 0n || timestamp > U64_MAX) {
    throw new JsonFault(`cannot read ${JSON.stringify(text.slice(0, 50))} as uint64: field ${timeout!.what}.timestamp`);
  }
  const height = block && { revisionNumber: block.uint64("revision"), revisionHeight: block.uint64("height") };
  return { height: height ?? ZERO_HEIGHT, timestamp };
}

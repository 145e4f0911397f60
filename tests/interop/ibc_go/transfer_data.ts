/** Packet data that transfers may get from another chain, good and bad. @module */
import { utf8ToBytes } from "../../../node/core/bytes.ts";

export interface TransferData {
  readonly name: string;
  /** For a receiver on the chain that is asked, which got it over `channelId` of the other chain. */
  data(receiver: string, channelId: string): string | Uint8Array;
  /** Ours refuses what ibc-go takes: the sender gets the tokens back. */
  readonly stricter?: true;
  /** Both refuse, for another reason first. */
  readonly otherCode?: true;
}

const fields = (receiver: string) => ({ amount: "1", denom: "x", receiver, sender: "liar" });
const with_ = (change: object) => (receiver: string) => JSON.stringify({ ...fields(receiver), ...change });
const text = (change: (json: string) => string) => (receiver: string) => change(JSON.stringify(fields(receiver)));
const row = (name: string, data: TransferData["data"], more: Partial<TransferData> = {}): TransferData => ({
  name,
  data,
  ...more,
});

const AMOUNTS = ["-1", "0", "1e3", " 1", "", `${2n ** 256n - 1n}`, `${2n ** 256n}`, "9".repeat(1000), "1.0"];
/** Go's base prefixes, signs and separators; nobody sends them. */
const GO_AMOUNTS = ["+1", "007", "0x10", "1_000"];
const DENOMS = [
  "",
  "  ",
  "ibc/x",
  `ibc/${"A".repeat(64)}`,
  "a/b/c",
  "transfer/channel-5/y",
  "transfer/channel-5/",
  "///",
  "π",
  "a b",
  "a",
  "x".repeat(3000),
  "mock/channel-99/ucat",
];
const RECEIVERS = ["", "  ", "nobody", "r".repeat(2048), "r".repeat(2049)];

export const TRANSFER_DATA: readonly TransferData[] = [
  row("good", with_({})),
  ...["garbage", "{}", "[]", "null", " {} ", '"x"', "7"].map((data) => row(data, () => data)),
  ...AMOUNTS.map((amount) => row(`amount ${amount.slice(0, 20)}`, with_({ amount, denom: "amounts" }))),
  ...GO_AMOUNTS.map((amount) => row(`amount ${amount}`, with_({ amount }), { stricter: true })),
  row("amount as a number", with_({ amount: 1 })),
  row("amount null", with_({ amount: null }), { otherCode: true }),
  ...DENOMS.map((denom) => row(`denom ${denom.slice(0, 30)}`, with_({ denom }))),
  row("denom that reads as a hop", with_({ denom: "transfer/channel-5" }), { stricter: true }),
  row("denom of 5000 characters", with_({ denom: "x".repeat(5000) }), { stricter: true }),
  row(
    "denom of here, of which nothing is there",
    (receiver, channelId) => with_({ denom: `mock/${channelId}/ucat` })(receiver),
  ),
  ...RECEIVERS.map((receiver) => row(`receiver ${receiver.slice(0, 10)}`, () => JSON.stringify(fields(receiver)))),
  row("receiver in upper case", (receiver) => JSON.stringify(fields(receiver.toUpperCase()))),
  row("receiver after a space", (receiver) => JSON.stringify(fields(` ${receiver}`))),
  ...["", " ", "\0"].map((sender) => row(`sender ${JSON.stringify(sender)}`, with_({ sender }))),
  row("no sender", with_({ sender: undefined })),
  row("sender an object", with_({ sender: {} })),
  row("sender a boolean", with_({ sender: true })),
  row("memo", with_({ memo: "hello" })),
  row("longest memo", with_({ memo: "m".repeat(32_768) })),
  row("longer memo", with_({ memo: "m".repeat(32_769) })),
  row("memo a number", with_({ memo: 5 })),
  row("memo null", with_({ memo: null })),
  row("unknown field", with_({ extra: "1" })),
  row("a field twice", (receiver) => `{"amount":"1","amount":"2","denom":"x","receiver":"${receiver}","sender":"l"}`),
  row("a field in upper case", text((json) => json.replace("amount", "Amount")), { stricter: true }),
  row("space after", text((json) => `${json} `)),
  row("space before", text((json) => `\n\t ${json}`)),
  row("something after", text((json) => `${json}x`)),
  row("a byte order mark", text((json) => `\ufeff${json}`)),
  row("twice", text((json) => json + json)),
  row("escapes", text((json) => json.replace('"x"', '"\\u0078"').replace('"1"', '"\\u0031"'))),
  row("half a surrogate", text((json) => json.replace("liar", "\\ud800"))),
  row("a comment", text((json) => json.replace("{", "{/**/"))),
  row("a comma too many", text((json) => json.replace("}", ",}"))),
  row("other quotes", text((json) => json.replaceAll('"', "'"))),
  row("a list of tokens", () => '{"tokens":[],"sender":"l"}'),
  row("no UTF-8", (receiver) => {
    const bytes = utf8ToBytes(JSON.stringify(fields(receiver)));
    return bytes.with(bytes.length - 4, 0xff);
  }, { stricter: true }),
];

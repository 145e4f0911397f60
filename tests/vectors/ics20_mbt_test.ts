import { assert, assertEquals } from "@std/assert";
import type { Context } from "../../node/app/ports.ts";
import { prefixEnd, utf8ToBytes } from "../../node/core/bytes.ts";
import { isDenom } from "../../node/core/coins.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { denomPath, localDenom, parseDenom, validateIdentifier, ZERO_HEIGHT } from "../../node/core/ibc/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { BALANCE_PREFIX, splitBalanceKey, STORE } from "../../node/modules/bank/keys.ts";
import { decodeAmount } from "../../node/modules/bank/types.ts";
import { receiveTokens } from "../../node/modules/transfer/receive.ts";
import { refundTokens } from "../../node/modules/transfer/refund.ts";
import { FakeIbcChain } from "../helpers/fake_ibc_chain.ts";

interface BalanceJson {
  address: [string, string, string];
  denom: string[];
  amount: number;
}
interface StepJson {
  packet: {
    sourceChannel: string;
    sourcePort: string;
    destChannel: string;
    destPort: string;
    data: { sender: string; receiver: string; amount: string; denom: string[] };
  };
  handler: string;
  bankBefore: BalanceJson[];
  bankAfter: BalanceJson[];
  error: boolean;
}

const folder = new URL("ibc/ics20-mbt/", import.meta.url);
const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".json")).sort();
const refused = err({ codespace: "mbt", code: 1, message: "refused before the handler" });

const accountOf = (text: string) => sha256(utf8ToBytes(text)).slice(0, 20);

function addressOf([port, channel, id]: BalanceJson["address"]): Uint8Array {
  assert(id === "" || (port === "" && channel === ""));
  return accountOf(id !== "" || port === "" ? id : `ics20-1\0${port}/${channel}`);
}

function pathOf(denom: readonly string[]): string {
  let first = 0;
  while (first + 1 < denom.length && denom[first] === "" && denom[first + 1] === "") first += 2;
  return denom.slice(first).join("/");
}

/** Balances by `<address in hexadecimal> <path>`, without zeros. */
type Balances = Map<string, bigint>;

function stated(balances: readonly BalanceJson[]): Balances {
  return new Map(
    balances.map(({ address, denom, amount }): [string, bigint] => [
      `${addressOf(address).toHex()} ${pathOf(denom)}`,
      BigInt(amount),
    ]).filter(([key]) => key !== `${accountOf("").toHex()} `),
  );
}

function held(chain: FakeIbcChain): Balances {
  const range = { start: BALANCE_PREFIX, end: prefixEnd(BALANCE_PREFIX), limit: 1_000 };
  return new Map(chain.view.page(STORE, range).map(([key, value]) => {
    const { address, denom } = splitBalanceKey(key);
    const known = chain.transfers.denomOfName(chain.view, denom);
    assert(known.ok);
    return [`${address.toHex()} ${denomPath(known.value)}`, decodeAmount(value)];
  }));
}

function changes(before: Balances, after: Balances): Record<string, bigint> {
  const all = [...new Set([...before.keys(), ...after.keys()])].sort();
  const deltas = all.map((key): [string, bigint] => [key, (after.get(key) ?? 0n) - (before.get(key) ?? 0n)]);
  return Object.fromEntries(deltas.filter(([, delta]) => delta !== 0n));
}

function run(chain: FakeIbcChain, context: Context, { packet, handler }: StepJson): Result<unknown> {
  const { sourcePort, sourceChannel, destPort, destChannel, data: { denom, amount, sender, receiver } } = packet;
  const ids = [["port", sourcePort], ["channel", sourceChannel], ["port", destPort], ["channel", destChannel]] as const;
  if (!ids.every(([kind, id]) => validateIdentifier(kind, id))) return refused;
  const from = chain.codec.of(accountOf(sender));
  const token = parseDenom(pathOf(denom));
  const to = chain.codec.of(accountOf(receiver)).text;
  const data = { denom: pathOf(denom), amount: BigInt(amount), sender: from.text, receiver: to, memo: "" };
  const source = { portId: sourcePort, channelId: sourceChannel };
  if (handler === "OnRecvPacket") {
    const ends = { sourcePort, sourceChannel, destinationPort: destPort, destinationChannel: destChannel };
    return receiveTokens(chain.transfers, context, data, ends);
  }
  // A result asks for nothing, whatever the packet was.
  if (handler === "OnRecvAcknowledgementResult") return ok(undefined);
  if (token.trace.length > 0) chain.transfers.rememberDenom(context.view, token);
  if (handler === "OnTimeoutPacket" || handler === "OnRecvAcknowledgementError") {
    return refundTokens(chain.transfers, context, data, source);
  }
  assertEquals(handler, "SendTransfer");
  const name = localDenom(token);
  if (!isDenom(name) || chain.channels.channel(context.view, source) === undefined) return refused;
  return chain.transfers.send(context, {
    sourceChannel,
    coin: { denom: name, amount: data.amount },
    sender: from,
    receiver: to,
    timeoutHeight: { ...ZERO_HEIGHT, revisionHeight: 100n },
    timeoutTimestamp: 0n,
    memo: "",
  });
}

let steps = 0;
for (const file of files) {
  Deno.test(`the chain does what the model of ICS-20 does: ${file}`, () => {
    const chain = new FakeIbcChain("cat");
    chain.channels.open({ portId: "transfer", channelId: "channel-0" }, { portId: "transfer", channelId: "channel-0" });
    chain.channels.open({ portId: "transfer", channelId: "channel-1" }, { portId: "transfer", channelId: "channel-0" });
    const cases: StepJson[] = JSON.parse(Deno.readTextFileSync(new URL(file, folder)));
    for (const [i, step] of cases.entries()) {
      steps++;
      const before = held(chain);
      const { result } = chain.context.attempt((context) => run(chain, context, step));
      const expected = changes(stated(step.bankBefore), stated(step.bankAfter));
      const actual = changes(before, held(chain));
      if (step.error) {
        assert(!result.ok, `${file} ${i}: ${step.handler} should be refused`);
        assertEquals(actual, {}, `${file} ${i}`);
      } else {
        assert(result.ok, `${file} ${i}: ${!result.ok && result.error.message}`);
        assertEquals(actual, expected, `${file} ${i}`);
      }
    }
  });
}

Deno.test("the files of the model were all there", () => assertEquals([files.length, steps], [13, 26]));

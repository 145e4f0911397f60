/** `/cosmos.bank.v1beta1.MsgMultiSend`: coins from one account to many. @module */
import { MsgMultiSend as MsgMultiSendCodec } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import type { Address, Context, MessageHandler } from "../../app/ports.ts";
import { addressFault } from "../../core/address_fault.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { type Coins, type CoinText, formatCoins, parseCoinTexts } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { inputOutputMismatch, multipleSenders, noInputs, noOutputs } from "./errors.ts";
import { messageSender, transfer } from "./events.ts";
import type { BankKeeper } from "./keeper.ts";

/** Longest message, in bytes. */
const BYTES_MAX = 1_048_576;
const EMPTY = new Uint8Array();

interface Part {
  readonly address: Address;
  readonly coins: Coins;
}
/** A checked message: the outputs add up to the input. */
export interface MsgMultiSend {
  readonly input: Part;
  readonly outputs: readonly Part[];
}

export const msgMultiSend = (keeper: BankKeeper): MessageHandler<MsgMultiSend> => ({
  typeUrl: "/cosmos.bank.v1beta1.MsgMultiSend",
  responseTypeUrl: "/cosmos.bank.v1beta1.MsgMultiSendResponse",
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ input }) => [input.address],
  touch({ input, outputs }, key) {
    keeper.touch(input.address, input.coins, key);
    for (const { address, coins } of outputs) {
      keeper.touch(address, coins, key);
      keeper.accounts.touch(address, key);
    }
  },
  execute: (context, message) => execute(keeper, context, message),
});

function decode(keeper: BankKeeper, bytes: Uint8Array): Result<MsgMultiSend> {
  const decoded = decodeStrict(MsgMultiSendCodec, bytes, "MsgMultiSend", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { inputs, outputs } = decoded.value;
  if (inputs.length === 0) return err(noInputs());
  if (inputs.length > 1) return err(multipleSenders());
  if (outputs.length === 0) return err(noOutputs());
  const input = readPart(keeper, inputs[0]!, "input");
  if (!input.ok) return input;
  const parts: Part[] = [];
  const total = new Map<string, bigint>();
  for (const output of outputs) {
    const part = readPart(keeper, output, "output");
    if (!part.ok) return part;
    parts.push(part.value);
    for (const { denom, amount } of part.value.coins) total.set(denom, (total.get(denom) ?? 0n) + amount);
  }
  const { coins } = input.value;
  if (coins.length !== total.size || coins.some(({ denom, amount }) => total.get(denom) !== amount)) {
    return err(inputOutputMismatch());
  }
  return ok({ input: input.value, outputs: parts });
}

function readPart(keeper: BankKeeper, part: { address: string; coins: CoinText[] }, what: string): Result<Part> {
  const address = keeper.codec.parse(part.address);
  if (address === undefined) {
    const fault = addressFault(keeper.codec.prefix, part.address);
    return err(sdkRefusal("invalidAddress", `invalid ${what} address: ${fault}`));
  }
  const coins = parseCoinTexts(part.coins);
  if (coins === undefined || coins.length === 0) {
    return err(sdkRefusal("invalidCoins", formatCoins(part.coins).slice(0, 200)));
  }
  return ok({ address, coins });
}

function execute(keeper: BankKeeper, context: Context, { input, outputs }: MsgMultiSend): Result<Uint8Array> {
  const enabled = keeper.checkSendEnabled(context.view, input.coins);
  if (!enabled.ok) return enabled;
  for (const { address } of outputs) {
    if (keeper.blocked.has(address.text)) {
      return err(sdkRefusal("unauthorized", `${address.text} is not allowed to receive funds`));
    }
  }
  const { address: from, coins } = input;
  context.emit(messageSender(from.text));
  const spent = keeper.spend(context, from, coins, formatCoins(coins));
  if (!spent.ok) return spent;
  for (const output of outputs) {
    const text = formatCoins(output.coins);
    keeper.receive(context, output.address, output.coins, text);
    context.emit(transfer(output.address.text, from.text, text));
    keeper.accounts.ensure(context.view, output.address);
  }
  return ok(EMPTY);
}

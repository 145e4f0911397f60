/** Messages of contracts, to whoever handles them (wasmd `keeper/handler_plugin.go`, `handler_plugin_encoders.go`). @module */
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import type { Address, Context } from "../../app/ports.ts";
import { encode, type MessageCodec } from "../../core/codec/mod.ts";
import { type CoinText, coinTexts } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { sumCoins } from "./coins.ts";
import type { CosmosMsg, WasmMsg } from "./cosmos_msg.ts";
import { empty, invalidMessage, isUnknownMessage, unknownMessage, wrap } from "./errors.ts";
import type { MsgResponse } from "./expected.ts";
import type { Frame } from "./frame.ts";
import { GAS_ANY_MESSAGE } from "./gas.ts";
import { routedIbc } from "./ibc_send.ts";
import type { WasmKeeper } from "./keeper.ts";
import { STORE } from "./keys.ts";
import { isStepped } from "./stepped.ts";
import type { Steps } from "./steps.ts";
import {
  MsgClearAdminCodec,
  MsgExecuteContractCodec,
  MsgInstantiateContract2Codec,
  MsgInstantiateContractCodec,
  MsgMigrateContractCodec,
  MsgUpdateAdminCodec,
} from "./types.ts";

/** What messages of this module begin with. */
const OWN = "/cosmwasm.wasm.v1.";

type Sent = Result<readonly MsgResponse[]>;

const NO_HANDLER = () => err(unknownMessage("no handler found"));

/** Sends one message. What a refusal wrote is taken back by whoever asked. */
export function* sendMessage(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  contract: Address,
  portId: string,
  message: CosmosMsg,
): Steps<Sent> {
  const sent = yield* handOver(keeper, context, frame, contract, portId, message);
  // That a message inside of this one has no handler is taken for this one having none (`MessageHandlerChain`).
  return !sent.ok && isUnknownMessage(sent.error) ? NO_HANDLER() : sent;
}

function* handOver(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  contract: Address,
  portId: string,
  message: CosmosMsg,
): Steps<Sent> {
  switch (message.kind) {
    case "send":
      return yield* sendCoins(keeper, context, frame, contract, message.to, message.amount);
    case "burn":
      return burnCoins(keeper, context, contract, message.amount);
    case "wasm": {
      const own = ownMessage(contract, message.wasm);
      return own.ok ? yield* route(keeper, context, frame, contract, ...own.value) : own;
    }
    case "any":
      context.gas.consume(GAS_ANY_MESSAGE, "unpacking AnyMsg");
      return yield* route(keeper, context, frame, contract, message.typeUrl, message.value);
    case "ibc": {
      const { ibc } = message;
      if (ibc.variant === "send_packet" || ibc.variant === "write_acknowledgement") {
        return keeper.ibc?.dispatch(context, portId, ibc) ?? NO_HANDLER();
      }
      const routed = routedIbc(contract, ibc);
      return routed.ok ? yield* route(keeper, context, frame, contract, ...routed.value) : routed;
    }
    case "missing":
      return err(sdkRefusal("unknownRequest", `can't route message of ${message.module}`));
    case "unknown":
      return NO_HANDLER();
  }
}

function* sendCoins(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  contract: Address,
  to: string,
  texts: readonly CoinText[],
): Steps<Sent> {
  if (texts.length === 0) return ok([]);
  const coins = sumCoins(texts);
  if (!coins.ok) return coins;
  const message = MsgSend.encode({ fromAddress: contract.text, toAddress: to, amount: coinTexts(coins.value) });
  return yield* route(keeper, context, frame, contract, MsgSend.typeUrl, message.finish());
}

/** Destroys coins of the contract, by way of the module's own account. */
function burnCoins(keeper: WasmKeeper, context: Context, contract: Address, texts: readonly CoinText[]): Sent {
  const { bank, accounts } = keeper.parts;
  const coins = sumCoins(texts);
  if (!coins.ok) return coins;
  if (coins.value.length === 0) return err(empty("amount"));
  const burner = accounts.moduleAddress(STORE);
  accounts.ensureModule(context.view, STORE);
  const moved = bank.send(context, contract, burner, coins.value);
  if (!moved.ok) return err(wrap(moved.error, "transfer to module"));
  const burned = bank.burn(context, burner, coins.value);
  return burned.ok ? ok([]) : err(wrap(burned.error, "burn coins"));
}

/** A message of any module that nobody but the contract signs. */
function* route(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  contract: Address,
  typeUrl: string,
  bytes: Uint8Array,
): Steps<Sent> {
  const handler = keeper.parts.messages.handler(typeUrl);
  const unreadable = () => err(invalidMessage(`Cannot unpack proto message with type URL: ${typeUrl.slice(0, 200)}`));
  if (handler === undefined) return unreadable();
  const message = handler.decode(bytes);
  if (!message.ok) {
    if (message.error.codespace === "codec") return unreadable();
    return typeUrl.startsWith(OWN)
      ? err(wrap(message.error, `failed basic validation for message type *types.${typeUrl.slice(OWN.length)}`))
      : message;
  }
  if (handler.signers(message.value).some(({ text }) => text !== contract.text)) {
    return err(sdkRefusal("unauthorized", "contract doesn't have permission"));
  }
  const value = isStepped(handler)
    ? yield* handler.steps(context, frame, message.value)
    : keeper.frames.within(frame, () => handler.execute(context, message.value));
  return value.ok ? ok([{ typeUrl: handler.responseTypeUrl, value: value.value }]) : value;
}

/** A message to another contract, as its protobuf form. */
function ownMessage({ text: sender }: Address, wasm: WasmMsg): Result<readonly [typeUrl: string, bytes: Uint8Array]> {
  const made = <T>(codec: MessageCodec<T>, message: T) => ok([codec.typeUrl, encode(codec, message)] as const);
  const funds = sumCoins("funds" in wasm ? wasm.funds : []);
  if (!funds.ok) return funds;
  const coins = coinTexts(funds.value);
  switch (wasm.variant) {
    case "execute":
      return made(MsgExecuteContractCodec, { sender, contract: wasm.contract, msg: wasm.msg, funds: coins });
    case "instantiate":
      return made(MsgInstantiateContractCodec, { ...wasm, sender, funds: coins });
    case "instantiate2":
      return made(MsgInstantiateContract2Codec, { ...wasm, sender, funds: coins, fixMsg: false });
    case "migrate":
      return made(MsgMigrateContractCodec, { ...wasm, sender });
    case "update_admin":
      return made(MsgUpdateAdminCodec, { sender, newAdmin: wasm.admin, contract: wasm.contract });
    case "clear_admin":
      return made(MsgClearAdminCodec, { sender, contract: wasm.contract });
  }
}

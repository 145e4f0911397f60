/**
 * `/cosmwasm.wasm.v1.MsgInstantiateContract` and `MsgInstantiateContract2`: a contract is made of a code, the second one under
 * an address that is known beforehand.
 * @module
 */
import { MsgInstantiateContract2Response, MsgInstantiateContractResponse } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { decodeStrict } from "../../core/codec/mod.ts";
import type { CoinText } from "../../core/coins.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { checkAddress, checkAdmin, checkCodeId, checkFunds, checkLabelOf, checkPayload, firstFault } from "./checks.ts";
import { wrap } from "./errors.ts";
import { policyOf } from "./frame.ts";
import { instantiateContract, type Instantiation, type Made } from "./instantiate.ts";
import type { WasmKeeper } from "./keeper.ts";
import { codeKey, NEXT_INSTANCE_KEY, pinnedKey, STORE } from "./keys.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";
import { stepped, type SteppedHandler } from "./stepped.ts";
import { checkSalt } from "./text.ts";
import { MsgInstantiateContract2Codec, MsgInstantiateContractCodec } from "./types.ts";

const EMPTY = new Uint8Array();

export const msgInstantiateContract = (keeper: WasmKeeper): SteppedHandler<Instantiation> =>
  handler(keeper, MsgInstantiateContractCodec.typeUrl, MsgInstantiateContractResponse, (bytes) => {
    const decoded = decodeStrict(MsgInstantiateContractCodec, bytes, "MsgInstantiateContract", MESSAGE_BYTES_MAX);
    return decoded.ok ? checkInstantiation(keeper, decoded.value) : decoded;
  });

export const msgInstantiateContract2 = (keeper: WasmKeeper): SteppedHandler<Instantiation> =>
  handler(keeper, MsgInstantiateContract2Codec.typeUrl, MsgInstantiateContract2Response, (bytes) => {
    const decoded = decodeStrict(MsgInstantiateContract2Codec, bytes, "MsgInstantiateContract2", MESSAGE_BYTES_MAX);
    if (!decoded.ok) return decoded;
    const { salt, fixMsg } = decoded.value;
    const checked = checkInstantiation(keeper, decoded.value);
    if (!checked.ok) return checked;
    const salted = checkSalt(salt);
    return salted.ok ? ok({ ...checked.value, salt: { bytes: salt, fixMsg } }) : err(wrap(salted.error, "salt"));
  });

/** Both answer alike. */
interface ResponseCodec {
  readonly typeUrl: string;
  encode(message: { address: string; data: Uint8Array }): { finish(): Uint8Array };
}

const handler = (
  keeper: WasmKeeper,
  typeUrl: string,
  response: ResponseCodec,
  decode: (bytes: Uint8Array) => Result<Instantiation>,
): SteppedHandler<Instantiation> =>
  stepped(keeper, {
    typeUrl,
    responseTypeUrl: response.typeUrl,
    decode,
    signers: ({ sender }) => [sender],
    touch({ sender, codeId, funds }, key) {
      key(STORE, codeKey(codeId));
      key(STORE, pinnedKey(codeId));
      key(STORE, NEXT_INSTANCE_KEY);
      keeper.parts.bank.touch(sender, funds, key);
    },
    *steps(context, frame, message) {
      const policy = policyOf(keeper, context, frame, message.sender);
      const made = yield* instantiateContract(keeper, context, frame, policy, message);
      return made.ok ? ok(response.encode(madeText(made.value)).finish()) : made;
    },
  });

const madeText = ({ address, data }: Made) => ({ address: address.text, data: data ?? EMPTY });

/** The texts of a message that makes a contract. */
export interface InstantiationText {
  readonly admin: string;
  readonly codeId: bigint;
  readonly label: string;
  readonly msg: Uint8Array;
  readonly funds: readonly CoinText[];
}

export function checkInstantiation(
  { parts: { codec } }: WasmKeeper,
  text: InstantiationText & { readonly sender: string },
): Result<Instantiation> {
  const { codeId, label, msg } = text;
  const sender = checkAddress(codec, text.sender, "sender");
  if (!sender.ok) return sender;
  const fault = firstFault(checkCodeId(codeId), checkLabelOf(label));
  if (!fault.ok) return fault;
  const funds = checkFunds(text.funds);
  if (!funds.ok) return funds;
  const admin = checkAdmin(codec, text.admin);
  if (!admin.ok) return admin;
  const payload = checkPayload(msg);
  if (!payload.ok) return payload;
  return ok({ sender: sender.value, admin: admin.value, codeId, label, msg, funds: funds.value });
}

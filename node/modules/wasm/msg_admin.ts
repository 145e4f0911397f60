/**
 * `/cosmwasm.wasm.v1.MsgUpdateAdmin`, `MsgClearAdmin` and `MsgUpdateContractLabel`: what the admin of a contract may change
 * beside its code.
 * @module
 */
import type { ContractInfo } from "cosmjs-types/cosmwasm/wasm/v1/types";
import type { Address, Context } from "../../app/ports.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { checkAddress, checkLabelOf } from "./checks.ts";
import { invalid } from "./errors.ts";
import { emitAdmin, emitLabel } from "./events.ts";
import { type Frame, mayModify, policyOf } from "./frame.ts";
import type { WasmKeeper } from "./keeper.ts";
import { contractKey, STORE } from "./keys.ts";
import { stepped, type SteppedHandler } from "./stepped.ts";
import { MsgClearAdminCodec, MsgUpdateAdminCodec, MsgUpdateContractLabelCodec } from "./types.ts";

/** Longest message, in bytes: three addresses at their longest. */
const BYTES_MAX = 2048;
const EMPTY = new Uint8Array();

interface OfContract {
  readonly sender: Address;
  readonly contract: Address;
}
interface AdminChange extends OfContract {
  /** Undefined: nobody. */
  readonly admin: Address | undefined;
}
interface LabelChange extends OfContract {
  readonly label: string;
}

export const msgUpdateAdmin = (keeper: WasmKeeper): SteppedHandler<AdminChange> =>
  handler(keeper, MsgUpdateAdminCodec.typeUrl, (bytes) => {
    const { codec } = keeper.parts;
    const decoded = decodeStrict(MsgUpdateAdminCodec, bytes, "MsgUpdateAdmin", BYTES_MAX);
    if (!decoded.ok) return decoded;
    const of = checkParties(keeper, decoded.value);
    if (!of.ok) return of;
    const admin = checkAddress(codec, decoded.value.newAdmin, "new admin");
    if (!admin.ok) return admin;
    return admin.value.text === of.value.sender.text
      ? err(invalid("new admin is the same as the old"))
      : ok({ ...of.value, admin: admin.value });
  }, setAdmin(keeper));

export const msgClearAdmin = (keeper: WasmKeeper): SteppedHandler<AdminChange> =>
  handler(keeper, MsgClearAdminCodec.typeUrl, (bytes) => {
    const decoded = decodeStrict(MsgClearAdminCodec, bytes, "MsgClearAdmin", BYTES_MAX);
    if (!decoded.ok) return decoded;
    const of = checkParties(keeper, decoded.value);
    return of.ok ? ok({ ...of.value, admin: undefined }) : of;
  }, setAdmin(keeper));

export const msgUpdateContractLabel = (keeper: WasmKeeper): SteppedHandler<LabelChange> =>
  handler(keeper, MsgUpdateContractLabelCodec.typeUrl, (bytes) => {
    const decoded = decodeStrict(MsgUpdateContractLabelCodec, bytes, "MsgUpdateContractLabel", BYTES_MAX);
    if (!decoded.ok) return decoded;
    const of = checkParties(keeper, decoded.value);
    if (!of.ok) return of;
    const label = checkLabelOf(decoded.value.newLabel);
    return label.ok ? ok({ ...of.value, label: decoded.value.newLabel }) : label;
  }, (context, info, { contract, label }) => {
    keeper.setContractInfo(context.view, contract.bytes, { ...info, label });
    emitLabel(context, contract, label);
  });

const setAdmin = (keeper: WasmKeeper) => (context: Context, info: ContractInfo, change: AdminChange): void => {
  const admin = change.admin?.text ?? "";
  keeper.setContractInfo(context.view, change.contract.bytes, { ...info, admin });
  emitAdmin(context, change.contract, admin);
};

function checkParties(
  { parts: { codec } }: WasmKeeper,
  text: { readonly sender: string; readonly contract: string },
): Result<OfContract> {
  const sender = checkAddress(codec, text.sender, "sender");
  if (!sender.ok) return sender;
  const contract = checkAddress(codec, text.contract, "contract");
  return contract.ok ? ok({ sender: sender.value, contract: contract.value }) : contract;
}

/** A change of a contract that its admin may make. */
const handler = <M extends OfContract>(
  keeper: WasmKeeper,
  typeUrl: string,
  decode: (bytes: Uint8Array) => Result<M>,
  change: (context: Context, info: ContractInfo, message: M) => void,
): SteppedHandler<M> =>
  stepped(keeper, {
    typeUrl,
    responseTypeUrl: `${typeUrl}Response`,
    decode,
    signers: ({ sender }) => [sender],
    touch: ({ contract }, key) => key(STORE, contractKey(contract.bytes)),
    // deno-lint-ignore require-yield
    *steps(context: Context, frame: Frame, message: M) {
      const { sender, contract } = message;
      const info = keeper.contractInfo(context.view, contract.bytes);
      if (info === undefined) return err(sdkRefusal("invalidRequest", "unknown contract"));
      if (!mayModify(policyOf(keeper, context, frame, sender), info.admin, sender)) {
        return err(sdkRefusal("unauthorized", "can not modify contract"));
      }
      change(context, info, message);
      return ok(EMPTY);
    },
  });

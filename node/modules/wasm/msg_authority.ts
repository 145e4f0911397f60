/**
 * What only the authority may: `/cosmwasm.wasm.v1.MsgUpdateParams`, `MsgAddCodeUploadParamsAddresses`,
 * `MsgRemoveCodeUploadParamsAddresses`, `MsgPinCodes`, `MsgUnpinCodes`, `MsgSudoContract`.
 * @module
 */
import { MsgSudoContractResponse } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import type { Address, Context } from "../../app/ports.ts";
import { decodeStrict, type MessageCodec } from "../../core/codec/mod.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { checkAddress, checkPayload } from "./checks.ts";
import { setPinned } from "./codes.ts";
import { invalid } from "./errors.ts";
import { sudoContract } from "./execute.ts";
import type { Frame } from "./frame.ts";
import type { WasmKeeper } from "./keeper.ts";
import { contractKey, PARAMS_KEY, STORE } from "./keys.ts";
import { CODE_IDS_MAX, MESSAGE_BYTES_MAX } from "./limits.ts";
import { AccessType, checkAddresses, checkParams, EVERYBODY, type Params } from "./params.ts";
import { stepped, type SteppedHandler } from "./stepped.ts";
import type { Steps } from "./steps.ts";
import {
  MsgAddCodeUploadParamsAddressesCodec,
  MsgPinCodes,
  MsgRemoveCodeUploadParamsAddressesCodec,
  MsgSudoContractCodec,
  MsgUnpinCodes,
  MsgUpdateParamsCodec,
} from "./types.ts";

/** Longest message without a payload, in bytes: as many addresses as may be, at their longest. */
const BYTES_MAX = 32_768;
const EMPTY = new Uint8Array();

interface FromAuthority {
  readonly authority: Address;
}

/** Handlers of all of them. */
// The handlers differ in their message type, which only the router's own pairs know.
// deno-lint-ignore no-explicit-any
export const authorityMessages = (keeper: WasmKeeper): readonly SteppedHandler<any>[] => [
  updateParams(keeper),
  changeAddresses(keeper, MsgAddCodeUploadParamsAddressesCodec, (known, given) => [
    ...known,
    ...given.filter((address) => !known.includes(address)),
  ]),
  changeAddresses(
    keeper,
    MsgRemoveCodeUploadParamsAddressesCodec,
    (known, given) => known.filter((address) => !given.includes(address)),
  ),
  pinCodes(keeper, MsgPinCodes, true),
  pinCodes(keeper, MsgUnpinCodes, false),
  sudo(keeper),
];

/** A message of the authority: decoded, and refused from anybody else. */
function handler<T extends { readonly authority: string }, M>(
  keeper: WasmKeeper,
  codec: MessageCodec<T>,
  bytesMax: number,
  check: (message: T) => Result<M>,
  steps: (context: Context, frame: Frame, message: M) => Steps<Result<Uint8Array>>,
  touch: (message: M, key: (store: string, key: Uint8Array) => void) => void = () => {},
): SteppedHandler<M & FromAuthority> {
  const name = codec.typeUrl.slice(codec.typeUrl.lastIndexOf(".") + 1);
  return stepped<M & FromAuthority>(keeper, {
    typeUrl: codec.typeUrl,
    responseTypeUrl: `${codec.typeUrl}Response`,
    decode(bytes) {
      const decoded = decodeStrict(codec, bytes, name, bytesMax);
      if (!decoded.ok) return decoded;
      const authority = checkAddress(keeper.parts.codec, decoded.value.authority, "authority");
      if (!authority.ok) return authority;
      const checked = check(decoded.value);
      return checked.ok ? ok({ ...checked.value, authority: authority.value }) : checked;
    },
    signers: ({ authority }) => [authority],
    touch,
    *steps(context, frame, message) {
      const { authority } = message;
      if (!keeper.parts.authority.isAuthority(context.free, authority)) {
        return err(invalid(`invalid authority; expected one of the validators' admins, got ${authority.text}`));
      }
      return yield* steps(context, frame, message);
    },
  });
}

const updateParams = (keeper: WasmKeeper) =>
  handler(keeper, MsgUpdateParamsCodec, BYTES_MAX, ({ params }): Result<{ params: Params }> => {
    const { codeUploadAccess = { ...EVERYBODY, permission: 0 }, instantiateDefaultPermission = 0 } = params ?? {};
    const given: Params = { codeUploadAccess, instantiateDefaultPermission };
    const checked = checkParams(keeper.parts.codec, given);
    return checked.ok ? ok({ params: given }) : checked;
    // deno-lint-ignore require-yield
  }, function* ({ view }, _frame, { params }) {
    keeper.setParams(view, params);
    return ok(EMPTY);
  }, (_message, key) => key(STORE, PARAMS_KEY));

const changeAddresses = (
  keeper: WasmKeeper,
  codec: MessageCodec<{ readonly authority: string; readonly addresses: readonly string[] }>,
  change: (known: readonly string[], given: readonly string[]) => readonly string[],
) =>
  handler(keeper, codec, BYTES_MAX, ({ addresses }): Result<{ addresses: readonly string[] }> => {
    const checked = checkAddresses(keeper.parts.codec, addresses);
    return checked.ok ? ok({ addresses }) : checked;
    // deno-lint-ignore require-yield
  }, function* ({ view }, _frame, { addresses }) {
    const params = keeper.params(view);
    const { codeUploadAccess: access } = params;
    if (access.permission !== AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES) return err(invalid("permission"));
    const codeUploadAccess = { ...access, addresses: change(access.addresses, addresses) };
    keeper.setParams(view, { ...params, codeUploadAccess });
    return ok(EMPTY);
  }, (_message, key) => key(STORE, PARAMS_KEY));

const pinCodes = (keeper: WasmKeeper, codec: typeof MsgPinCodes | typeof MsgUnpinCodes, pinned: boolean) =>
  handler(
    keeper,
    codec as MessageCodec<{ authority: string; codeIds: bigint[] }>,
    BYTES_MAX,
    ({ codeIds }): Result<{ codeIds: readonly bigint[] }> => {
      if (codeIds.length === 0) return err(sdkRefusal("invalidRequest", "empty code ids"));
      if (codeIds.length > CODE_IDS_MAX) {
        return err(sdkRefusal("invalidRequest", `total number of code ids is greater than ${CODE_IDS_MAX}`));
      }
      return new Set(codeIds).size === codeIds.length
        ? ok({ codeIds })
        : err(sdkRefusal("invalidRequest", "duplicate code ids"));
    },
    // deno-lint-ignore require-yield
    function* (context, _frame, { codeIds }) {
      for (const id of codeIds) {
        const set = setPinned(keeper, context, id, pinned);
        if (!set.ok) return set;
      }
      return ok(EMPTY);
    },
  );

const sudo = (keeper: WasmKeeper) =>
  handler(
    keeper,
    MsgSudoContractCodec,
    MESSAGE_BYTES_MAX,
    (message): Result<{ contract: Address; msg: Uint8Array }> => {
      const contract = checkAddress(keeper.parts.codec, message.contract, "contract");
      if (!contract.ok) return contract;
      const payload = checkPayload(message.msg);
      return payload.ok ? ok({ contract: contract.value, msg: message.msg }) : payload;
    },
    function* (context, frame, { contract, msg }) {
      const data = yield* sudoContract(keeper, context, frame, contract, msg);
      return data.ok ? ok(MsgSudoContractResponse.encode({ data: data.value ?? EMPTY }).finish()) : data;
    },
    ({ contract }, key) => key(STORE, contractKey(contract.bytes)),
  );

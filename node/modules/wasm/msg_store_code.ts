/** `/cosmwasm.wasm.v1.MsgStoreCode` and `MsgUpdateInstantiateConfig`: code is uploaded, and who may use it. @module */
import { MsgStoreCodeResponse } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import type { Address } from "../../app/ports.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok } from "../../core/result.ts";
import { checkAddress, checkCode, checkCodeId, checkPermission, firstFault } from "./checks.ts";
import { setAccess, type Upload, uploadCode } from "./codes.ts";
import { policyOf } from "./frame.ts";
import type { WasmKeeper } from "./keeper.ts";
import { codeKey, NEXT_CODE_KEY, PARAMS_KEY, STORE } from "./keys.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";
import { stepped, type SteppedHandler } from "./stepped.ts";
import { type AccessConfig, MsgStoreCodeCodec, MsgUpdateInstantiateConfigCodec } from "./types.ts";

/** Longest permission with its message, in bytes: as many addresses as may be, at their longest. */
const PERMISSION_BYTES_MAX = 32_768;
const EMPTY = new Uint8Array();

export const msgStoreCode = (keeper: WasmKeeper): SteppedHandler<Upload> =>
  stepped(keeper, {
    typeUrl: MsgStoreCodeCodec.typeUrl,
    responseTypeUrl: MsgStoreCodeResponse.typeUrl,
    decode(bytes) {
      const { codec } = keeper.parts;
      const decoded = decodeStrict(MsgStoreCodeCodec, bytes, "MsgStoreCode", MESSAGE_BYTES_MAX);
      if (!decoded.ok) return decoded;
      const { wasmByteCode: code, instantiatePermission: access } = decoded.value;
      const sender = checkAddress(codec, decoded.value.sender, "sender");
      if (!sender.ok) return sender;
      const fault = firstFault(checkCode(code), checkPermission(codec, access));
      return fault.ok ? ok({ sender: sender.value, code, access }) : fault;
    },
    signers: ({ sender }) => [sender],
    touch(_message, key) {
      key(STORE, PARAMS_KEY);
      key(STORE, NEXT_CODE_KEY);
    },
    // deno-lint-ignore require-yield
    *steps(context, frame, message) {
      const policy = policyOf(keeper, context, frame, message.sender);
      const uploaded = uploadCode(keeper, context, policy, message);
      return uploaded.ok ? ok(MsgStoreCodeResponse.encode(uploaded.value).finish()) : uploaded;
    },
  });

interface AccessChange {
  readonly sender: Address;
  readonly codeId: bigint;
  readonly access: AccessConfig;
}

export const msgUpdateInstantiateConfig = (keeper: WasmKeeper): SteppedHandler<AccessChange> =>
  stepped(keeper, {
    typeUrl: MsgUpdateInstantiateConfigCodec.typeUrl,
    responseTypeUrl: `${MsgUpdateInstantiateConfigCodec.typeUrl}Response`,
    decode(bytes) {
      const { codec } = keeper.parts;
      const name = "MsgUpdateInstantiateConfig";
      const decoded = decodeStrict(MsgUpdateInstantiateConfigCodec, bytes, name, PERMISSION_BYTES_MAX);
      if (!decoded.ok) return decoded;
      const { codeId, newInstantiatePermission: access } = decoded.value;
      const sender = checkAddress(codec, decoded.value.sender, "sender");
      if (!sender.ok) return sender;
      const id = checkCodeId(codeId);
      if (!id.ok) return id;
      if (access === undefined) return err(sdkRefusal("invalidRequest", "instantiate permission is required"));
      const fault = checkPermission(codec, access);
      return fault.ok ? ok({ sender: sender.value, codeId, access }) : fault;
    },
    signers: ({ sender }) => [sender],
    touch: ({ codeId }, key) => key(STORE, codeKey(codeId)),
    // deno-lint-ignore require-yield
    *steps(context, frame, { sender, codeId, access }) {
      const policy = policyOf(keeper, context, frame, sender);
      const set = setAccess(keeper, context, policy, sender, codeId, access);
      return set.ok ? ok(EMPTY) : set;
    },
  });

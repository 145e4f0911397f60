/**
 * `/cosmwasm.wasm.v1.MsgStoreAndInstantiateContract` and `MsgStoreAndMigrateContract`: code is uploaded and used at once. Meant
 * for the authority; anybody else may send them with the rights they have anyway, as in wasmd.
 * @module
 */
import {
  MsgStoreAndInstantiateContractResponse,
  MsgStoreAndMigrateContractResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import type { Address } from "../../app/ports.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { checkAddress, checkCode, checkPayload, checkPermission, firstFault } from "./checks.ts";
import { type Upload, uploadCode } from "./codes.ts";
import { invalid } from "./errors.ts";
import { policyOf } from "./frame.ts";
import { instantiateContract, type Instantiation } from "./instantiate.ts";
import type { WasmKeeper } from "./keeper.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";
import { migrateContract } from "./migrate.ts";
import { checkInstantiation } from "./msg_instantiate_contract.ts";
import { stepped, type SteppedHandler } from "./stepped.ts";
import { MsgStoreAndInstantiateContractCodec, MsgStoreAndMigrateContractCodec } from "./types.ts";

const EMPTY = new Uint8Array();

interface StoreAndInstantiate {
  readonly upload: Upload;
  readonly instantiation: Omit<Instantiation, "codeId">;
}

export const msgStoreAndInstantiate = (keeper: WasmKeeper): SteppedHandler<StoreAndInstantiate> =>
  stepped(keeper, {
    typeUrl: MsgStoreAndInstantiateContractCodec.typeUrl,
    responseTypeUrl: MsgStoreAndInstantiateContractResponse.typeUrl,
    decode: (bytes) => decodeInstantiate(keeper, bytes),
    signers: ({ upload }) => [upload.sender],
    touch: () => {},
    *steps(context, frame, { upload, instantiation }) {
      const policy = policyOf(keeper, context, frame, upload.sender);
      const uploaded = uploadCode(keeper, context, policy, upload);
      if (!uploaded.ok) return uploaded;
      const wanted = { ...instantiation, codeId: uploaded.value.codeId };
      const made = yield* instantiateContract(keeper, context, frame, policy, wanted);
      if (!made.ok) return made;
      const { address, data = EMPTY } = made.value;
      return ok(MsgStoreAndInstantiateContractResponse.encode({ address: address.text, data }).finish());
    },
  });

function decodeInstantiate(keeper: WasmKeeper, bytes: Uint8Array): Result<StoreAndInstantiate> {
  const { codec } = keeper.parts;
  const name = "MsgStoreAndInstantiateContract";
  const decoded = decodeStrict(MsgStoreAndInstantiateContractCodec, bytes, name, MESSAGE_BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { authority, wasmByteCode: code, instantiatePermission: access, source, builder, codeHash } = decoded.value;
  // Who says where the code comes from says all of it. That it is so is nothing that a chain can know.
  const told = [source !== "", builder !== "", codeHash.length > 0];
  if (told.includes(true) && told.includes(false)) {
    return err(invalid("code verification info: source, builder and code hash are required"));
  }
  // Any id but 0 passes: the code gets its own.
  const instantiation = checkInstantiation(keeper, { ...decoded.value, sender: authority, codeId: 1n });
  if (!instantiation.ok) return instantiation;
  const fault = firstFault(checkCode(code), checkPermission(codec, access));
  if (!fault.ok) return fault;
  return ok({ upload: { sender: instantiation.value.sender, code, access }, instantiation: instantiation.value });
}

interface StoreAndMigrate {
  readonly upload: Upload;
  readonly contract: Address;
  readonly msg: Uint8Array;
}

export const msgStoreAndMigrate = (keeper: WasmKeeper): SteppedHandler<StoreAndMigrate> =>
  stepped(keeper, {
    typeUrl: MsgStoreAndMigrateContractCodec.typeUrl,
    responseTypeUrl: MsgStoreAndMigrateContractResponse.typeUrl,
    decode: (bytes) => decodeMigrate(keeper, bytes),
    signers: ({ upload }) => [upload.sender],
    touch: () => {},
    *steps(context, frame, { upload, contract, msg }) {
      const { sender } = upload;
      const policy = policyOf(keeper, context, frame, sender);
      const uploaded = uploadCode(keeper, context, policy, upload);
      if (!uploaded.ok) return uploaded;
      const { codeId, checksum } = uploaded.value;
      const data = yield* migrateContract(keeper, context, frame, policy, { sender, contract, codeId, msg });
      if (!data.ok) return data;
      return ok(MsgStoreAndMigrateContractResponse.encode({ codeId, checksum, data: data.value ?? EMPTY }).finish());
    },
  });

function decodeMigrate({ parts: { codec } }: WasmKeeper, bytes: Uint8Array): Result<StoreAndMigrate> {
  const name = "MsgStoreAndMigrateContract";
  const decoded = decodeStrict(MsgStoreAndMigrateContractCodec, bytes, name, MESSAGE_BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { wasmByteCode: code, instantiatePermission: access, msg } = decoded.value;
  const sender = checkAddress(codec, decoded.value.authority, "authority");
  if (!sender.ok) return sender;
  const contract = checkAddress(codec, decoded.value.contract, "contract");
  if (!contract.ok) return contract;
  const fault = firstFault(checkPayload(msg), checkCode(code), checkPermission(codec, access));
  return fault.ok ? ok({ upload: { sender: sender.value, code, access }, contract: contract.value, msg }) : fault;
}

/** Wire forms with bounds on what is repeated, and what is stored of codes and contracts. @module */
import { Coin } from "cosmjs-types/cosmos/base/v1beta1/coin";
import {
  MsgAddCodeUploadParamsAddresses,
  MsgClearAdmin,
  MsgExecuteContract,
  MsgInstantiateContract,
  MsgInstantiateContract2,
  MsgMigrateContract,
  MsgPinCodes,
  MsgRemoveCodeUploadParamsAddresses,
  MsgStoreAndInstantiateContract,
  MsgStoreAndMigrateContract,
  MsgStoreCode,
  MsgSudoContract,
  MsgUnpinCodes,
  MsgUpdateAdmin,
  MsgUpdateContractLabel,
  MsgUpdateInstantiateConfig,
  MsgUpdateParams,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { fields, messageCodec, type MessageOf } from "../../core/codec/mod.ts";
import { ADDRESSES_MAX, COINS_MAX } from "./limits.ts";

export { MsgPinCodes, MsgUnpinCodes };

const { bool, bytes, message, messages, string, strings, uint32, uint64 } = fields;

const funds = (number: number) => messages(number, Coin, COINS_MAX);

/** Who may do something: `permission` is an `AccessType`. */
export const AccessConfigCodec = messageCodec("/cosmwasm.wasm.v1.AccessConfig", {
  permission: uint32(1),
  addresses: strings(3, ADDRESSES_MAX),
});
export type AccessConfig = MessageOf<typeof AccessConfigCodec>;

export const ParamsCodec = messageCodec("/cosmwasm.wasm.v1.Params", {
  codeUploadAccess: message(1, AccessConfigCodec),
  instantiateDefaultPermission: uint32(2),
});

export const MsgStoreCodeCodec = messageCodec(MsgStoreCode.typeUrl, {
  sender: string(1),
  wasmByteCode: bytes(2),
  instantiatePermission: message(5, AccessConfigCodec),
});
const instantiation = {
  sender: string(1),
  admin: string(2),
  codeId: uint64(3),
  label: string(4),
  msg: bytes(5),
  funds: funds(6),
};
export const MsgInstantiateContractCodec = messageCodec(MsgInstantiateContract.typeUrl, instantiation);
export const MsgInstantiateContract2Codec = messageCodec(MsgInstantiateContract2.typeUrl, {
  ...instantiation,
  salt: bytes(7),
  fixMsg: bool(8),
});
export const MsgExecuteContractCodec = messageCodec(MsgExecuteContract.typeUrl, {
  sender: string(1),
  contract: string(2),
  msg: bytes(3),
  funds: funds(5),
});
export const MsgMigrateContractCodec = messageCodec(MsgMigrateContract.typeUrl, {
  sender: string(1),
  contract: string(2),
  codeId: uint64(3),
  msg: bytes(4),
});
export const MsgUpdateAdminCodec = messageCodec(MsgUpdateAdmin.typeUrl, {
  sender: string(1),
  newAdmin: string(2),
  contract: string(3),
});
export const MsgClearAdminCodec = messageCodec(MsgClearAdmin.typeUrl, { sender: string(1), contract: string(3) });
export const MsgUpdateContractLabelCodec = messageCodec(MsgUpdateContractLabel.typeUrl, {
  sender: string(1),
  newLabel: string(2),
  contract: string(3),
});
export const MsgUpdateInstantiateConfigCodec = messageCodec(MsgUpdateInstantiateConfig.typeUrl, {
  sender: string(1),
  codeId: uint64(2),
  newInstantiatePermission: message(3, AccessConfigCodec),
});
export const MsgUpdateParamsCodec = messageCodec(MsgUpdateParams.typeUrl, {
  authority: string(1),
  params: message(2, ParamsCodec),
});
export const MsgSudoContractCodec = messageCodec(MsgSudoContract.typeUrl, {
  authority: string(1),
  contract: string(2),
  msg: bytes(3),
});
export const MsgStoreAndInstantiateContractCodec = messageCodec(MsgStoreAndInstantiateContract.typeUrl, {
  authority: string(1),
  wasmByteCode: bytes(3),
  instantiatePermission: message(4, AccessConfigCodec),
  unpinCode: bool(5),
  admin: string(6),
  label: string(7),
  msg: bytes(8),
  funds: funds(9),
  source: string(10),
  builder: string(11),
  codeHash: bytes(12),
});
export const MsgAddCodeUploadParamsAddressesCodec = messageCodec(MsgAddCodeUploadParamsAddresses.typeUrl, {
  authority: string(1),
  addresses: strings(2, ADDRESSES_MAX),
});
export const MsgRemoveCodeUploadParamsAddressesCodec = messageCodec(MsgRemoveCodeUploadParamsAddresses.typeUrl, {
  authority: string(1),
  addresses: strings(2, ADDRESSES_MAX),
});
export const MsgStoreAndMigrateContractCodec = messageCodec(MsgStoreAndMigrateContract.typeUrl, {
  authority: string(1),
  wasmByteCode: bytes(2),
  instantiatePermission: message(3, AccessConfigCodec),
  contract: string(4),
  msg: bytes(5),
});

/** Ours: what is known of a code without running it. */
export const StoredReportCodec = messageCodec("/catenary.wasm.v1.CodeReport", {
  entryPoints: strings(1, 64),
  requiredCapabilities: strings(2, 256),
  hasMigrateVersion: bool(3),
  migrateVersion: uint64(4),
});
export type StoredReport = MessageOf<typeof StoredReportCodec>;

/**
 * The JSON of wasmd v0.61's genesis, and fields of ours: `floats`, `function_locals_max`, and messages whose bytes JSON would
 * lose.
 * @module
 */
import { ContractCodeHistoryOperationType } from "cosmjs-types/cosmwasm/wasm/v1/types";
import { z } from "zod";
import { FUNCTION_LOCALS_MAX, GENESIS_CODE_BYTES_MAX } from "./limits.ts";
import { DEFAULT_CODE_RULES, nameOfType, typeOfName } from "./params.ts";
import type { AccessConfig } from "./types.ts";

const U64_MAX = (1n << 64n) - 1n;
const uint64 = z.string().regex(/^(?:0|[1-9][0-9]{0,19})$/).transform((text) => BigInt(text))
  .refine((value) => value <= U64_MAX, "a 64-bit number");
const base64 = z.base64().transform((text) => Uint8Array.fromBase64(text));
const accessType = z.string().transform(typeOfName).refine((type) => type !== 0, "an access type");
const access = z.strictObject({ permission: accessType, addresses: z.array(z.string()).nullable().default([]) })
  .transform(({ permission, addresses }): AccessConfig => ({ permission, addresses: addresses ?? [] }));
const position = z.strictObject({ block_height: uint64, tx_index: uint64.default(0n) })
  .transform((json) => ({ blockHeight: json.block_height, txIndex: json.tx_index }));

const OPERATION = "CONTRACT_CODE_HISTORY_OPERATION_TYPE_";
const OPERATIONS: Readonly<Record<string, ContractCodeHistoryOperationType>> = {
  [`${OPERATION}INIT`]: ContractCodeHistoryOperationType.CONTRACT_CODE_HISTORY_OPERATION_TYPE_INIT,
  [`${OPERATION}MIGRATE`]: ContractCodeHistoryOperationType.CONTRACT_CODE_HISTORY_OPERATION_TYPE_MIGRATE,
  [`${OPERATION}GENESIS`]: ContractCodeHistoryOperationType.CONTRACT_CODE_HISTORY_OPERATION_TYPE_GENESIS,
};

const history = z.strictObject({
  operation: z.enum(Object.keys(OPERATIONS)).transform((name) => OPERATIONS[name]!),
  code_id: uint64,
  updated: position,
  /** The message as JSON. */
  msg: z.unknown().optional(),
  /** Ours. The bytes of the message, where `msg` cannot say them. */
  msg_base64: base64.optional(),
});

const contract = z.strictObject({
  contract_address: z.string(),
  contract_info: z.strictObject({
    code_id: uint64,
    creator: z.string(),
    admin: z.string().default(""),
    label: z.string(),
    created: position,
    ibc_port_id: z.string().default(""),
    ibc2_port_id: z.string().default(""),
    extension: z.null().default(null),
  }),
  contract_state: z.array(z.strictObject({
    key: z.hex().transform((text) => Uint8Array.fromHex(text)),
    value: base64.nullable().default(new Uint8Array()),
  })).nullable().default([]),
  contract_code_history: z.array(history).min(1),
});

const code = z.strictObject({
  code_id: uint64,
  code_info: z.strictObject({ code_hash: base64, creator: z.string(), instantiate_config: access }),
  code_bytes: z.base64().max(Math.ceil(GENESIS_CODE_BYTES_MAX / 3) * 4).transform((text) =>
    Uint8Array.fromBase64(text)
  ),
  pinned: z.boolean().default(false),
});

export const genesisJson = z.strictObject({
  params: z.strictObject({ code_upload_access: access, instantiate_default_permission: accessType }),
  codes: z.array(code).nullable().default([]),
  contracts: z.array(contract).nullable().default([]),
  sequences: z.array(z.strictObject({ id_key: base64, value: uint64 })).nullable().default([]),
  floats: z.enum(["canonicalise", "reject"]).default(DEFAULT_CODE_RULES.floats),
  function_locals_max: z.int().min(1).max(FUNCTION_LOCALS_MAX).default(DEFAULT_CODE_RULES.locals),
  pending_acknowledgements: z.array(base64).default([]),
});
export type GenesisJson = z.output<typeof genesisJson>;
export type CodeJson = NonNullable<GenesisJson["codes"]>[number];
export type ContractJson = NonNullable<GenesisJson["contracts"]>[number];
export type HistoryJson = ContractJson["contract_code_history"][number];

export const accessToJson = ({ permission, addresses }: AccessConfig) => ({
  permission: nameOfType(permission),
  addresses: [...addresses],
});
export const positionToJson = (position: { readonly blockHeight: bigint; readonly txIndex: bigint }) => ({
  block_height: position.blockHeight.toString(),
  tx_index: position.txIndex.toString(),
});
export const operationName = (operation: ContractCodeHistoryOperationType): string =>
  Object.keys(OPERATIONS).find((name) => OPERATIONS[name] === operation)!;

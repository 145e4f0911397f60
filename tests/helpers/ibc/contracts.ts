/** Contracts on test chains: uploading, making, calling and asking them, and channels between their ports. @module */
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import {
  QueryContractInfoRequest,
  QueryContractInfoResponse,
  QuerySmartContractStateRequest,
  QuerySmartContractStateResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/query";
import {
  MsgExecuteContract,
  MsgInstantiateContract,
  MsgInstantiateContractResponse,
  MsgMigrateContract,
  MsgStoreCode,
  MsgStoreCodeResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { type ModuleSet, standardModules } from "../../../node/app/mod.ts";
import type { AddressCodec } from "../../../node/core/address.ts";
import { utf8ToBytes } from "../../../node/core/bytes.ts";
import { coinTexts, parseCoins } from "../../../node/core/coins.ts";
import { contractCode } from "../contract_code.ts";
import type { TestChain } from "./chain.ts";
import { CheckedOnce } from "../checked_once.ts";
import { anyOf } from "./messages.ts";
import type { Delivered } from "./ports.ts";

/** One for all chains of a process: what is compiled once stays so. */
const engine = new CheckedOnce();

/** The standard modules, over an engine that all chains share. */
export const modulesWithContracts = (codec: AddressCodec): ModuleSet => standardModules(codec, { engine });

const json = (value: unknown): Uint8Array => utf8ToBytes(JSON.stringify(value));
const sender = (chain: TestChain): string => chain.accounts[0]!.address.text;
const responseOf = ({ data }: Delivered): Uint8Array => TxMsgData.decode(data).msgResponses[0]!.value;

/** Uploads bytes, or a contract of tests/vectors/cosmwasm by its name; the id of the code. */
export function storeCode(chain: TestChain, code: string | Uint8Array): bigint {
  const wasmByteCode = typeof code === "string" ? contractCode(code) : code;
  const message = MsgStoreCode.fromPartial({ sender: sender(chain), wasmByteCode });
  return MsgStoreCodeResponse.decode(responseOf(chain.deliverOk([anyOf(MsgStoreCode, message)]))).codeId;
}

/** A contract of a code; its address. The first account is its admin. */
export function makeContract(chain: TestChain, codeId: bigint, msg: unknown, coins = ""): string {
  const message = MsgInstantiateContract.fromPartial({
    sender: sender(chain),
    admin: sender(chain),
    codeId,
    label: "a contract",
    msg: json(msg),
    funds: coinTexts(parseCoins(coins)!),
  });
  const delivered = chain.deliverOk([anyOf(MsgInstantiateContract, message)]);
  return MsgInstantiateContractResponse.decode(responseOf(delivered)).address;
}

export interface ExecuteOptions {
  readonly coins?: string;
  /** The account that calls; the first unless said. */
  readonly signer?: number;
  readonly gas?: bigint;
}

/** Calls a contract, whatever comes of it. */
export function tryExecute(chain: TestChain, contract: string, msg: unknown, options: ExecuteOptions = {}): Delivered {
  const { coins = "", signer = 0, gas } = options;
  const from = chain.accounts[signer]!.address.text;
  const message = { sender: from, contract, msg: json(msg), funds: coinTexts(parseCoins(coins)!) };
  return chain.deliver([anyOf(MsgExecuteContract, message)], { signer, ...(gas !== undefined && { gas }) });
}

/** As {@linkcode tryExecute}; throws when it was refused. */
export function execute(chain: TestChain, contract: string, msg: unknown, options: ExecuteOptions = {}): Delivered {
  const delivered = tryExecute(chain, contract, msg, options);
  if (delivered.code !== 0) throw new Error(`${delivered.codespace} ${delivered.code}: ${delivered.log}`);
  return delivered;
}

/** Gives a contract another code, whatever comes of it. */
export function tryMigrate(chain: TestChain, contract: string, codeId: bigint, msg: unknown): Delivered {
  return chain.deliver([anyOf(MsgMigrateContract, { sender: sender(chain), contract, codeId, msg: json(msg) })]);
}

/** Asks a contract. */
// The caller knows what it is going to be told.
// deno-lint-ignore no-explicit-any
export function smart(chain: TestChain, contract: string, msg: unknown): any {
  const path = "/cosmwasm.wasm.v1.Query/SmartContractState";
  const request = { address: contract, queryData: json(msg) };
  const { data } = chain.ask(path, QuerySmartContractStateRequest, QuerySmartContractStateResponse, request);
  return JSON.parse(new TextDecoder().decode(data));
}

/** The port of a contract; empty: it has none. */
export function portOfContract(chain: TestChain, address: string): string {
  const path = "/cosmwasm.wasm.v1.Query/ContractInfo";
  return chain.ask(path, QueryContractInfoRequest, QueryContractInfoResponse, { address }).contractInfo!.ibcPortId;
}

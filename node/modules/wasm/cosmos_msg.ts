/** The messages that contracts send (`CosmosMsg`; wasmvm `types/msg.go`). @module */
import type { CoinText } from "../../core/coins.ts";
import { Fields, JsonFault } from "./fields.ts";
import { type IbcMsg, readCoin, readIbcMsg } from "./ibc_msg.ts";
import type { Json } from "./json.ts";

/** A message for a contract, by the name of its variant. Texts and amounts are not checked yet. */
export type WasmMsg =
  | { readonly variant: "execute"; readonly contract: string; readonly msg: Uint8Array; readonly funds: CoinText[] }
  | {
    readonly variant: "instantiate" | "instantiate2";
    readonly codeId: bigint;
    readonly admin: string;
    readonly label: string;
    readonly msg: Uint8Array;
    readonly funds: CoinText[];
    /** Of `instantiate2` alone. */
    readonly salt: Uint8Array;
  }
  | { readonly variant: "migrate"; readonly contract: string; readonly codeId: bigint; readonly msg: Uint8Array }
  | { readonly variant: "update_admin"; readonly contract: string; readonly admin: string }
  | { readonly variant: "clear_admin"; readonly contract: string };

export type CosmosMsg =
  | { readonly kind: "send"; readonly to: string; readonly amount: CoinText[] }
  | { readonly kind: "burn"; readonly amount: CoinText[] }
  | { readonly kind: "wasm"; readonly wasm: WasmMsg }
  | { readonly kind: "any"; readonly typeUrl: string; readonly value: Uint8Array }
  | { readonly kind: "ibc"; readonly ibc: IbcMsg }
  /** Of a module that this chain does not have. */
  | { readonly kind: "missing"; readonly module: string }
  | { readonly kind: "unknown" };

const NOTHING = new Uint8Array();
/** Modules of the ecosystem that contracts may send messages to, and this chain lacks. */
const MISSING = ["distribution", "staking", "gov"];

/** Reads a message in the order in which wasmd looks for variants. Throws a {@linkcode JsonFault}. */
export function readCosmosMsg(json: Json): CosmosMsg {
  const fields = new Fields(json, "CosmosMsg");
  if (fields.value("any") !== undefined && fields.value("stargate") !== undefined) {
    throw new JsonFault("invalid CosmosMsg: both 'any' and 'stargate' fields are set");
  }
  const bank = fields.object("bank");
  const any = fields.object("any") ?? fields.object("stargate");
  const wasm = fields.object("wasm");
  if (bank !== undefined) return readBank(bank);
  if (fields.value("custom") !== undefined) return { kind: "unknown" };
  const [distribution, ...rest] = MISSING;
  if (fields.object(distribution!) !== undefined) return { kind: "missing", module: distribution! };
  const ibc = fields.object("ibc");
  if (ibc !== undefined) {
    const read = readIbcMsg(ibc);
    return read === undefined ? { kind: "unknown" } : { kind: "ibc", ibc: read };
  }
  // There is no IBC of version 2 here.
  if (fields.object("ibc2") !== undefined) return { kind: "unknown" };
  if (any !== undefined) return { kind: "any", typeUrl: any.text("type_url"), value: any.bytes("value") ?? NOTHING };
  if (wasm !== undefined) {
    const read = readWasm(wasm);
    return read === undefined ? { kind: "unknown" } : { kind: "wasm", wasm: read };
  }
  const missing = rest.find((name) => fields.object(name) !== undefined);
  return missing === undefined ? { kind: "unknown" } : { kind: "missing", module: missing };
}

const readCoins = (fields: Fields, name: string): CoinText[] =>
  fields.list(name, (json) => readCoin(new Fields(json, "Coin")));

function readBank(bank: Fields): CosmosMsg {
  const send = bank.object("send");
  if (send !== undefined) return { kind: "send", to: send.text("to_address"), amount: readCoins(send, "amount") };
  const burn = bank.object("burn");
  return burn === undefined ? { kind: "unknown" } : { kind: "burn", amount: readCoins(burn, "amount") };
}

function readWasm(wasm: Fields): WasmMsg | undefined {
  const execute = wasm.object("execute");
  if (execute !== undefined) {
    const contract = execute.text("contract_addr");
    return { variant: "execute", contract, msg: execute.bytes("msg") ?? NOTHING, funds: readCoins(execute, "funds") };
  }
  for (const variant of ["instantiate", "instantiate2"] as const) {
    const made = wasm.object(variant);
    if (made !== undefined) return { variant, ...readInstantiate(made) };
  }
  const migrate = wasm.object("migrate");
  if (migrate !== undefined) {
    return {
      variant: "migrate",
      contract: migrate.text("contract_addr"),
      codeId: migrate.uint64("new_code_id"),
      msg: migrate.bytes("msg") ?? NOTHING,
    };
  }
  const update = wasm.object("update_admin");
  if (update !== undefined) {
    return { variant: "update_admin", contract: update.text("contract_addr"), admin: update.text("admin") };
  }
  const clear = wasm.object("clear_admin");
  return clear && { variant: "clear_admin", contract: clear.text("contract_addr") };
}

const readInstantiate = (fields: Fields) => ({
  codeId: fields.uint64("code_id"),
  admin: fields.text("admin"),
  label: fields.text("label"),
  msg: fields.bytes("msg") ?? NOTHING,
  funds: readCoins(fields, "funds"),
  salt: fields.bytes("salt") ?? NOTHING,
});

/** What a script says to a chain, in the words of a contract's user; every step is written down. @module */
import {
  MsgExecuteContract,
  MsgInstantiateContract,
  MsgInstantiateContract2,
  MsgMigrateContract,
  MsgStoreCode,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import {
  QueryRawContractStateRequest,
  QuerySmartContractStateRequest,
  QuerySmartContractStateResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/query";
import { AccessConfig } from "cosmjs-types/cosmwasm/wasm/v1/types";
import { coinTexts, parseCoins } from "../../../node/core/coins.ts";
import { signerOf } from "../../bad_input/harness.ts";
import type {
  BlockOutcome,
  DrivenChain,
  QueryOutcome,
  Step,
  TxMessage,
  TxSpec,
} from "../../helpers/wasmd/transcript.ts";

/** More than any of the scripts' calls needs that is to succeed. */
export const GAS = 20_000_000;

interface Encodable<T> {
  readonly typeUrl: string;
  fromPartial(value: never): T;
  encode(value: T): { finish(): Uint8Array };
}

/** A message of a cosmjs type. */
export const message = <T>(type: Encodable<T>, value: Partial<T>, code?: string): TxMessage => ({
  typeUrl: type.typeUrl,
  value: type.encode(type.fromPartial(value as never)).finish().toBase64(),
  ...(code === undefined ? {} : { code }),
});

/** JSON as bytes; a string is taken as it is. */
export const json = (value: unknown): Uint8Array =>
  value instanceof Uint8Array
    ? value
    : new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
/** What a contract calls `Binary`. */
export const binary = (value: unknown): string => json(value).toBase64();
export const funds = (text = "") => coinTexts(parseCoins(text)!);
export const addressOf = (name: string): string => signerOf(name).address.text;

interface CallOptions {
  readonly funds?: string;
  readonly gas?: number;
  readonly say?: string;
}

interface InstantiateOptions extends CallOptions {
  readonly label?: string;
  readonly admin?: string;
  readonly salt?: Uint8Array;
  readonly fixMsg?: boolean;
}

export class Script {
  readonly steps: Step[] = [];
  /** The JSON that the last smart query was answered with, as text. */
  answer = "";

  constructor(readonly chain: DrivenChain) {}

  /** A block of transactions. */
  async block(say: string, txs: readonly TxSpec[]): Promise<BlockOutcome> {
    const outcome = await this.chain.block(txs);
    this.steps.push({ say, txs, outcome });
    return outcome;
  }

  /** A block of one transaction. */
  tx(say: string, from: string, messages: readonly TxMessage[], gas = GAS): Promise<BlockOutcome> {
    return this.block(say, [{ from, gas, messages }]);
  }

  async query<T>(
    say: string,
    path: string,
    type: { fromPartial(value: never): T; encode(value: T): { finish(): Uint8Array } },
    value: Partial<T>,
  ): Promise<QueryOutcome> {
    const data = type.encode(type.fromPartial(value as never)).finish().toBase64();
    const outcome = await this.chain.query(path, data);
    this.steps.push({ say, path, data, outcome });
    return outcome;
  }

  /** Answers the code's number, which is the one that is next whenever storing succeeds. */
  async store(from: string, code: string, permission?: Partial<AccessConfig>): Promise<bigint> {
    const instantiatePermission = permission === undefined ? undefined : AccessConfig.fromPartial(permission as never);
    const { txs } = await this.tx(`${from} stores ${code}`, from, [
      message(
        MsgStoreCode,
        { sender: addressOf(from), ...(instantiatePermission ? { instantiatePermission } : {}) },
        code,
      ),
    ]);
    return BigInt(attribute(txs[0]!.events, "store_code", "code_id") ?? "0");
  }

  /** Answers the address, or "" when it is refused. */
  async instantiate(from: string, codeId: bigint, msg: unknown, options: InstantiateOptions = {}): Promise<string> {
    const common = {
      sender: addressOf(from),
      admin: options.admin ?? "",
      codeId,
      label: options.label ?? "a label",
      msg: json(msg),
      funds: funds(options.funds),
    };
    const made = options.salt === undefined
      ? message(MsgInstantiateContract, common)
      : message(MsgInstantiateContract2, { ...common, salt: options.salt, fixMsg: options.fixMsg ?? false });
    const { txs } = await this.tx(
      options.say ?? `${from} instantiates ${codeId} with ${shown(msg)}`,
      from,
      [made],
      options.gas,
    );
    return attribute(txs[0]!.events, "instantiate", "_contract_address") ?? "";
  }

  execute(from: string, contract: string, msg: unknown, options: CallOptions = {}): Promise<BlockOutcome> {
    const made = message(MsgExecuteContract, {
      sender: addressOf(from),
      contract,
      msg: json(msg),
      funds: funds(options.funds),
    });
    return this.tx(options.say ?? `${from} executes ${shown(msg)}`, from, [made], options.gas);
  }

  migrate(from: string, contract: string, codeId: bigint, msg: unknown): Promise<BlockOutcome> {
    const made = message(MsgMigrateContract, { sender: addressOf(from), contract, codeId, msg: json(msg) });
    return this.tx(`${from} migrates to ${codeId} with ${shown(msg)}`, from, [made]);
  }

  /** A smart query; answers the JSON (throws when it is none), or undefined when it is refused. */
  async smart(contract: string, msg: unknown): Promise<unknown> {
    const outcome = await this.query(
      `asks ${shown(msg)}`,
      "/cosmwasm.wasm.v1.Query/SmartContractState",
      QuerySmartContractStateRequest,
      { address: contract, queryData: json(msg) },
    );
    if (outcome.code !== 0) return undefined;
    const { data } = QuerySmartContractStateResponse.decode(Uint8Array.fromBase64(outcome.value));
    this.answer = new TextDecoder().decode(data);
    return JSON.parse(this.answer);
  }

  raw(contract: string, key: Uint8Array): Promise<QueryOutcome> {
    return this.query(
      `reads ${key.toHex()}`,
      "/cosmwasm.wasm.v1.Query/RawContractState",
      QueryRawContractStateRequest,
      { address: contract, queryData: key },
    );
  }
}

const SHOWN_MAX = 160;

function shown(msg: unknown): string {
  const text = msg instanceof Uint8Array ? msg.toHex() : typeof msg === "string" ? msg : JSON.stringify(msg);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** The last value of an attribute. */
export function attribute(events: readonly (readonly string[])[], type: string, key: string): string | undefined {
  const event = events.findLast(([each]) => each === type);
  const at = event?.indexOf(key, 1) ?? -1;
  return at === -1 ? undefined : event![at + 1];
}

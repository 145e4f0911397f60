/** Transactions of a script as bytes: the same for wasmd and for us. @module */
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { QueryAccountRequest, QueryAccountResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import {
  MsgStoreAndInstantiateContract,
  MsgStoreAndMigrateContract,
  MsgStoreCode,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { developmentAppState } from "../../../node/app/mod.ts";
import { coinTexts, parseCoins } from "../../../node/core/coins.ts";
import { DENOM, makeTx, signerOf } from "../../bad_input/harness.ts";
import type { TxMessage, TxSpec, World } from "./transcript.ts";

export const PREFIX = "cat";
/** Of genesis; a block is a second later than the one before. */
export const GENESIS_NANOS = 1_700_000_000_000_000_000n;
export const BLOCK_NANOS = 1_000_000_000n;

export const ACCOUNT_PATH = "/cosmos.auth.v1beta1.Query/Account";

const CODES = new URL("../../vectors/cosmwasm/", import.meta.url);
const codes = new Map<string, Uint8Array>();

/** A contract's code by its file name. */
export function codeOf(file: string): Uint8Array {
  let code = codes.get(file);
  if (code === undefined) codes.set(file, code = Deno.readFileSync(new URL(file, CODES)));
  return code;
}

const STORING = [MsgStoreCode, MsgStoreAndInstantiateContract, MsgStoreAndMigrateContract];

function messageOf({ typeUrl, value, code }: TxMessage): { typeUrl: string; value: Uint8Array } {
  const bytes = Uint8Array.fromBase64(value);
  if (code === undefined) return { typeUrl, value: bytes };
  const type = STORING.find((each) => each.typeUrl === typeUrl)!;
  const message = type.decode(bytes);
  return { typeUrl, value: type.encode({ ...message, wasmByteCode: codeOf(code) } as never).finish() };
}

/** Signs; `sequences` are what each account has at the beginning of the block. */
export function txBytes(world: World, txs: readonly TxSpec[], sequences: ReadonlyMap<string, bigint>): Uint8Array[] {
  const next = new Map(sequences);
  return txs.map(({ from, gas, messages }) => {
    const sequence = next.get(from) ?? 0n;
    next.set(from, sequence + 1n);
    return makeTx({
      messages: messages.map(messageOf),
      signers: [{ signer: signerOf(from), accountNumber: BigInt(world.accounts.indexOf(from)), sequence }],
      gas: BigInt(gas),
      chainId: world.chainId,
    });
  });
}

/** What has to be asked to know an account's sequence, and what the answer says. */
export const accountQuery = (name: string): Uint8Array =>
  QueryAccountRequest.encode({ address: signerOf(name).address.text }).finish();
export const sequenceIn = (answer: Uint8Array): bigint =>
  BaseAccount.decode(QueryAccountResponse.decode(answer).account!.value).sequence;

/** `app_state` of our chain; wasmd gets its part of the bank. */
export function appStateOf(world: World): Record<string, unknown> {
  const coins = coinTexts(parseCoins(world.coins)!);
  return developmentAppState({
    accounts: world.accounts.map((name) => ({ address: signerOf(name).address.text, coins })),
    admins: [signerOf(world.authority).address.text],
    denom: DENOM,
    prefix: PREFIX,
  });
}

/** What a chain knows of an account that signs. @module */
import { QueryAccountRequest, QueryAccountResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { BinaryReader } from "cosmjs-types/binary";
import type { Any } from "cosmjs-types/google/protobuf/any";
import { encode } from "../../node/core/codec/mod.ts";
import type { Endpoint } from "./endpoint.ts";
import { chainFault } from "./faults.ts";

export interface ChainAccount {
  readonly accountNumber: bigint;
  /** Of the next transaction, as far as blocks have gone. */
  readonly sequence: bigint;
}

const PATH = "/cosmos.auth.v1beta1.Query/Account";
/** A vesting account holds a vesting base, which holds a base account. */
const NESTING_MAX = 3;
const FIRST_FIELD = (1 << 3) | 2;

/** Other kinds need not read as these messages at all. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The value of field 1, where all kinds of accounts put what they extend. */
function firstField(bytes: Uint8Array): Uint8Array | undefined {
  const reader = new BinaryReader(bytes);
  return reader.len > 0 && reader.uint32() === FIRST_FIELD ? reader.bytes() : undefined;
}

/** Accounts of other kinds (vesting, or of another module) extend a base account. */
function baseOf(account: Any, address: string): BaseAccount | undefined {
  let bytes: Uint8Array | undefined = account.value;
  for (let depth = 0; bytes !== undefined && depth <= NESTING_MAX; depth++) {
    const nested: Uint8Array = bytes;
    const base = attempt(() => BaseAccount.decode(nested));
    // Of another kind, the bytes may read as a base account all the same: the address tells.
    if (base?.address === address) return base;
    bytes = attempt(() => firstField(nested));
  }
  return undefined;
}

/** Undefined when the chain has no such account. Throws as endpoints do. */
export async function queryAccount(endpoint: Endpoint, address: string): Promise<ChainAccount | undefined> {
  let answer: Uint8Array;
  try {
    answer = await endpoint.query(PATH, encode(QueryAccountRequest, { address }));
  } catch (error) {
    if (/not found/i.test((error as Error).message)) return undefined;
    throw error;
  }
  const account = attempt(() => QueryAccountResponse.decode(answer))?.account;
  const base = account === undefined ? undefined : baseOf(account, address);
  if (base !== undefined) return { accountNumber: base.accountNumber, sequence: base.sequence };
  throw chainFault("chain_bad_answer", `ask ${PATH}`, `no account ${address} in the answer`);
}

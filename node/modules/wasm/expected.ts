/** What this module needs from others; the composition of the application provides it. @module */
import type { Account, Address, Context, MessageHandler, QueryContext } from "../../app/ports.ts";
import type { Coins } from "../../core/coins.ts";
import type { CodedError } from "../../core/errors.ts";
import type { Result } from "../../core/result.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import type { OwnIbcMsg } from "./ibc_msg.ts";

type OnKey = (store: string, key: Uint8Array) => void;

export interface ExpectedBank {
  /** Addresses that may not get coins from outside, as texts. */
  readonly blocked: ReadonlySet<string>;
  balance(view: StateReader, address: Uint8Array, denom: string): bigint;
  send(context: Context, from: Address, to: Address, coins: Coins): Result<undefined>;
  burn(context: Context, burner: Address, coins: Coins): Result<undefined>;
  checkSendEnabled(view: StateReader, coins: Coins): Result<undefined>;
  touch(address: Address, coins: Coins, key: OnKey): void;
}

export interface ExpectedAccounts {
  get(view: StateReader, address: Address): Account | undefined;
  ensure(view: StateView, address: Address): void;
  moduleAddress(name: string): Address;
  ensureModule(view: StateView, name: string): void;
  touch(address: Address, key: OnKey): void;
}

export interface ExpectedAuthority {
  /** Whether `address` may do what governance does in the ecosystem: parameters, pinned codes, sudo, and every contract. */
  isAuthority(view: StateReader, address: Address): boolean;
}

/** The messages of the chain, for contracts that send them. Asked when everything is put together, not before. */
export interface ExpectedMessages {
  /** Whoever handles messages of that type. */
  // Each handler decodes the very messages that it is given later.
  // deno-lint-ignore no-explicit-any
  handler(typeUrl: string): MessageHandler<any> | undefined;
}

/** One response of a message that a contract sent. */
export interface MsgResponse {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** The IBC messages of contracts that go over channels of the contract's own port. */
export interface ExpectedIbc {
  /** `portId`: the contract's port, empty for a contract without IBC entry points. */
  dispatch(context: Context, portId: string, message: OwnIbcMsg): Result<readonly MsgResponse[], CodedError>;
}

/** What bounds a query of a contract. */
export interface QueryLimits {
  /** What the asking contract has left, in fuel; of the context's gas no more may be used than that. */
  readonly fuel: bigint;
  /** Bytes of stack that the asking contract has left. */
  readonly stack: number;
  /** How many queries are being answered already, one inside the other. */
  readonly depth: number;
}

/**
 * Answers a `QueryRequest` of `contract` (JSON bytes) with the JSON of a `SystemResult<ContractResult<Binary>>`. It charges
 * `context` for what it reads and runs, and answers within `limits`; nothing that it does may stay.
 */
export type ContractQuerier = (
  context: Context,
  contract: Address,
  request: Uint8Array,
  limits: QueryLimits,
) => Uint8Array;

/** A query over a state that is not written to, as a context with gas of its own. Passing it is a refusal. */
export type ExpectedMetering = <T>(
  query: QueryContext,
  gasLimit: number,
  run: (context: Context) => Result<T>,
) => Result<T>;

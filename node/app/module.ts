/**
 * What a module of the application is: handlers of messages and queries, its genesis, and its part in a block. Types only;
 * modules import them through `ports.ts`.
 * @module
 */
import type { Event, Misbehavior, ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import type { Address, AddressCodec } from "../core/address.ts";
import type { PubKey } from "../core/pub_key.ts";
import type { Result } from "../core/result.ts";
import type { Nanos } from "../core/time.ts";
import type { Work } from "../core/work.ts";
import type { StateReader, StateView } from "../state/view.ts";

/** Counts what a transaction uses. Units are gas; whole numbers below 2^53, which a bounded transaction cannot reach. */
export interface GasMeter {
  /** Throws a private signal when the limit is passed; only the transaction's own phases catch it. */
  consume(amount: number, what: string): void;
  readonly used: number;
  readonly limit: number;
  /** What may still be consumed, also of what this is a part of. */
  readonly left: number;
  /** Ends what runs as if the limit had been passed: for whoever finds that the next step will not fit. */
  exhaust(what: string): never;
}

/** The place of a transaction in its block. */
export interface TxPosition {
  readonly index: number;
  /** SHA-256 of its bytes. */
  readonly hash: Uint8Array;
}

/**
 * What modules remember while one transaction runs, beside the state: names, which stay also when the part that noted them is
 * taken back. Only a miss takes them back, with everything else.
 */
export interface TxNotes {
  has(name: string): boolean;
  add(name: string): void;
}

/** The block in which something runs. In a check it is the block that would come next. */
export interface BlockContext {
  readonly chainId: string;
  readonly height: bigint;
  readonly time: Nanos;
}

/** What a block brings beside its transactions. */
export interface BlockBegin {
  /** What validators have done against the rules, as the block's evidence proves. */
  readonly misbehavior: readonly Misbehavior[];
}

/** What became of a part of a message that may fail by itself. */
export interface Attempt<T> {
  readonly result: Result<T>;
  /** The events of a refused attempt, which were taken back; empty when it succeeded. */
  readonly reverted: readonly Event[];
}

/** A part of a message that may fail by itself, for those who cannot run it inside a function. */
export interface Branch {
  /** What the part uses. */
  readonly context: Context;
  /** Keeps what was written; events stay. Either this or {@linkcode Branch.drop}, once, in reverse order of branching. */
  keep(): void;
  /** Takes back what was written and emitted. */
  drop(): void;
  /** Whether `thrown` says that the part passed the gas limit of its own, and not that of the whole. */
  ranOut(thrown: unknown): boolean;
}

/** What a message handler and a keeper may touch. */
export interface Context {
  /** Charges gas for what is read and written. */
  readonly view: StateView;
  /** The same state without a charge: for what is paid in another way. */
  readonly free: StateView;
  readonly gas: GasMeter;
  readonly block: BlockContext;
  /** Undefined where no transaction of a block runs: genesis, begin and end of a block, simulations, queries. */
  readonly tx: TxPosition | undefined;
  readonly notes: TxNotes;
  /** What was emitted so far. Attributes of the last ones may be put in another order, or events be taken out. */
  readonly events: Event[];
  emit(event: Event): void;
  /**
   * Runs a part that may fail without failing the whole: on a refusal what it wrote and emitted is taken back. `run` uses the
   * context it is given. With `gasLimit`, passing it is a refusal too (codespace `sdk`, out of gas); what it used counts for
   * the whole, and running out of the whole's own gas ends the whole.
   */
  attempt<T>(run: (context: Context) => Result<T>, gasLimit?: number): Attempt<T>;
  /** Opens a part. With `gasLimit`, passing it is thrown; then exactly the limit counts for the whole. */
  branch(gasLimit?: number): Branch;
}

/** Whether what a message relays has been relayed. `aside`: it only helps those beside it. */
export type Relaying = "fresh" | "redundant" | "aside";

/** One kind of message. Everything that needs no state is done in `decode`, once for check and delivery. */
export interface MessageHandler<M = unknown> {
  readonly typeUrl: string;
  readonly responseTypeUrl: string;
  /** Decodes strictly and validates what needs no state (`ValidateBasic`). */
  decode(bytes: Uint8Array): Result<M>;
  /** Who must have signed, in order; at least one. */
  signers(message: M): readonly Address[];
  /** Names keys that executing will read, so that a block's keys are loaded in one batch. A hint, never a promise. */
  touch(message: M, key: (store: string, key: Uint8Array) => void): void;
  /**
   * Of messages that relay what others may relay as well; absent: this one does something else. Only checks ask, and nothing
   * is verified: what the state shows to be done need not be admitted (ibc-go `RedundantRelayDecorator`).
   */
  relaying?(context: Context, message: M): Relaying;
  /** Returns the encoded response. On a refusal everything it wrote is reverted by the caller. */
  execute(context: Context, message: M): Result<Uint8Array>;
}

/** What a query may read. */
export interface QueryContext {
  /** The state after block `height`. */
  readonly view: StateReader;
  readonly height: bigint;
  readonly chainId: string;
  /** Of the last committed block, also when an older height is asked about: what "now" means for things that expire. */
  readonly time: Nanos;
}

/** One gRPC query. `data` is the encoded request; the answer is the encoded response. */
export interface QueryHandler {
  /** For example `/cosmos.bank.v1beta1.Query/Balance`. */
  readonly path: string;
  /** It runs contracts: nobody knows for how long. */
  readonly runsContracts?: boolean;
  handle(context: QueryContext, data: Uint8Array): Result<Uint8Array>;
}

/** What genesis tells a module beside its own JSON. */
export interface ModuleGenesisContext extends Context {
  /** The validators of the genesis file. */
  readonly validators: readonly ValidatorUpdate[];
}

/** Runs a reading of the committed state, loading what is not resident. One page at a time keeps memory bounded. */
export type Reading = <T>(run: (view: StateReader) => T) => Work<T>;

export interface Module {
  /** The key of its JSON in `app_state`. */
  readonly name: string;
  /** The names of its stores. */
  readonly stores: readonly string[];
  // The handlers differ in their message type, which only the router's own pairs know.
  // deno-lint-ignore no-explicit-any
  readonly messages: readonly MessageHandler<any>[];
  /** Whatever its messages say, they run no contracts, not even by way of others; unless it says so they may. */
  readonly withoutContracts?: boolean;
  readonly queries: readonly QueryHandler[];
  /** Checks and writes its part of `app_state` (undefined: nothing given). Returns a validator set if that is its office. */
  initGenesis(context: ModuleGenesisContext, json: unknown): Result<readonly ValidatorUpdate[] | undefined>;
  /** Its part of `app_state`, which {@linkcode Module.initGenesis} reads to the same state. */
  exportGenesis(read: Reading): Work<unknown>;
  beginBlock?(context: Context, begin: BlockBegin): void;
  /** Returns changes of the validator set. */
  endBlock?(context: Context): readonly ValidatorUpdate[];
}

/** An account as the phases of a transaction need it. */
export interface Account {
  readonly address: Address;
  readonly pubKey: PubKey | undefined;
  readonly accountNumber: bigint;
  readonly sequence: bigint;
  /** Set for accounts that belong to a module: nobody has their key. */
  readonly module: { readonly name: string; readonly permissions: readonly string[] } | undefined;
}

export type { Address, AddressCodec, PubKey };
export type * from "./ibc.ts";

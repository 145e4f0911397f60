/** What the querier of contracts needs of the chain: types only. @module */
import type { Metadata } from "cosmjs-types/cosmos/bank/v1beta1/bank";
import type { CodeInfo, ContractInfo } from "cosmjs-types/cosmwasm/wasm/v1/types";
import type { Channel, IdentifiedChannel } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Address, AddressCodec, ChannelEnd, Context, QueryContext, QueryHandler } from "../../app/ports.ts";
import type { Result } from "../../core/result.ts";
import type { Entries } from "../../core/work.ts";
import type { StateReader } from "../../state/view.ts";
import type { RawRange } from "./keeper.ts";

export interface QuerierBank {
  balance(view: StateReader, address: Uint8Array, denom: string): bigint;
  supply(view: StateReader, denom: string): bigint;
  metadata(view: StateReader, denom: string): Metadata | undefined;
}

export interface QuerierChannels {
  channel(view: StateReader, end: ChannelEnd): Channel | undefined;
  /** Channels of ports whose names begin so, in the order of their keys, read page by page. */
  channelsUnder(view: StateReader, portPrefix: string): Iterable<IdentifiedChannel>;
}

/** What the asked contract may use beside the gas of its context. */
export interface SmartLimits {
  /** Bytes of stack that are left; undefined: all of it. */
  readonly stack: number | undefined;
  /** How many queries are being answered around this one. */
  readonly depth: number;
}

export interface QuerierContracts {
  contractInfo(view: StateReader, address: Uint8Array): ContractInfo | undefined;
  codeInfo(view: StateReader, codeId: bigint): CodeInfo | undefined;
  isPinned(view: StateReader, codeId: bigint): boolean;
  raw(view: StateReader, address: Uint8Array, key: Uint8Array): Uint8Array | undefined;
  rawRange(view: StateReader, address: Uint8Array, range: RawRange): Entries;
  /**
   * Runs a contract's `query` and answers what it returned, its error as a refusal (9 `plainly`, 22 no such contract, 27 too many
   * queries inside of each other, 29 the engine ended it).
   */
  querySmart(context: Context, address: Address, message: Uint8Array, limits: SmartLimits): Result<Uint8Array>;
}

/** Everything the querier asks. */
export interface QuerierSources {
  readonly codec: AddressCodec;
  readonly bank: QuerierBank;
  readonly channels: QuerierChannels;
  readonly contracts: QuerierContracts;
  /** The handler of a gRPC path. */
  query(path: string): QueryHandler | undefined;
}

/**
 * One question of a contract. `view` charges whoever asks for what is read, and throws when that is more than they have; what
 * it throws passes through the querier.
 */
export interface QuerierCall extends QueryContext {
  readonly caller: Address;
  /** Asks another contract, with what the asking one has left. */
  ask(address: Address, message: Uint8Array): Result<Uint8Array>;
}

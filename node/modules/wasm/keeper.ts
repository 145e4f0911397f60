/** Codes, contracts and what they keep, as state. What runs contracts is in `run_contract.ts` and `dispatch.ts`. @module */
import type { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import {
  type AbsoluteTxPosition,
  CodeInfo,
  ContractCodeHistoryEntry,
  ContractInfo,
} from "cosmjs-types/cosmwasm/wasm/v1/types";
import type { CodeReport, CodeRules, EntryPoint, ExecutionEngine } from "../../../contracts/engine.ts";
import type { Address, AddressCodec, Context } from "../../app/ports.ts";
import { bytesToU64, concatBytes, prefixEnd, u64ToBytes, utf8ToBytes } from "../../core/bytes.ts";
import { encode } from "../../core/codec/mod.ts";
import { invariant } from "../../core/invariant.ts";
import { type Page, paginate } from "../../core/pagination.ts";
import type { Result } from "../../core/result.ts";
import type { Entries } from "../../core/work.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import type {
  ContractQuerier,
  ExpectedAccounts,
  ExpectedAuthority,
  ExpectedBank,
  ExpectedIbc,
  ExpectedMessages,
  ExpectedMetering,
} from "./expected.ts";
import { Frames } from "./frame.ts";
import { GAS_HAS } from "./gas.ts";
import {
  byCodeKey,
  byCreatorKey,
  bytesKey,
  CODE_PREFIX,
  codeKey,
  CONTRACT_KEY_BYTES_MAX,
  contractKey,
  contractsOfCode,
  contractsOfCreator,
  contractStore,
  FLOATS_KEY,
  historyKey,
  historyOf,
  LOCALS_KEY,
  NEXT_CODE_KEY,
  NEXT_INSTANCE_KEY,
  PARAMS_KEY,
  PINNED,
  PINNED_PREFIX,
  pinnedKey,
  positionBytes,
  PRESENT,
  rangeBound,
  reportKey,
  STORE,
} from "./keys.ts";
import { decodeParams, DEFAULT_CODE_RULES, DEFAULT_PARAMS, type Params } from "./params.ts";
import { ParamsCodec, StoredReportCodec } from "./types.ts";

/** What the module is put together of. */
export interface WasmParts {
  readonly codec: AddressCodec;
  readonly bank: ExpectedBank;
  readonly accounts: ExpectedAccounts;
  readonly authority: ExpectedAuthority;
  readonly messages: ExpectedMessages;
  readonly metering: ExpectedMetering;
  readonly engine: ExecutionEngine;
  /** Hears the lines that contracts say with `debug`, as often as they run; never part of the chain. */
  readonly debug?: ((contract: string, text: string) => void) | undefined;
}

/** Bounds of a reading of a contract's storage: `start` is in it, `end` is not; absent ones are open. */
export interface RawRange {
  readonly start: Uint8Array | undefined;
  readonly end: Uint8Array | undefined;
  readonly reverse: boolean;
  readonly limit: number;
}

export class WasmKeeper {
  readonly #params = new WeakMap<Uint8Array, Params>();
  readonly #codes = new WeakMap<Uint8Array, CodeInfo>();
  readonly #contracts = new WeakMap<Uint8Array, ContractInfo>();
  /** Codes that the engine was told to keep compiled. A cache: after a start it is told again when they run. */
  readonly #kept = new Set<string>();
  readonly frames = new Frames();
  #querier: ContractQuerier | undefined;
  #ibc: ExpectedIbc | undefined;

  constructor(readonly parts: WasmParts) {}

  /** Who answers contracts; asked for while the chain is put together, once. */
  bindQuerier(querier: ContractQuerier): void {
    invariant(this.#querier === undefined, "bind a querier: there is one");
    this.#querier = querier;
  }

  get querier(): ContractQuerier {
    invariant(this.#querier !== undefined, "answer a contract: nobody bound a querier");
    return this.#querier;
  }

  /** Who takes `ibc` messages of contracts; without it they are unknown. */
  bindIbc(ibc: ExpectedIbc): void {
    invariant(this.#ibc === undefined, "bind IBC to contracts: it is bound");
    this.#ibc = ibc;
  }

  get ibc(): ExpectedIbc | undefined {
    return this.#ibc;
  }

  params(view: StateReader): Params {
    const bytes = view.get(STORE, PARAMS_KEY);
    // A chain that is older than this module has none.
    return bytes === undefined ? DEFAULT_PARAMS : remember(this.#params, bytes, decodeParams);
  }

  setParams(view: StateView, params: Params): void {
    view.set(STORE, PARAMS_KEY, encode(ParamsCodec, params));
  }

  codeRules(view: StateReader): Required<CodeRules> {
    const locals = view.get(STORE, LOCALS_KEY);
    return {
      floats: view.get(STORE, FLOATS_KEY) === undefined ? DEFAULT_CODE_RULES.floats : "reject",
      locals: locals === undefined ? DEFAULT_CODE_RULES.locals : Number(bytesToU64(locals)),
    };
  }

  setCodeRules(view: StateView, { floats, locals }: Required<CodeRules>): void {
    if (floats === "reject") view.set(STORE, FLOATS_KEY, utf8ToBytes(floats));
    if (locals !== DEFAULT_CODE_RULES.locals) view.set(STORE, LOCALS_KEY, u64ToBytes(BigInt(locals)));
  }

  codeInfo(view: StateReader, id: bigint): CodeInfo | undefined {
    const bytes = view.get(STORE, codeKey(id));
    return bytes && remember(this.#codes, bytes, (known) => CodeInfo.decode(known));
  }

  setCodeInfo(view: StateView, id: bigint, info: CodeInfo): void {
    view.set(STORE, codeKey(id), CodeInfo.encode(info).finish());
  }

  /** Codes in the order of their ids. */
  codes(view: StateReader, request: PageRequest | undefined): Result<Page> {
    return paginate((range) => view.page(STORE, range), CODE_PREFIX, request);
  }

  /** The code itself, as uploaded. Nobody is charged for it: running costs by instance, uploading by byte. */
  codeBytes(view: StateReader, checksum: Uint8Array): Uint8Array | undefined {
    return view.get(STORE, bytesKey(checksum));
  }

  /** Keeps a code and what is known of it. Codes with the same bytes share them. */
  setCode(view: StateView, code: Uint8Array, report: CodeReport): void {
    const { checksum, entryPoints, requiredCapabilities, migrateVersion } = report;
    if (view.get(STORE, reportKey(checksum)) !== undefined) return;
    view.set(STORE, bytesKey(checksum), code);
    view.set(
      STORE,
      reportKey(checksum),
      encode(StoredReportCodec, {
        entryPoints: [...entryPoints].sort(),
        requiredCapabilities: [...requiredCapabilities],
        hasMigrateVersion: migrateVersion !== undefined,
        migrateVersion: migrateVersion ?? 0n,
      }),
    );
  }

  /** What is known of a code without running it. */
  report(view: StateReader, checksum: Uint8Array): CodeReport {
    const bytes = view.get(STORE, reportKey(checksum));
    invariant(bytes !== undefined, `read report of code ${checksum.toHex()}: there is none`);
    const stored = StoredReportCodec.decode(bytes);
    return {
      checksum,
      entryPoints: new Set(stored.entryPoints as readonly EntryPoint[]),
      requiredCapabilities: stored.requiredCapabilities,
      migrateVersion: stored.hasMigrateVersion ? stored.migrateVersion : undefined,
    };
  }

  /** Sees to it that a pinned code is not compiled again. */
  keepCompiled(view: StateReader, checksum: Uint8Array): void {
    const name = checksum.toHex();
    if (this.#kept.has(name)) return;
    this.parts.engine.pin(checksum, () => {
      const code = this.codeBytes(view, checksum);
      invariant(code !== undefined, `pin code ${name}: it is not there`);
      return code;
    });
    // Not before: reading the code may miss.
    this.#kept.add(name);
  }

  /** A code that is not pinned any more. */
  dropCompiled(checksum: Uint8Array): void {
    if (this.#kept.delete(checksum.toHex())) this.parts.engine.unpin(checksum);
  }

  contractInfo(view: StateReader, address: Uint8Array): ContractInfo | undefined {
    const bytes = view.get(STORE, contractKey(address));
    return bytes && remember(this.#contracts, bytes, (known) => ContractInfo.decode(known));
  }

  hasContract({ gas, free }: Context, address: Uint8Array): boolean {
    gas.consume(GAS_HAS, "Has");
    return free.get(STORE, contractKey(address)) !== undefined;
  }

  setContractInfo(view: StateView, address: Uint8Array, info: ContractInfo): void {
    view.set(STORE, contractKey(address), ContractInfo.encode(info).finish());
  }

  isPinned(view: StateReader, id: bigint): boolean {
    return view.get(STORE, pinnedKey(id)) !== undefined;
  }

  setPinned(view: StateView, id: bigint, pinned: boolean): void {
    if (pinned) view.set(STORE, pinnedKey(id), PINNED);
    else view.delete(STORE, pinnedKey(id));
  }

  /** Keys are ids of eight bytes behind the prefix. */
  pinned(view: StateReader, request: PageRequest | undefined): Result<Page> {
    return paginate((range) => view.page(STORE, range), PINNED_PREFIX, request);
  }

  /** Keys are positions and addresses behind the prefix. */
  contractsOfCode(view: StateReader, id: bigint, request: PageRequest | undefined): Result<Page> {
    return paginate((range) => view.page(STORE, range), contractsOfCode(id), request);
  }

  /** Keys are positions and addresses behind the prefix. */
  contractsOfCreator(view: StateReader, creator: Uint8Array, request: PageRequest | undefined): Result<Page> {
    return paginate((range) => view.page(STORE, range), contractsOfCreator(creator), request);
  }

  addToCode(view: StateView, id: bigint, position: AbsoluteTxPosition, address: Uint8Array): void {
    view.set(STORE, byCodeKey(id, positionBytes(position), address), PRESENT);
  }

  removeFromCode(view: StateView, id: bigint, position: AbsoluteTxPosition, address: Uint8Array): void {
    view.delete(STORE, byCodeKey(id, positionBytes(position), address));
  }

  addToCreator(view: StateView, creator: Uint8Array, position: AbsoluteTxPosition, address: Uint8Array): void {
    view.set(STORE, byCreatorKey(creator, positionBytes(position), address), PRESENT);
  }

  /** What code a contract had, oldest first. */
  history(view: StateReader, address: Uint8Array, request: PageRequest | undefined): Result<Page> {
    return paginate((range) => view.page(STORE, range), historyOf(address), request);
  }

  /** The newest entry of a contract's history, and its place; undefined before the first. */
  lastHistory(
    view: StateReader,
    address: Uint8Array,
  ): { readonly place: bigint; readonly entry: ContractCodeHistoryEntry } | undefined {
    const prefix = historyOf(address);
    const [last] = view.page(STORE, { start: prefix, end: prefixEnd(prefix), reverse: true, limit: 1 });
    if (last === undefined) return undefined;
    return { place: bytesToU64(last[0], prefix.length), entry: ContractCodeHistoryEntry.decode(last[1]) };
  }

  appendHistory(view: StateView, address: Uint8Array, entry: ContractCodeHistoryEntry): void {
    const place = (this.lastHistory(view, address)?.place ?? 0n) + 1n;
    view.set(STORE, historyKey(address, place), ContractCodeHistoryEntry.encode(entry).finish());
  }

  nextCodeId(view: StateReader): bigint {
    return sequence(view.get(STORE, NEXT_CODE_KEY));
  }

  takeCodeId(view: StateView): bigint {
    return take(view, NEXT_CODE_KEY);
  }

  nextInstanceId(view: StateReader): bigint {
    return sequence(view.get(STORE, NEXT_INSTANCE_KEY));
  }

  takeInstanceId(view: StateView): bigint {
    return take(view, NEXT_INSTANCE_KEY);
  }

  /** A value of a contract's storage. */
  raw(view: StateReader, address: Uint8Array, key: Uint8Array): Uint8Array | undefined {
    if (key.length > CONTRACT_KEY_BYTES_MAX) return undefined;
    return view.get(STORE, concatBytes(contractStore(address), key));
  }

  /** Entries of a contract's storage, keys without its prefix, at most `limit`. */
  rawRange(view: StateReader, address: Uint8Array, range: RawRange): Entries {
    const prefix = contractStore(address);
    const page = {
      start: range.start === undefined ? prefix : concatBytes(prefix, rangeBound(range.start)),
      end: range.end === undefined ? prefixEnd(prefix) : concatBytes(prefix, rangeBound(range.end)),
      reverse: range.reverse,
      limit: range.limit,
    };
    return view.page(STORE, page).map(([key, value]) => [key.subarray(prefix.length), value] as const);
  }

  /** A page of a contract's storage. */
  rawPage(view: StateReader, address: Uint8Array, request: PageRequest | undefined): Result<Page> {
    return paginate((range) => view.page(STORE, range), contractStore(address), request);
  }

  /** The text of an address, or of the bytes of one. */
  address(bytes: Uint8Array): Address {
    return this.parts.codec.of(bytes);
  }
}

/** Stored bytes are never written to: what was read of the same array is the same again. */
function remember<T>(known: WeakMap<Uint8Array, T>, bytes: Uint8Array, decode: (bytes: Uint8Array) => T): T {
  let value = known.get(bytes);
  if (value === undefined) known.set(bytes, value = decode(bytes));
  return value;
}

const sequence = (bytes: Uint8Array | undefined): bigint => bytes === undefined ? 1n : bytesToU64(bytes);

function take(view: StateView, key: Uint8Array): bigint {
  const id = sequence(view.get(STORE, key));
  view.set(STORE, key, u64ToBytes(id + 1n));
  return id;
}

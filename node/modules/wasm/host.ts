/** The window of one call of a contract to the chain: its storage, addresses and queries, and the gas they cost. @module */
import type { ContractAddresses, ContractHost, ContractStorage, StorageEntry } from "../../../contracts/host.ts";
import type { Address, AddressCodec, Context } from "../../app/ports.ts";
import { concatBytes, prefixEnd } from "../../core/bytes.ts";
import { ADDRESS_BYTES_MAX } from "../../core/address.ts";
import { addressFault } from "../../core/address_fault.ts";
import { sdkError } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { fuelOf, GAS_HAS, GAS_ITERATE, GAS_ITERATE_PER_BYTE } from "./gas.ts";
import type { WasmKeeper } from "./keeper.ts";
import { contractStore, rangeBound, STORE } from "./keys.ts";
import type { Lacking } from "./lacking.ts";
import { ReadAhead } from "./read_ahead.ts";

class Storage implements ContractStorage {
  readonly #prefix: Uint8Array;
  readonly #end: Uint8Array | undefined;
  readonly #ahead: ReadAhead;

  constructor(
    readonly context: Context,
    address: Uint8Array,
    readonly lacking: Lacking,
  ) {
    this.#ahead = new ReadAhead(context.free);
    this.#prefix = contractStore(address);
    this.#end = prefixEnd(this.#prefix);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const { view, gas } = this.context;
    const full = concatBytes(this.#prefix, key);
    return this.lacking.get(() => view.get(STORE, full), () => gas.consume(GAS_HAS, "Has"));
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const full = concatBytes(this.#prefix, key);
    this.context.view.set(STORE, full, value);
    this.#ahead.wrote(full, value);
  }

  delete(key: Uint8Array): void {
    const full = concatBytes(this.#prefix, key);
    this.context.view.delete(STORE, full);
    this.#ahead.wrote(full, undefined);
  }

  /** Charged as an iterator of the cosmos-sdk charges for the entry it stands on. */
  first(start: Uint8Array | undefined, end: Uint8Array | undefined, reverse: boolean): StorageEntry | undefined {
    const { gas } = this.context;
    const from = start === undefined ? this.#prefix : concatBytes(this.#prefix, rangeBound(start));
    const to = end === undefined ? this.#end : concatBytes(this.#prefix, rangeBound(end));
    const entry = this.#ahead.first({ from, to, reverse });
    const bytes = entry === undefined ? 0 : entry[0].length + entry[1].length;
    gas.consume(GAS_ITERATE + GAS_ITERATE_PER_BYTE * bytes, "IterNextFlat");
    return entry && [entry[0].subarray(this.#prefix.length), entry[1]];
  }
}

/** Sentences of cosmos-sdk's `types/address.go`, which contracts get to see. */
class Addresses implements ContractAddresses {
  constructor(readonly codec: AddressCodec) {}

  #parse(human: string): Result<Address> {
    const address = this.codec.parse(human);
    if (address !== undefined) return ok(address);
    return refuse(addressFault(this.codec.prefix, human));
  }

  canonicalize(human: string): Result<Uint8Array> {
    const address = this.#parse(human);
    return address.ok ? ok(address.value.bytes) : address;
  }

  humanize(canonical: Uint8Array): Result<string> {
    if (canonical.length === 0) return refuse("addresses cannot be empty: unknown address");
    if (canonical.length > ADDRESS_BYTES_MAX) {
      return refuse(`address max length is ${ADDRESS_BYTES_MAX}, got ${canonical.length}: unknown address`);
    }
    return ok(this.codec.of(canonical).text);
  }

  validate(human: string): Result<string> {
    const address = this.#parse(human);
    if (!address.ok) return address;
    return address.value.text === human ? ok(human) : refuse("address not normalized");
  }
}

const refuse = (sentence: string) => err(sdkError("invalidAddress", sentence));

/** What a call of `contract` sees. `depth`: queries that are being answered. */
export function hostOf(
  keeper: WasmKeeper,
  context: Context,
  contract: Address,
  depth: number,
  lacking: Lacking,
): ContractHost {
  const before = context.gas.used;
  return {
    storage: new Storage(context, contract.bytes, lacking),
    addresses: new Addresses(keeper.parts.codec),
    query: (request, { fuel, stack }) => keeper.querier(context, contract, request, { fuel, stack, depth }),
    externalFuel: () => fuelOf(context.gas.used - before),
    debug: (text) => keeper.parts.debug?.(contract.text, text),
  };
}

/**
 * What a mock chain remembers: balances, codes, contracts and their storage. Every change is undone by going back to a
 * checkpoint, as a failed call must leave nothing.
 * @module
 */
import type { StorageEntry } from "../../host.ts";

/** A contract on the mock chain. */
export interface MockContract {
  readonly address: string;
  readonly codeId: number;
  readonly creator: string;
  readonly admin: string | undefined;
  readonly label: string;
}

interface OrderedStore {
  /** Hexadecimal keys, sorted: their order is that of the bytes. */
  readonly keys: string[];
  readonly values: Map<string, Uint8Array>;
}

/** The first place in `keys` that is not before `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class MockState {
  readonly #undo: (() => void)[] = [];
  readonly #balances = new Map<string, bigint>();
  readonly #contracts = new Map<string, MockContract>();
  /** Where tokens of other chains come from. */
  readonly #tokenPaths = new Map<string, string>();
  readonly #stores = new Map<string, OrderedStore>();

  /** A place to come back to. */
  checkpoint(): number {
    return this.#undo.length;
  }

  /** Undoes everything since `checkpoint`. */
  revert(checkpoint: number): void {
    while (this.#undo.length > checkpoint) this.#undo.pop()!();
  }

  /** Changes what a map remembers, until {@linkcode revert}. */
  put<V>(map: Map<string, V>, key: string, value: V): void {
    const before = map.get(key);
    this.#undo.push(() => before === undefined ? map.delete(key) : map.set(key, before));
    map.set(key, value);
  }

  balance(address: string, denom: string): bigint {
    return this.#balances.get(`${address} ${denom}`) ?? 0n;
  }

  setBalance(address: string, denom: string, amount: bigint): void {
    this.put(this.#balances, `${address} ${denom}`, amount);
  }

  /** What an account has, by denomination. */
  balances(address: string): [denom: string, amount: bigint][] {
    return [...this.#balances].filter(([key, amount]) => key.startsWith(`${address} `) && amount > 0n)
      .map(([key, amount]): [string, bigint] => [key.slice(address.length + 1), amount])
      .sort(([a], [b]) => a < b ? -1 : 1);
  }

  /** What all accounts have of a denomination. */
  supply(denom: string): bigint {
    return [...this.#balances].reduce((sum, [key, amount]) => key.endsWith(` ${denom}`) ? sum + amount : sum, 0n);
  }

  /** `transfer/channel-0/uatom` of `ibc/27…`, and the name itself of what is at home. */
  tokenPath(denom: string): string {
    return this.#tokenPaths.get(denom) ?? denom;
  }

  setTokenPath(denom: string, path: string): void {
    this.put(this.#tokenPaths, denom, path);
  }

  contract(address: string): MockContract | undefined {
    return this.#contracts.get(address);
  }

  setContract(contract: MockContract): void {
    this.put(this.#contracts, contract.address, contract);
  }

  #store(address: string): OrderedStore {
    let store = this.#stores.get(address);
    if (store === undefined) this.#stores.set(address, store = { keys: [], values: new Map() });
    return store;
  }

  read(address: string, key: Uint8Array): Uint8Array | undefined {
    return this.#store(address).values.get(key.toHex());
  }

  write(address: string, key: Uint8Array, value: Uint8Array | undefined): void {
    const [store, name] = [this.#store(address), key.toHex()];
    const before = store.values.get(name);
    this.#undo.push(() => this.#replace(store, name, before));
    this.#replace(store, name, value);
  }

  #replace(store: OrderedStore, name: string, value: Uint8Array | undefined): void {
    const at = lowerBound(store.keys, name);
    const there = store.keys[at] === name;
    if (value === undefined) {
      if (there) store.keys.splice(at, 1);
      store.values.delete(name);
      return;
    }
    if (!there) store.keys.splice(at, 0, name);
    store.values.set(name, value);
  }

  /** The first (or last) entry between two keys. */
  first(
    address: string,
    start: Uint8Array | undefined,
    end: Uint8Array | undefined,
    last: boolean,
  ): StorageEntry | undefined {
    const { keys, values } = this.#store(address);
    const from = start === undefined ? 0 : lowerBound(keys, start.toHex());
    const to = end === undefined ? keys.length : lowerBound(keys, end.toHex());
    if (from >= to) return undefined;
    const key = keys[last ? to - 1 : from]!;
    return [Uint8Array.fromHex(key), values.get(key)!];
  }

  /** Everything a contract has stored, in order. */
  entries(address: string): StorageEntry[] {
    const { keys, values } = this.#store(address);
    return keys.map((key) => [Uint8Array.fromHex(key), values.get(key)!]);
  }
}

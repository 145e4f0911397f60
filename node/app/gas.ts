/**
 * Gas of a transaction: what things cost (the numbers of cosmos-sdk v0.50), the meter that counts it and the view of the
 * state that charges for every access.
 * @module
 */
import type { Entries } from "../core/work.ts";
import type { PageRequest, StateView } from "../state/view.ts";
import type { GasMeter } from "./module.ts";

/** `store/types.KVGasConfig`. */
export const GAS_READ_FLAT = 1000;
export const GAS_READ_PER_BYTE = 3;
export const GAS_WRITE_FLAT = 2000;
export const GAS_WRITE_PER_BYTE = 30;
export const GAS_DELETE = 1000;
export const GAS_ITERATE_FLAT = 30;

/** `x/auth` parameters. */
export const GAS_TX_PER_BYTE = 10;
export const GAS_VERIFY_ED25519 = 590;
export const GAS_VERIFY_SECP256K1 = 1000;

/** Thrown by a meter; caught only where a transaction's phases end. */
export class OutOfGas {
  constructor(
    readonly what: string,
    /** Whose limit was passed. */
    readonly meter: GasMeter,
  ) {}
}

/**
 * What contracts compute, by the names that it is charged under. It takes as long as its gas says, 0.14 ms for a thousand; all else
 * takes a small part of that.
 */
const COMPUTING: ReadonlySet<string> = new Set(["wasm contract", "contract query", "Wasm engine function execution"]);

/** A meter with a limit; `limit` in gas, clipped to what a number counts exactly. */
export class LimitedGasMeter implements GasMeter {
  #used = 0;
  #computed = 0;
  readonly limit: number;

  constructor(limit: bigint) {
    this.limit = limit > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(limit);
  }

  get used(): number {
    return this.#used;
  }

  get left(): number {
    return Math.max(0, this.limit - this.#used);
  }

  /** Of what was used: what contracts computed. */
  get computed(): number {
    return this.#computed;
  }

  consume(amount: number, what: string): void {
    this.#used += amount;
    if (COMPUTING.has(what)) this.#computed += amount;
    if (this.#used > this.limit) throw new OutOfGas(what, this);
  }

  exhaust(what: string): never {
    this.consume(this.left, what);
    throw new OutOfGas(what, this);
  }

  /** Goes back to what was used before something that will run again. */
  rewind(used: number, computed: number): void {
    this.#used = used;
    this.#computed = computed;
  }
}

/** A limit of its own for a part of what `whole` counts. */
export class BoundedGasMeter implements GasMeter {
  #used = 0;

  constructor(
    readonly whole: GasMeter,
    readonly limit: number,
  ) {}

  get used(): number {
    return this.#used;
  }

  get left(): number {
    return Math.max(0, Math.min(this.limit - this.#used, this.whole.left));
  }

  consume(amount: number, what: string): void {
    const counted = this.countedOf(amount);
    this.#used += amount;
    this.whole.consume(counted, what);
    if (this.#used > this.limit) throw new OutOfGas(what, this);
  }

  /** What of the next `amount` counts for the whole. */
  protected countedOf(amount: number): number {
    return amount;
  }

  exhaust(what: string): never {
    this.consume(this.left, what);
    if (this.#used < this.limit) this.whole.exhaust(what);
    throw new OutOfGas(what, this);
  }
}

/** As {@linkcode BoundedGasMeter}, but what passes the limit does not count for the whole: the limit does. */
export class CappedGasMeter extends BoundedGasMeter {
  protected override countedOf(amount: number): number {
    return Math.min(amount, Math.max(0, this.limit - this.used));
  }
}

/** For work that no transaction pays: begin and end of blocks, genesis. */
export class FreeGasMeter implements GasMeter {
  readonly used = 0;
  readonly limit = Number.MAX_SAFE_INTEGER;
  readonly left = Number.MAX_SAFE_INTEGER;
  consume(): void {}
  exhaust(what: string): never {
    throw new OutOfGas(what, this);
  }
}

/** Charges `gas` for accesses of `inner`. A read costs the same whether the value was resident or not. */
export class MeteredView implements StateView {
  readonly #inner: StateView;
  readonly #gas: GasMeter;

  constructor(inner: StateView, gas: GasMeter) {
    this.#inner = inner;
    this.#gas = gas;
  }

  get(store: string, key: Uint8Array): Uint8Array | undefined {
    const value = this.#inner.get(store, key);
    const bytes = key.length + (value === undefined ? 0 : value.length);
    this.#gas.consume(GAS_READ_FLAT + GAS_READ_PER_BYTE * bytes, "ReadPerByte");
    return value;
  }

  page(store: string, page: PageRequest): Entries {
    this.#gas.consume(GAS_ITERATE_FLAT, "IterNextFlat");
    const entries = this.#inner.page(store, page);
    for (const [key, value] of entries) {
      this.#gas.consume(GAS_ITERATE_FLAT + GAS_READ_PER_BYTE * (key.length + value.length), "IterNextFlat");
    }
    return entries;
  }

  set(store: string, key: Uint8Array, value: Uint8Array): void {
    this.#gas.consume(GAS_WRITE_FLAT + GAS_WRITE_PER_BYTE * (key.length + value.length), "WritePerByte");
    this.#inner.set(store, key, value);
  }

  delete(store: string, key: Uint8Array): void {
    this.#gas.consume(GAS_DELETE, "Delete");
    this.#inner.delete(store, key);
  }
}

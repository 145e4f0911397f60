/**
 * What contracts cost, in the chain's gas: the numbers of wasmd v0.61 `x/wasm/types/gas_register.go`. What they compute and
 * what the engine's own functions do is counted in fuel (`FUEL_PER_GAS`).
 * @module
 */
import { FUEL_PER_GAS } from "../../../contracts/engine.ts";
import type { GasMeter } from "../../app/ports.ts";
import { utf8ToBytes } from "../../core/bytes.ts";

/** For each call of a contract (`DefaultInstanceCost`). */
export const GAS_INSTANCE = 60_000;
/** The same where the code is in memory: pinned, called before in this transaction, or replied to. */
export const GAS_INSTANCE_DISCOUNT = 2_000;
/** For each byte of a code that is uploaded (`DefaultCompileCost`). */
export const GAS_COMPILE_PER_BYTE = 3;
/** For each byte of a compressed code: 0.15 (`DefaultPerByteUncompressCost`). */
const UNCOMPRESS_NUMERATOR = 15;
const UNCOMPRESS_DENOMINATOR = 100;
/** For each byte that a contract returns (`DefaultDeserializationCostPerByte`). */
export const GAS_RESULT_PER_BYTE = 1;
const GAS_PER_EVENT = 20;
const GAS_PER_ATTRIBUTE = 10;
const GAS_PER_ATTRIBUTE_BYTE = 1;
/** Bytes of attributes that cost nothing. */
const ATTRIBUTE_BYTES_FREE = 100;
/** For reading a message of any type: 700 000 fuel. */
export const GAS_ANY_MESSAGE = 5;
/** For asking whether a key is there (`KVGasConfig.HasCost`). */
export const GAS_HAS = 1000;
/** Of iterators (`KVGasConfig`). */
export const GAS_ITERATE = 30;
export const GAS_ITERATE_PER_BYTE = 3;

/** More fuel than this no engine can count. */
const FUEL_MAX = 0x7fff_ffff_ffff_ffffn;

/** For a code that came compressed, by its bytes. */
export const uncompressGas = (bytes: number): number =>
  Math.floor((bytes * UNCOMPRESS_NUMERATOR) / UNCOMPRESS_DENOMINATOR);

export const instanceGas = (discount: boolean): number => discount ? GAS_INSTANCE_DISCOUNT : GAS_INSTANCE;

/** An attribute of an event, as contracts make and see them. */
export interface Attribute {
  readonly key: string;
  readonly value: string;
}
/** An event, as contracts make and see them. */
export interface ContractEvent {
  readonly type: string;
  readonly attributes: readonly Attribute[];
}

/** Bytes of a text; of most texts that is the number of their characters, which is found out much quicker. */
export function bytesOf(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return utf8ToBytes(text).length;
  return text.length;
}

/** For emitting attributes and events of a contract. The free bytes are one for all (`EventCosts`). */
export function eventsGas(attributes: readonly Attribute[], events: readonly ContractEvent[]): number {
  let free = ATTRIBUTE_BYTES_FREE;
  const gasOf = (list: readonly Attribute[]): number => {
    let bytes = 0;
    for (const { key, value } of list) bytes += bytesOf(key) + bytesOf(value);
    const charged = Math.max(0, bytes - free);
    free = Math.max(0, free - bytes);
    return charged * GAS_PER_ATTRIBUTE_BYTE + list.length * GAS_PER_ATTRIBUTE;
  };
  let gas = gasOf(attributes);
  for (const event of events) {
    gas += GAS_PER_EVENT + bytesOf(event.type) * GAS_PER_ATTRIBUTE_BYTE + gasOf(event.attributes);
  }
  return gas;
}

/** For a reply, by the events that it tells of (`ReplyCosts`). */
export function replyGas(events: readonly ContractEvent[]): number {
  let gas = instanceGas(true);
  for (const { type } of events) gas += bytesOf(type) * GAS_PER_ATTRIBUTE_BYTE;
  return gas + eventsGas(events.flatMap(({ attributes }) => attributes), []);
}

/** The fuel that is as much as `gas`. */
export function fuelOf(gas: number): bigint {
  const fuel = BigInt(gas) * FUEL_PER_GAS;
  return fuel > FUEL_MAX ? FUEL_MAX : fuel;
}

/** Whole units of gas in `fuel`. */
export const gasOfFuel = (fuel: bigint): number => Number(fuel / FUEL_PER_GAS);

/** Charges what a contract computed. Having used the last unit is having run out, as in wasmd (`consumeRuntimeGas`). */
export function chargeRun(meter: GasMeter, gas: number): void {
  meter.consume(gas, "wasm contract");
  if (meter.left === 0) meter.exhaust("Wasm engine function execution");
}

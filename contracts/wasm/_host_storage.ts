/**
 * Host functions over the contract's own storage: `db_read db_write db_remove db_scan db_next db_next_key db_next_value`. Results
 * are pointers to new regions, 0 for nothing.
 * @module
 */
import type { StorageEntry } from "../host.ts";
import { backendFault, communicationFault, type ContractFault, hostFault } from "./_faults.ts";
import { keyAfter } from "./_iterators.ts";
import { encodePair } from "./_sections.ts";
import { HOST_COSTS } from "./gas.ts";
import type { ContractInstance } from "./instance.ts";

/** Longest key that is read from the contract (`MAX_LENGTH_DB_KEY`). */
export const DB_KEY_BYTES_MAX = 64 * 1024;
/** Longest value that is written (`MAX_LENGTH_DB_VALUE`). */
export const DB_VALUE_BYTES_MAX = 128 * 1024;

/** `db_scan`'s order. */
const ASCENDING = 1;
const DESCENDING = 2;

const NOTHING = new Uint8Array();

/** What the SDK's store panics over, and how that comes out of libwasmvm. */
const storePanics = () => backendFault("Panic in FFI call");

/** Denied even before anything is read: a query writes nothing. */
function mayWrite(instance: ContractInstance): void {
  if (instance.call.readOnly) throw hostFault("Must not call a writing storage function in this context.");
}

/** Says it in the words of a contract's author when something is too long to be stored. */
function tooBig(kind: string, length: number, limit: number): ContractFault {
  return hostFault(`Generic error: ${kind} too big. Tried to write ${length} bytes to storage, limit is ${limit}.`);
}

/** `db_read(key) -> value` */
export function dbRead(instance: ContractInstance, keyPointer: number, keyBytesMax: number): number {
  instance.charge(HOST_COSTS.call);
  const key = instance.readRegion(keyPointer, DB_KEY_BYTES_MAX);
  // Nothing is stored under a key that may not be written.
  if (key.length > keyBytesMax) return 0;
  const value = instance.call.host.storage.get(key);
  instance.settle();
  return value === undefined ? 0 : instance.give(value);
}

/** `db_write(key, value)` */
export function dbWrite(
  instance: ContractInstance,
  keyPointer: number,
  valuePointer: number,
  keyBytesMax: number,
): void {
  instance.charge(HOST_COSTS.call);
  mayWrite(instance);
  const key = readToWrite(instance, keyPointer, "Key", DB_KEY_BYTES_MAX);
  const value = readToWrite(instance, valuePointer, "Value", DB_VALUE_BYTES_MAX);
  if (key.length === 0) throw storePanics();
  if (key.length > keyBytesMax) throw tooBig("Key", key.length, keyBytesMax);
  instance.call.host.storage.set(key, value);
  instance.settle();
}

function readToWrite(instance: ContractInstance, pointer: number, kind: string, lengthMax: number): Uint8Array {
  // The length is judged here, in other words, but after the price and before the bytes as everywhere.
  const region = instance.locateRegion(pointer);
  if (region > lengthMax) throw tooBig(kind, region, lengthMax);
  return instance.memory.read(lengthMax);
}

/** `db_remove(key)` */
export function dbRemove(instance: ContractInstance, keyPointer: number, keyBytesMax: number): void {
  instance.charge(HOST_COSTS.call);
  mayWrite(instance);
  const key = instance.readRegion(keyPointer, DB_KEY_BYTES_MAX);
  if (key.length === 0 || key.length > keyBytesMax) return;
  instance.call.host.storage.delete(key);
  instance.settle();
}

/** `db_scan(start, end, order) -> iterator`; a bound at 0 is open. */
export function dbScan(
  instance: ContractInstance,
  startPointer: number,
  endPointer: number,
  order: number,
  keyBytesMax: number,
): number {
  instance.charge(HOST_COSTS.call);
  const start = instance.readOptionalRegion(startPointer, DB_KEY_BYTES_MAX);
  const end = instance.readOptionalRegion(endPointer, DB_KEY_BYTES_MAX);
  if (order !== ASCENDING && order !== DESCENDING) {
    throw communicationFault(`Got an invalid value for iteration order: ${order}`);
  }
  return instance.call.iterators.open(bound(start, keyBytesMax), bound(end, keyBytesMax), order === DESCENDING);
}

/**
 * A bound that the store can be asked for. No key that is stored is longer than `keyBytesMax`, so the ones below a longer
 * bound are those up to its first `keyBytesMax` bytes.
 */
function bound(key: Uint8Array | undefined, keyBytesMax: number): Uint8Array | undefined {
  return key === undefined || key.length <= keyBytesMax ? key : keyAfter(key.subarray(0, keyBytesMax));
}

function next(instance: ContractInstance, id: number): StorageEntry | undefined {
  instance.charge(HOST_COSTS.call);
  const { iterators, host } = instance.call;
  const entry = iterators.next(id >>> 0, host.storage);
  instance.settle();
  return entry;
}

/** `db_next(iterator) -> key and value`, two sections; both empty at the end. */
export function dbNext(instance: ContractInstance, id: number): number {
  const [key, value] = next(instance, id) ?? [NOTHING, NOTHING];
  return instance.give(encodePair(key, value));
}

/** `db_next_key(iterator) -> key` */
export function dbNextKey(instance: ContractInstance, id: number): number {
  const entry = next(instance, id);
  return entry === undefined ? 0 : instance.give(entry[0]);
}

/** `db_next_value(iterator) -> value` */
export function dbNextValue(instance: ContractInstance, id: number): number {
  const entry = next(instance, id);
  return entry === undefined ? 0 : instance.give(entry[1]);
}

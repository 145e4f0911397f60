/**
 * Host functions over addresses: `addr_validate addr_canonicalize addr_humanize`. They answer 0, or a pointer to a sentence that
 * says what is wrong.
 * @module
 */
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { HOST_COSTS, linearCost } from "./gas.ts";
import type { ContractInstance } from "./instance.ts";

/** Longest text that is read as an address (`MAX_LENGTH_HUMAN_ADDRESS`). */
export const HUMAN_ADDRESS_BYTES_MAX = 256;
/** Longest address in bytes that is read (`MAX_LENGTH_CANONICAL_ADDRESS`). */
export const CANONICAL_ADDRESS_BYTES_MAX = 64;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text in a region, or the pointer to why there is none. */
function readText(instance: ContractInstance, pointer: number): string | number {
  const bytes = instance.readRegion(pointer, HUMAN_ADDRESS_BYTES_MAX);
  if (bytes.length === 0) return say(instance, "Input is empty");
  instance.charge(linearCost(HOST_COSTS.addressText, bytes.length));
  try {
    return strict.decode(bytes);
  } catch {
    return say(instance, "Input is not valid UTF-8");
  }
}

const say = (instance: ContractInstance, sentence: string) => instance.give(utf8ToBytes(sentence));

/** `addr_validate(text)`. Valid only in its normal form. */
export function addrValidate(instance: ContractInstance, sourcePointer: number): number {
  instance.charge(HOST_COSTS.call);
  const text = readText(instance, sourcePointer);
  if (typeof text === "number") return text;
  instance.charge(HOST_COSTS.addrValidate);
  const checked = instance.call.host.addresses.validate(text);
  if (!checked.ok) return say(instance, checked.error.message);
  return checked.value === text ? 0 : say(instance, "address not normalized");
}

/** `addr_canonicalize(text, destination)` */
export function addrCanonicalize(
  instance: ContractInstance,
  sourcePointer: number,
  destinationPointer: number,
): number {
  instance.charge(HOST_COSTS.call);
  const text = readText(instance, sourcePointer);
  if (typeof text === "number") return text;
  instance.charge(HOST_COSTS.addrCanonicalize);
  const canonical = instance.call.host.addresses.canonicalize(text);
  if (!canonical.ok) return say(instance, canonical.error.message);
  instance.writeRegion(destinationPointer, canonical.value);
  return 0;
}

/** `addr_humanize(bytes, destination)` */
export function addrHumanize(instance: ContractInstance, sourcePointer: number, destinationPointer: number): number {
  instance.charge(HOST_COSTS.call);
  const canonical = instance.readRegion(sourcePointer, CANONICAL_ADDRESS_BYTES_MAX);
  instance.charge(HOST_COSTS.addrHumanize);
  const human = instance.call.host.addresses.humanize(canonical);
  if (!human.ok) return say(instance, human.error.message);
  instance.writeRegion(destinationPointer, utf8ToBytes(human.value));
  return 0;
}

/** Addresses of the chain. */
import { bytesRegion, regionBytes, regionText, textRegion } from "./bytes";
import { refuse } from "./failure";
import { addrCanonicalize, addrHumanize, addrValidate } from "./imports";
import { allocate } from "./region";

/** Room for the text or the bytes of an address. */
const ADDRESS_BYTES_MAX: usize = 90;

/** `address` itself; refuses the call when it is no address of this chain. */
export function validAddress(address: string): string {
  const error = addrValidate(textRegion(address));
  if (error != 0) refuse("Generic error: addr_validate errored: " + regionText(error));
  return address;
}

/** Whether `address` is one of this chain. */
export function isAddress(address: string): bool {
  return addrValidate(textRegion(address)) == 0;
}

/** The bytes of an address. */
export function canonicalAddress(address: string): Uint8Array {
  const result = allocate(ADDRESS_BYTES_MAX);
  const error = addrCanonicalize(textRegion(address), result);
  if (error != 0) refuse("Generic error: addr_canonicalize errored: " + regionText(error));
  return regionBytes(result);
}

/** The text of an address. */
export function humanAddress(bytes: Uint8Array): string {
  const result = allocate(ADDRESS_BYTES_MAX);
  const error = addrHumanize(bytesRegion(bytes), result);
  if (error != 0) refuse("Generic error: addr_humanize errored: " + regionText(error));
  return regionText(result);
}

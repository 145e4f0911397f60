/**
 * Regions: how bytes go between the chain and the contract. A region is three numbers in memory, where bytes begin, how
 * many fit there, and how many are used; both sides pass pointers to it.
 */

/** Bytes of the three numbers: offset, capacity, length. */
const HEADER: usize = 12;

/** Memory for `size` bytes that nobody gives back: a call has an instance of its own. */
// @ts-ignore: decorator
@inline
export function reserve(size: usize): usize {
  return heap.alloc(size);
}

/** A region over `length` bytes that are already there. */
export function regionOf(offset: usize, length: usize): usize {
  const region = reserve(HEADER);
  store<u32>(region, <u32>offset);
  store<u32>(region, <u32>length, 4);
  store<u32>(region, <u32>length, 8);
  return region;
}

/** An empty region with room for `capacity` bytes, header and bytes in one piece. */
export function allocate(capacity: usize): usize {
  const region = reserve(HEADER + capacity);
  store<u32>(region, <u32>(region + HEADER));
  store<u32>(region, <u32>capacity, 4);
  store<u32>(region, 0, 8);
  return region;
}

/** Part of the CosmWasm ABI; there is nothing to do. */
export function deallocate(_region: usize): void {}

/** The version of the ABI between contract and chain, told by the name. */
export function interface_version_8(): void {}

// @ts-ignore: decorator
@inline
export function regionStart(region: usize): usize {
  return load<u32>(region);
}

// @ts-ignore: decorator
@inline
export function regionLength(region: usize): usize {
  return load<u32>(region, 8);
}

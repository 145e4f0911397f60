/**
 * What host functions cost, in fuel (CosmWasm gas, 1 000 000 to the microsecond). The numbers are those of cosmwasm-vm 3.0
 * (`GasConfig::default`), except where noted: there our implementation is slower than the one they were measured on, and a
 * price below the work is an invitation to stall blocks. Charged before the work.
 *
 * All costs are JS numbers: the greatest (a batch of the greatest size) is below 2^53.
 * @module
 */

/** A cost that grows with the number of items. */
export interface LinearCost {
  readonly base: number;
  readonly perItem: number;
}

const US = 1_000_000;

export const HOST_COSTS = {
  /** Every call of a host function. (Theirs: 18 000.) From V8's code to JavaScript and back, with the counter looked at. */
  call: US,
  /** Reading a region, by byte. */
  readRegion: { base: 200_000, perItem: 115 },
  /** Reading a region of more than {@linkcode LARGE_REGION_BYTES}. */
  readLargeRegion: { base: 0, perItem: 520 },
  /** Writing a region, by byte. */
  writeRegion: { base: 230_000, perItem: 570 },
  /** Checking that bytes are UTF-8, by byte. */
  text: { base: 28_700, perItem: 1_400 },
  /** The same of an address, and saying what is wrong with it: a long one with a wrong checksum takes 45 µs. (Theirs: as text.) */
  addressText: { base: 28_700, perItem: 150_000 },
  /** Reading a query of the contract, by byte: many nested lists take that long, and are no query. (Theirs: nothing.) */
  query: { base: 5 * US, perItem: 100_000 },

  // Of wasmd's API (`x/wasm/keeper/api.go`: 4 and 5 units of the chain's gas).
  addrCanonicalize: 4 * 140_000,
  addrHumanize: 5 * 140_000,
  addrValidate: 9 * 140_000,

  // From here on measured with noble on the machine of tests/bench. Theirs: 96, 194, 279, 592 µs.
  secp256k1Verify: 450 * US,
  secp256k1Recover: 450 * US,
  secp256r1Verify: 600 * US,
  secp256r1Recover: 600 * US,
  // By byte of the message, which is hashed in JavaScript when the native verifier says no. (Theirs: 35 µs, and for n in a
  // batch 24 + 21 n, with one key 36 + 10 n.) A valid one takes 33 µs here too, but no price may depend on what a native
  // library thinks.
  ed25519Verify: { base: 350 * US, perItem: 20_000 },
  // Theirs, on four cores: 136/2 + 24/2 n and 207/2 + 49/2 n.
  blsAggregateG1: { base: 136 * US, perItem: 350 * US },
  blsAggregateG2: { base: 207 * US, perItem: 750 * US },
  // By byte. Theirs: 563 and 871, and nothing for bytes.
  blsHashToG1: { base: 900 * US, perItem: 5_000 },
  blsHashToG2: { base: 2_900 * US, perItem: 5_000 },
  /** By pairing, the one on the right side included. Theirs: 2112 + 163 n. */
  blsPairing: { base: 3_000 * US, perItem: 3_000 * US },
} as const;

/** From this length on a region is a large one. */
export const LARGE_REGION_BYTES = 8_000_000;

/** `base + perItem × items`. */
export function linearCost(cost: LinearCost, items: number): number {
  return cost.base + cost.perItem * items;
}

/** What reading a region of that length costs. */
export function readRegionCost(bytes: number): number {
  return linearCost(bytes <= LARGE_REGION_BYTES ? HOST_COSTS.readRegion : HOST_COSTS.readLargeRegion, bytes);
}

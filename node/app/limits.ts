/** Bounds on what one transaction and one query may ask, before anything is allocated for them. @module */

export interface Limits {
  /** Longest transaction, in bytes. */
  readonly txBytesMax: number;
  /** Most messages in a transaction. */
  readonly messagesMax: number;
  /** Most signers that are looked at; the chain's own parameter may be lower. */
  readonly signersMax: number;
  /** Longest data of a query, in bytes. */
  readonly queryBytesMax: number;
  /** Gas that a simulation may use when blocks have no limit. */
  readonly simulateGasMax: bigint;
  /** Decoded transactions that are remembered between check and delivery: how many, and how many bytes of them. */
  readonly decodedMax: number;
  readonly decodedBytesMax: number;
}

export const DEFAULT_LIMITS: Limits = {
  txBytesMax: 1_048_576,
  messagesMax: 1000,
  signersMax: 64,
  queryBytesMax: 1_048_576,
  simulateGasMax: 30_000_000n,
  decodedMax: 20_000,
  decodedBytesMax: 32 * 1024 * 1024,
};

/**
 * Gas that contracts compute in one block, all together, before the next transaction that may run contracts is refused: seven
 * seconds on the machine that the costs were measured on, and the last transaction may take as many again. Six thousand token
 * transfers, which take a tenth of that time, for they pay for memory that they hardly touch. A rule of the chain, and
 * not a choice of the node. `block.max_gas` cannot be this bound: it counts reading and writing as well, which take a hundredth
 * of the time that their gas would be worth. What a transaction wants says nothing of it either, for most want more than they use.
 */
export const COMPUTED_GAS_BLOCK_MAX = 50_000_000n;

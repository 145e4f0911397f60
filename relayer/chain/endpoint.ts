/**
 * What the relayer asks of a chain, whatever chain it is: contracts only. Nothing here may assume our own node: a chain of
 * the Cosmos SDK behind its CometBFT RPC answers all of it.
 * @module
 */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import type { LightBlock } from "../../node/core/light/mod.ts";

/** The newest sealed block. */
export interface ChainHead {
  readonly height: bigint;
  /** Nanoseconds since the Unix epoch. */
  readonly timeNanos: bigint;
}

/** What one block did. Failed transactions have no entry: their events did not happen. */
export interface BlockEvents {
  readonly height: bigint;
  /** Events of transactions in order, each with the hash of its transaction in upper-case hexadecimal. */
  readonly txs: readonly { readonly hash: string; readonly events: readonly Event[] }[];
  /** Events of the block itself. */
  readonly block: readonly Event[];
}

/** A raw value with the proof that a header leads to it. Not believed by anybody before a client has verified it. */
export interface Proven {
  /** Undefined: the proof shows that nothing is there. */
  readonly value: Uint8Array | undefined;
  /** An encoded `ibc.core.commitment.v1.MerkleProof`. */
  readonly proof: Uint8Array;
  /** Of the header whose app hash the proof leads to: one above the height of the state. */
  readonly height: IbcHeight;
}

export interface CommittedTx {
  readonly hash: string;
  readonly height: bigint;
  /** 0: it succeeded. */
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly gasUsed: bigint;
  readonly events: readonly Event[];
}

/** What a chain says of a transaction before a block has it. */
export interface TxVerdict {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
}

/**
 * One chain. Methods throw an {@linkcode IoError}: `chain_unreachable` (try again later), `chain_refused` (the query itself
 * was refused; the message has the chain's words), `chain_bad_answer` (not what the protocol allows), `chain_pruned` (that
 * height is no longer served).
 */
export interface Endpoint {
  readonly chainId: string;
  latest(): Promise<ChainHead>;
  /** Header, commit, validators of `height` and of the next one. Nothing is verified here. */
  lightBlock(height: bigint): Promise<LightBlock>;
  blockEvents(height: bigint): Promise<BlockEvents>;
  /** `key` of `store` in the state after block `height`, which must have a successor already. */
  prove(store: string, key: Uint8Array, height: bigint): Promise<Proven>;
  /** A gRPC query by its path (`/ibc.core.channel.v1.Query/Channel`), in the state after `height`, or the latest. */
  query(path: string, request: Uint8Array, height?: bigint): Promise<Uint8Array>;
  /** What `tx` would use; a refusal of its messages is a verdict. Signatures may be missing. */
  simulate(tx: Uint8Array): Promise<{ readonly gasUsed: bigint } | TxVerdict>;
  /** Offers `tx` to the mempool and answers what the check said; code 0 admitted it. */
  broadcast(tx: Uint8Array): Promise<TxVerdict>;
  /** The transaction with that hash (upper-case hexadecimal) once a block has it. */
  transaction(hash: string): Promise<CommittedTx | undefined>;
  /** Transactions whose events match a CometBFT query, oldest first, at most `limit`; for packets older than the cursor. */
  searchTransactions(query: string, limit: number): Promise<readonly CommittedTx[]>;
  /** Calls `wake` when there may be a new block. A hint only: it may be late, early or never. Returns how to end it. */
  onBlock(wake: () => void): () => void;
  close(): Promise<void>;
}

import type { ExecTxResult } from "cosmjs-types/tendermint/abci/types";
import type { ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import type { TxProof } from "cosmjs-types/tendermint/types/types";
import { sha256 } from "../core/crypto/mod.ts";
import { merkleProof } from "../core/merkle/mod.ts";
import type { IndexedTx, RpcBackend, StoredBlock } from "./ports.ts";

/** A transaction with the block it is in. */
export interface CommittedTx {
  readonly at: IndexedTx;
  readonly tx: Uint8Array;
  readonly result: ExecTxResult;
  readonly stored: StoredBlock;
}

interface Loaded {
  readonly height: bigint;
  readonly stored: StoredBlock | undefined;
  readonly results: ResponseFinalizeBlock | undefined;
  /** Hashes of all transactions, once a proof has asked for them. */
  hashes?: readonly Uint8Array[];
}

/**
 * Reads transactions for one call. Search results come ordered by height, so the block before is kept and no other: memory
 * is one block's, however long the page.
 */
export class CommittedTxs {
  #last: Loaded | undefined;

  constructor(readonly backend: RpcBackend) {}

  /** Undefined when the block is not there any more. */
  async load(at: IndexedTx): Promise<CommittedTx | undefined> {
    const { stored, results } = await this.#block(at.height);
    const tx = stored?.block.data.txs[at.index];
    const result = results?.txResults[at.index];
    if (stored === undefined || tx === undefined || result === undefined) return undefined;
    return { at, tx, result, stored };
  }

  /**
   * That the transaction is in its block: a proof over the transaction hashes, whose root is the header's data hash. Lets
   * other work run first, since it hashes the whole block.
   */
  async prove({ at, tx, stored }: CommittedTx): Promise<TxProof> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    const loaded = await this.#block(at.height);
    loaded.hashes ??= stored.block.data.txs.map((other) => sha256(other));
    return { rootHash: stored.block.header.dataHash, data: tx, proof: merkleProof(loaded.hashes, at.index) };
  }

  async #block(height: bigint): Promise<Loaded> {
    if (this.#last?.height === height) return this.#last;
    const [stored, results] = await Promise.all([
      this.backend.loadBlock(height),
      this.backend.loadBlockResults(height),
    ]);
    this.#last = { height, stored, results };
    return this.#last;
  }
}

import type { ExecTxResult } from "cosmjs-types/tendermint/abci/types";
import type { CommittedBlock, RpcBackend } from "./ports.ts";

/** Calls of `broadcast_tx_commit` that may wait at once. */
const WAITERS_MAX = 10_000;

/** Where a transaction ended up. */
export interface Inclusion {
  readonly height: bigint;
  readonly result: ExecTxResult;
}

/** One wait; `cancel` when nobody needs it any more. */
export interface CommitWait {
  /** Undefined when the time passed or the server stops. */
  readonly included: Promise<Inclusion | undefined>;
  cancel(): void;
}

interface Waiter {
  settle(inclusion: Inclusion | undefined): void;
}

/** Tells calls when their transaction is in a block: one listener at the node, while anybody waits. */
export class CommitWaiters {
  readonly #waiting = new Map<string, Set<Waiter>>();
  #count = 0;
  #stopListening: (() => void) | undefined;

  constructor(readonly backend: RpcBackend, readonly timeoutMs: number) {}

  /** Must be called before the transaction is handed on, or its block may pass unseen. Undefined: too many wait. */
  wait(hash: Uint8Array): CommitWait | undefined {
    if (this.#count >= WAITERS_MAX) return undefined;
    const key = hash.toHex();
    const { promise, resolve } = Promise.withResolvers<Inclusion | undefined>();
    const waiter: Waiter = {
      settle: (inclusion) => {
        clearTimeout(timer);
        this.#remove(key, waiter);
        resolve(inclusion);
      },
    };
    const timer = setTimeout(() => waiter.settle(undefined), this.timeoutMs);
    const others = this.#waiting.get(key);
    if (others === undefined) this.#waiting.set(key, new Set([waiter]));
    else others.add(waiter);
    this.#count++;
    this.#stopListening ??= this.backend.onCommit((committed) => this.#onCommit(committed));
    return { included: promise, cancel: () => waiter.settle(undefined) };
  }

  close(): void {
    for (const waiters of [...this.#waiting.values()]) for (const waiter of [...waiters]) waiter.settle(undefined);
  }

  #onCommit({ height, txHashes, results }: CommittedBlock): void {
    for (let i = 0; i < txHashes.length; i++) {
      const waiters = this.#waiting.get(txHashes[i]!.toHex());
      const result = results.txResults[i];
      if (waiters === undefined || result === undefined) continue;
      for (const waiter of [...waiters]) waiter.settle({ height, result });
    }
  }

  #remove(key: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(key);
    if (!waiters?.delete(waiter)) return;
    if (waiters.size === 0) this.#waiting.delete(key);
    if (--this.#count > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}

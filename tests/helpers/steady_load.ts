/** Transfers that go on whatever happens to the nodes, and a memory of those that a node said are in a block. @module */
import { assertEquals } from "@std/assert";
import { Prng } from "../../node/core/prng.ts";
import { DEVELOPMENT_ACCOUNTS } from "../../node/development.ts";
import { type Account, makeAccount, signTransfer } from "./accounts.ts";
import { rpc, rpcBatch } from "./rpc_client.ts";

export interface SteadyLoadOptions {
  readonly chainId: string;
  readonly seed: number;
  /** RPC addresses of the nodes that may be asked now. */
  readonly urls: () => readonly string[];
  /** Pause between two bursts, in milliseconds. */
  readonly pauseMs: number;
}

const SENDERS = 12;
/** Transfers of each account in one burst. */
const BURST = 3;
/** A node that was paused keeps its connections open and says nothing. */
const ANSWER_WAIT_MS = 15_000;

/** Accounts to fund at genesis, in the order of their numbers after the development accounts. */
export const loadAccounts = (): readonly Account[] =>
  Array.from({ length: SENDERS }, (_, index) => makeAccount("ed25519", index));

export class SteadyLoad {
  readonly #options: SteadyLoadOptions;
  readonly #accounts = loadAccounts();
  readonly #random: Prng;
  readonly #committed = new Map<string, string>();
  #ending = false;
  #running: Promise<void> | undefined;

  constructor(options: SteadyLoadOptions) {
    this.#options = options;
    this.#random = new Prng(options.seed);
  }

  /** Transactions that a node said are in a block. */
  get committed(): number {
    return this.#committed.size;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when nothing is sent any more. */
  async stop(): Promise<void> {
    this.#ending = true;
    await this.#running;
  }

  /** Every transaction that ever was in a block is in the same one on the node at `url`, if that has the block at all. */
  async judge(name: string, url: string): Promise<void> {
    const earliest = BigInt((await rpc(url, "status")).sync_info.earliest_block_height);
    for (const [hash, height] of this.#committed) {
      // Who began from a snapshot has executed nothing before the block after it.
      if (earliest > 1n && BigInt(height) <= earliest) continue;
      const tx = await rpc(url, "tx", { hash: Uint8Array.fromHex(hash).toBase64() }).catch((error: Error) => {
        throw new Error(`${name} lost a transaction of height ${height}: ${error.message}`);
      });
      assertEquals(tx.height, height, `transaction ${hash} on ${name}`);
    }
  }

  async #run(): Promise<void> {
    while (!this.#ending) {
      const urls = this.#options.urls();
      const url = urls.length === 0 ? undefined : urls[this.#random.below(urls.length)];
      if (url !== undefined) await this.#burst(url).catch(onlyOfTheWorld);
      await new Promise((resolve) => setTimeout(resolve, this.#options.pauseMs));
    }
  }

  /** Some of all accounts, and one that is waited for. */
  async #burst(url: string): Promise<void> {
    const [witness, ...others] = this.#accounts;
    const sequences = await withDeadline(
      Promise.all(
        this.#accounts.map(async ({ address }) => BigInt((await rpc(url, "get_account", { address })).sequence)),
      ),
    );
    const burst = others.flatMap((account, index) =>
      Array.from(
        { length: BURST },
        (_, k) => this.#sign(account, index + 1, sequences[index + 1]! + BigInt(k), witness!),
      )
    );
    await withDeadline(rpcBatch(url, "broadcast_tx_sync", burst.map((tx) => ({ tx }))));
    const tx = this.#sign(witness!, 0, sequences[0]!, others[0]!);
    const result = await withDeadline(rpc(url, "broadcast_tx_commit", { tx }));
    if (result.tx_result.code === 0 && result.height !== "0") this.#committed.set(result.hash, result.height);
  }

  #sign(account: Account, index: number, sequence: bigint, to: Account): string {
    return signTransfer(account, {
      chainId: this.#options.chainId,
      accountNumber: BigInt(DEVELOPMENT_ACCOUNTS + index),
      sequence,
      to: to.address,
      amount: "1",
    }).toBase64();
  }
}

/** Nodes are killed and paused under us, which is the point; what is lost of the load shows in the judgement. */
function onlyOfTheWorld(error: unknown): void {
  const expected = error instanceof TypeError ||
    error instanceof Error && /broadcast_tx|JSON|get_account|no answer/.test(error.message);
  if (!expected) throw error;
}

function withDeadline<T>(answer: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("no answer")), ANSWER_WAIT_MS);
  // The answer may still fail when nobody waits for it.
  answer.catch(() => {});
  return Promise.race([answer, promise]).finally(() => clearTimeout(timer));
}

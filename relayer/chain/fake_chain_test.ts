/** A chain that knows of accounts and sequences only, and does what the test says. @module */
import { assertEquals } from "@std/assert";
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { QueryAccountRequest, QueryAccountResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { AuthInfo, TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { bech32 } from "@scure/base";
import { decodePubKey, pubKeyAddress } from "../../node/core/pub_key.ts";
import type { CommittedTx, Endpoint, TxVerdict } from "./endpoint.ts";
import { chainFault } from "./faults.ts";
import { txHash } from "./tx.ts";

const OK: TxVerdict = { code: 0, codespace: "", log: "" };

/** What a transaction says. */
export interface Seen {
  readonly hash: string;
  readonly signer: string;
  readonly sequence: bigint;
  readonly gasLimit: bigint;
  readonly fee: string;
  readonly memo: string;
  /** The values of its messages. */
  readonly messages: readonly string[];
}

const text = new TextDecoder();

export function readTx(tx: Uint8Array): Seen {
  const { bodyBytes, authInfoBytes } = TxRaw.decode(tx);
  const { signerInfos: [info], fee } = AuthInfo.decode(authInfoBytes);
  const { messages, memo } = TxBody.decode(bodyBytes);
  const signer = bech32.encode("cat", bech32.toWords(pubKeyAddress(decodePubKey(info!.publicKey!)!)));
  return {
    hash: txHash(tx),
    signer,
    sequence: info!.sequence,
    gasLimit: fee!.gasLimit,
    fee: fee!.amount.map(({ amount, denom }) => amount + denom).join(),
    memo,
    messages: messages.map(({ value }) => text.decode(value)),
  };
}

const mismatch = (expected: bigint, got: bigint): TxVerdict => ({
  code: 32,
  codespace: "sdk",
  log: `account sequence mismatch, expected ${expected}, got ${got}: incorrect account sequence`,
});

export const unreachable = () => chainFault("chain_unreachable", "ask", "no answer");

/** Answers that the test puts before the usual ones; undefined lets the usual one happen. */
export interface Script {
  simulate?: (tx: Seen) => { gasUsed: bigint } | TxVerdict | undefined;
  /** Throws instead of answering; `admit` says whether the mempool has it all the same. */
  broadcast?: (tx: Seen, admit: () => void) => TxVerdict | undefined;
  deliver?: (tx: Seen) => TxVerdict | undefined;
  query?: () => void;
}

export class FakeChain implements Endpoint {
  readonly chainId = "fake-1";
  height = 1n;
  script: Script = {};
  mempool: Seen[] = [];
  readonly included: (Seen & CommittedTx)[] = [];
  readonly offered: Seen[] = [];
  readonly accounts = new Map<string, { accountNumber: bigint; sequence: bigint }>();
  readonly #watchers = new Set<() => void>();

  constructor(...addresses: readonly string[]) {
    addresses.forEach((address, i) => this.accounts.set(address, { accountNumber: BigInt(i), sequence: 0n }));
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** What the mempool expects next of an account. */
  expected(address: string): bigint {
    const waiting = this.mempool.filter(({ signer }) => signer === address).length;
    return this.accounts.get(address)!.sequence + BigInt(waiting);
  }

  /** Somebody else signs with the same key. */
  foreign(address: string): void {
    this.accounts.get(address)!.sequence++;
    this.recheck();
  }

  /** Throws out what does not fit any more, as after each block. */
  recheck(): void {
    const all = this.mempool;
    this.mempool = [];
    for (const tx of all) if (tx.sequence === this.expected(tx.signer)) this.mempool.push(tx);
  }

  block(): void {
    this.height++;
    for (const tx of this.mempool.splice(0)) {
      const account = this.accounts.get(tx.signer)!;
      const fits = tx.sequence === account.sequence;
      const verdict = fits ? this.script.deliver?.(tx) ?? OK : mismatch(account.sequence, tx.sequence);
      if (fits) account.sequence++;
      this.included.push({ ...tx, ...verdict, height: this.height, gasUsed: tx.gasLimit, events: [] });
    }
    for (const wake of [...this.#watchers]) wake();
  }

  query(_path: string, request: Uint8Array): Promise<Uint8Array> {
    return attempt(() => {
      this.script.query?.();
      const { address } = QueryAccountRequest.decode(request);
      const account = this.accounts.get(address);
      if (account === undefined) {
        throw chainFault("chain_refused", "ask", `account ${address} not found: key not found`);
      }
      const value = BaseAccount.encode(BaseAccount.fromPartial({ address, ...account })).finish();
      const typeUrl = "/cosmos.auth.v1beta1.BaseAccount";
      return QueryAccountResponse.encode({ account: { typeUrl, value } }).finish();
    });
  }

  simulate(bytes: Uint8Array) {
    return attempt(() => {
      const tx = readTx(bytes);
      const expected = this.expected(tx.signer);
      return this.script.simulate?.(tx) ??
        (tx.sequence === expected ? { gasUsed: 100_000n } : mismatch(expected, tx.sequence));
    });
  }

  broadcast(bytes: Uint8Array): Promise<TxVerdict> {
    return attempt(() => {
      const tx = readTx(bytes);
      this.offered.push(tx);
      const scripted = this.script.broadcast?.(tx, () => void this.#admit(tx));
      return scripted ?? this.#admit(tx);
    });
  }

  #admit(tx: Seen): TxVerdict {
    const known = [...this.mempool, ...this.included].some(({ hash }) => hash === tx.hash);
    if (known) return { code: 19, codespace: "sdk", log: "tx already exists in cache" };
    const expected = this.expected(tx.signer);
    if (tx.sequence !== expected) return mismatch(expected, tx.sequence);
    this.mempool.push(tx);
    return OK;
  }

  transaction(hash: string): Promise<CommittedTx | undefined> {
    return attempt(() => this.included.find((tx) => tx.hash === hash));
  }

  onBlock(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }

  latest(): never {
    throw new Error("not asked by a submitter");
  }
  lightBlock = this.latest;
  blockEvents = this.latest;
  prove = this.latest;
  searchTransactions = this.latest;
  close = () => Promise.resolve();
}

function attempt<T>(run: () => T): Promise<T> {
  return new Promise((resolve) => resolve(run()));
}

Deno.test("a fake chain expects sequences as the mempool has them", () => {
  const chain = new FakeChain("cat1a");
  assertEquals(chain.expected("cat1a"), 0n);
  chain.foreign("cat1a");
  assertEquals(chain.expected("cat1a"), 1n);
});

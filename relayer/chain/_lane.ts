import { invariant } from "../../node/core/invariant.ts";
import type { Inclusions } from "./_inclusions.ts";
import { type ChainAccount, queryAccount } from "./account.ts";
import type { CommittedTx, Endpoint, TxVerdict } from "./endpoint.ts";
import { chainFaultCode } from "./faults.ts";
import { feeOf, type GasPrice, scaleGas } from "./gas_price.ts";
import type { Message, Submission } from "./ports.ts";
import {
  expectedSequence,
  failedMessage,
  isKnownTx,
  isNoSimulation,
  type RetryReason,
  retryReasonOf,
  SUBMIT_CODE,
  type SubmitPolicy,
  Tries,
} from "./submit_policy.ts";
import { encodeBody, signTx, txHash, unsignedTx } from "./tx.ts";
import type { Wallet } from "./wallet.ts";

/** What all wallets of a chain share. */
export interface LaneContext {
  readonly endpoint: Endpoint;
  readonly policy: SubmitPolicy;
  readonly gasPrice: GasPrice;
  readonly memo: string;
  readonly inclusions: Inclusions;
  /** Resolves after that many milliseconds, or when the submitter is closed. */
  pause(ms: number): Promise<void>;
  /** Nothing is tried again any more. */
  isClosed(): boolean;
}

type Build = (signer: string) => readonly Message[];
type Refused = Extract<Submission, { tag: "refused" }>;
type Stage = Refused["stage"];

/** Offered, and a promise of what becomes of it. */
interface Offer {
  readonly tag: "offered";
  readonly hash: string;
  readonly outcome: Promise<CommittedTx | undefined>;
}

const refused = (stage: Stage, { codespace, code, log }: TxVerdict): Refused => ({
  tag: "refused",
  stage,
  codespace,
  code,
  log,
  messageIndex: failedMessage(log),
});

const limit = (code: keyof typeof SUBMIT_CODE, log: string): Refused =>
  refused("limits", { codespace: "submit", code: SUBMIT_CODE[code], log });

/** A block may come between two of them. */
const SIMULATIONS_AGAIN_MAX = 2;

/** A pause, and then the same again. */
class TryAgain {
  constructor(readonly pauseMs: number) {}
}

/**
 * One wallet. Building, simulating and offering happen one batch after the other, because each needs the sequence after
 * the one before; waiting for blocks does not.
 */
export class Lane {
  /** Batches that are not settled. */
  load = 0;
  /** `sequence` is that of the next transaction. Undefined: ask the chain. */
  #account: ChainAccount | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** Those that wait for a block; of two with the same sequence one will be lost. */
  readonly #inFlight = new Set<{ readonly sequence: bigint }>();
  #onFree: (() => void) | undefined;

  constructor(readonly wallet: Wallet, readonly context: LaneContext) {}

  /** `gasUsed`: what the first try takes it to use, without a simulation. */
  async run(build: Build, gasUsed?: bigint): Promise<Submission> {
    const tries = new Tries(this.context.policy.backoff);
    for (let guess = gasUsed;; guess = undefined) {
      const offer = await this.#inTurn(() => this.#offer(build, tries, guess));
      if (offer.tag !== "offered") return offer;
      const found = await offer.outcome;
      if (found === undefined) return { tag: "lost", hash: offer.hash };
      const { hash, height, gasUsed, events } = found;
      if (found.code === 0) return { tag: "included", hash, height, gasUsed, events };
      // It is in a block and had no effect, so the messages may come again.
      const again = this.#again(found, tries);
      if (again === undefined) return refused("deliver", found);
      await this.context.pause(again.pauseMs);
    }
  }

  /** After all that came before, whatever became of it. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #offer(build: Build, tries: Tries, guess: bigint | undefined): Promise<Offer | Refused> {
    while (this.#inFlight.size >= this.context.policy.inFlightMax) {
      await new Promise<void>((resolve) => this.#onFree = resolve);
    }
    for (;;) {
      const step = await this.#reachable(tries, () => this.#try(build, tries, guess));
      if (!(step instanceof TryAgain)) return step;
      await this.context.pause(step.pauseMs);
    }
  }

  /** Nothing was offered yet when `run` throws, so it may be tried again. */
  async #reachable<T>(tries: Tries, run: () => Promise<T>): Promise<T | TryAgain> {
    try {
      return await run();
    } catch (error) {
      if (chainFaultCode(error) !== "chain_unreachable") throw error;
      const pauseMs = this.context.isClosed() ? undefined : tries.next("unreachable");
      if (pauseMs === undefined) throw error;
      return new TryAgain(pauseMs);
    }
  }

  async #try(build: Build, tries: Tries, guess: bigint | undefined): Promise<Offer | Refused | TryAgain> {
    const { endpoint, policy, gasPrice, memo } = this.context;
    const { wallet } = this;
    this.#account ??= await queryAccount(endpoint, wallet.address);
    if (this.#account === undefined) return limit("account", `account ${wallet.address} does not exist`);
    const messages = build(wallet.address);
    if (messages.length === 0) return limit("empty", "there is no message");
    if (messages.length > policy.messagesMax) {
      return limit("messages", `${messages.length} messages, limit ${policy.messagesMax}`);
    }
    const body = encodeBody(messages, memo);
    if (body.length > policy.bytesMax) return limit("bytes", `${body.length} bytes, limit ${policy.bytesMax}`);
    const gasLimit = await this.#gas(body, tries, guess);
    if (typeof gasLimit !== "bigint") return gasLimit;
    const { accountNumber, sequence } = this.#account;
    const fee = { gasLimit, amount: feeOf(gasPrice, gasLimit), denom: gasPrice.denom };
    const tx = signTx(body, { chainId: endpoint.chainId, wallet, accountNumber, sequence }, fee);
    if (tx.length > policy.bytesMax) return limit("bytes", `${tx.length} bytes, limit ${policy.bytesMax}`);
    const verdict = await this.#broadcast(tx);
    if (verdict !== undefined && verdict.code !== 0 && !isKnownTx(verdict)) {
      return this.#again(verdict, tries) ?? refused("check", verdict);
    }
    return this.#offered(tx, sequence, verdict === undefined);
  }

  #offered(tx: Uint8Array, sequence: bigint, unsure: boolean): Offer {
    invariant(this.#account !== undefined, "offered without an account");
    this.#account = { ...this.#account, sequence: sequence + 1n };
    const waiting = { sequence };
    this.#inFlight.add(waiting);
    const hash = txHash(tx);
    const outcome = this.context.inclusions.watch({ tx, hash, sequence }, unsure).finally(() => {
      this.#inFlight.delete(waiting);
      this.#onFree?.();
    });
    return { tag: "offered", hash, outcome };
  }

  /** Undefined: there was no answer, so a mempool may have it all the same. */
  async #broadcast(tx: Uint8Array): Promise<TxVerdict | undefined> {
    try {
      return await this.context.endpoint.broadcast(tx);
    } catch (error) {
      const code = chainFaultCode(error);
      if (code === undefined) throw error;
      if (code !== "chain_refused") return undefined;
      return { codespace: "submit", code: SUBMIT_CODE.node, log: (error as Error).message };
    }
  }

  /** The gas limit by simulation. */
  async #gas(body: Uint8Array, tries: Tries, guess: bigint | undefined): Promise<bigint | Refused | TryAgain> {
    const { policy } = this.context;
    const guessed = guess === undefined ? policy.gasMax : scaleGas(guess, policy.gasAdjustment);
    if (guessed < policy.gasMax) return guessed;
    const answer = await this.#simulate(body);
    if ("code" in answer && policy.gasDefault > 0n && isNoSimulation(answer)) return policy.gasDefault;
    if ("code" in answer) return this.#again(answer, tries) ?? refused("simulate", answer);
    const { gasUsed } = answer;
    if (gasUsed > policy.gasMax) return limit("gas", `${gasUsed} gas, limit ${policy.gasMax}`);
    const grown = policy.outOfGasFactor ** tries.used("out_of_gas");
    const wanted = scaleGas(gasUsed, policy.gasAdjustment * grown);
    return wanted < policy.gasMax ? wanted : policy.gasMax;
  }

  /** Some chains count what waits in their mempool when they simulate, others do not: either sequence will do. */
  async #simulate(body: Uint8Array): Promise<{ readonly gasUsed: bigint } | TxVerdict> {
    let { sequence } = this.#account!;
    for (let again = 0;; again++) {
      const answer = await this.context.endpoint.simulate(unsignedTx(body, this.wallet, sequence));
      if (!("code" in answer) || this.#inFlight.size === 0 || again === SIMULATIONS_AGAIN_MAX) return answer;
      const expected = expectedSequence(answer.log);
      if (expected === undefined || expected > this.#account!.sequence) return answer;
      sequence = expected;
    }
  }

  /** Whether that may be tried again, after which pause; puts right what was wrong. */
  #again(verdict: TxVerdict, tries: Tries): TryAgain | undefined {
    const reason: RetryReason | undefined = retryReasonOf(verdict);
    const pauseMs = reason === undefined || this.context.isClosed() ? undefined : tries.next(reason);
    if (pauseMs === undefined) return undefined;
    if (reason === "sequence") this.#onMismatch(verdict.log, tries.used("sequence"));
    return new TryAgain(pauseMs);
  }

  /**
   * The chain expects another sequence. A higher one: somebody else used the account. A lower one: the node has not heard of
   * those in flight yet, or has dropped them; the first time the benefit of the doubt.
   */
  #onMismatch(log: string, time: number): void {
    const account = this.#account;
    const expected = expectedSequence(log);
    if (account === undefined) return;
    if (expected === undefined) this.#account = undefined;
    else if (expected > account.sequence || time > 1 || this.#inFlight.size === 0) {
      this.#account = { ...account, sequence: expected };
    }
  }
}

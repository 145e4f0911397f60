/** The rules by which transactions are submitted, as data. @module */
import type { TxVerdict } from "./endpoint.ts";

/** Pauses between tries. */
export interface Backoff {
  /** After the first try. */
  readonly retries: number;
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

/** Failures after which the same messages may be offered again, because nothing of them has happened. */
export type RetryReason =
  /** The account is at another sequence than we thought. */
  | "sequence"
  | "mempool_full"
  /** No answer before anything was offered. */
  | "unreachable"
  /** It ran out of gas in a block. */
  | "out_of_gas";

/** How one chain's wallets work. Times are milliseconds. */
export interface SubmitPolicy {
  /** Messages in one transaction. */
  readonly messagesMax: number;
  /** Bytes of one transaction, all of it. */
  readonly bytesMax: number;
  /** Gas of one transaction. */
  readonly gasMax: bigint;
  /** The limit is what simulation used, times this. */
  readonly gasAdjustment: number;
  /** The limit where the chain cannot simulate; 0: then nothing is submitted. */
  readonly gasDefault: bigint;
  /** By how much the adjustment grows each time it was not enough. */
  readonly outOfGasFactor: number;
  /** Transactions of one wallet that wait for a block at once. */
  readonly inFlightMax: number;
  /** After which an offered transaction counts as lost. */
  readonly inclusionTimeoutMs: number;
  /** Between two looks for included transactions when no block is heard of. */
  readonly lookMs: number;
  /** After which the same bytes are offered again, in case the mempool dropped them. */
  readonly offerAgainMs: number;
  readonly backoff: Readonly<Record<RetryReason, Backoff>>;
}

/** Treat as a constant. */
export const SUBMIT_POLICY: SubmitPolicy = {
  messagesMax: 100,
  bytesMax: 180_000,
  gasMax: 40_000_000n,
  gasAdjustment: 1.3,
  gasDefault: 0n,
  outOfGasFactor: 1.5,
  inFlightMax: 4,
  inclusionTimeoutMs: 60_000,
  lookMs: 1_000,
  offerAgainMs: 5_000,
  backoff: {
    sequence: { retries: 5, firstMs: 50, factor: 2, maxMs: 1_000 },
    mempool_full: { retries: 6, firstMs: 200, factor: 2, maxMs: 5_000 },
    unreachable: { retries: 4, firstMs: 200, factor: 2, maxMs: 3_000 },
    out_of_gas: { retries: 2, firstMs: 0, factor: 1, maxMs: 0 },
  },
};

/** Codes of the codespace `submit`: refusals of our own. Append-only. */
export const SUBMIT_CODE = {
  /** The builder made no message. */
  empty: 1,
  messages: 2,
  bytes: 3,
  gas: 4,
  /** The chain has no account of the wallet's address: nobody has sent it anything yet. */
  account: 5,
  /** The node would not take it, and gave no code. */
  node: 6,
} as const;

/** Codes of the codespace `sdk` (cosmos-sdk `types/errors`). */
const OUT_OF_GAS = 11;
const TX_IN_CACHE = 19;
const MEMPOOL_FULL = 20;
const WRONG_SEQUENCE = 32;

const isSdk = ({ codespace, code }: TxVerdict, wanted: number) => codespace === "sdk" && code === wanted;

/** What to do about a refusal, besides giving up. Simulation hides codes behind others, hence the words. */
export function retryReasonOf(verdict: TxVerdict): RetryReason | undefined {
  // With a wrong number of the account, which changes when a chain is made anew, the signature does not fit.
  if (isSdk(verdict, WRONG_SEQUENCE) || /account sequence mismatch|verify account number/.test(verdict.log)) {
    return "sequence";
  }
  if (isSdk(verdict, MEMPOOL_FULL)) return "mempool_full";
  return isSdk(verdict, OUT_OF_GAS) ? "out_of_gas" : undefined;
}

/** The node has it already. */
export const isKnownTx = (verdict: TxVerdict): boolean => isSdk(verdict, TX_IN_CACHE);

/** The chain has no simulation, or has it switched off. */
export const isNoSimulation = ({ log }: TxVerdict): boolean =>
  /unknown query path|unknown service|unimplemented|not implemented/i.test(log);

/** The sequence that the chain expects, by its own words. */
export function expectedSequence(log: string): bigint | undefined {
  const digits = /expected (\d{1,20}), got \d/.exec(log)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

/** The message at fault, by the words of the cosmos-sdk. */
export function failedMessage(log: string): number | undefined {
  const digits = /message index: (\d{1,6})/.exec(log)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Counts the tries of one batch. */
export class Tries {
  readonly #used = new Map<RetryReason, number>();

  constructor(readonly backoff: SubmitPolicy["backoff"]) {}

  /** How often that has happened. */
  used(reason: RetryReason): number {
    return this.#used.get(reason) ?? 0;
  }

  /** The pause before the next try in milliseconds; undefined when there is to be none. */
  next(reason: RetryReason): number | undefined {
    const { retries, firstMs, factor, maxMs } = this.backoff[reason];
    const used = this.used(reason);
    if (used >= retries) return undefined;
    this.#used.set(reason, used + 1);
    return Math.min(maxMs, firstMs * factor ** used);
  }
}

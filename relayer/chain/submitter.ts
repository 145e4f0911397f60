/** The wallets of one chain: see {@linkcode Submitter}. @module */
import { invariant } from "../../node/core/invariant.ts";
import { Inclusions } from "./_inclusions.ts";
import { Lane } from "./_lane.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Endpoint } from "./endpoint.ts";
import { chainFault } from "./faults.ts";
import type { GasPrice } from "./gas_price.ts";
import type { Message, Submission, SubmitOptions, Submitter } from "./ports.ts";
import { SUBMIT_POLICY, type SubmitPolicy } from "./submit_policy.ts";
import type { Wallet } from "./wallet.ts";

export interface SubmitterOptions {
  readonly endpoint: Endpoint;
  /** At least one, no two alike. */
  readonly wallets: readonly Wallet[];
  readonly gasPrice: GasPrice;
  readonly memo?: string;
  /** What differs from {@linkcode SUBMIT_POLICY}. */
  readonly policy?: Partial<SubmitPolicy>;
  readonly clock?: Clock;
}

/** Submits over an endpoint. Throws the endpoint's `IoError` when nothing could be offered. */
export class ChainSubmitter implements Submitter {
  readonly addresses: readonly string[];
  readonly #lanes: readonly Lane[];
  readonly #inclusions: Inclusions;
  readonly #clock: Clock;
  /** Ends each pause that is under way. */
  readonly #pauses = new Set<() => void>();
  #closed = false;

  constructor(options: SubmitterOptions) {
    const { endpoint, wallets, gasPrice, memo = "", clock = systemClock } = options;
    const policy = { ...SUBMIT_POLICY, ...options.policy };
    this.addresses = wallets.map(({ address }) => address);
    invariant(wallets.length > 0, "a submitter without wallets");
    invariant(new Set(this.addresses).size === wallets.length, "a wallet twice: its sequences would collide");
    this.#inclusions = new Inclusions(endpoint, policy, clock);
    this.#clock = clock;
    const context = {
      endpoint,
      policy,
      gasPrice,
      memo,
      inclusions: this.#inclusions,
      pause: (ms: number) => this.#pause(ms),
      isClosed: () => this.#closed,
    };
    this.#lanes = wallets.map((wallet) => new Lane(wallet, context));
  }

  async submit(build: (signer: string) => readonly Message[], options: SubmitOptions = {}): Promise<Submission> {
    const { from, gasUsed } = options;
    if (this.#closed) throw chainFault("chain_unreachable", "submit", "closed");
    const lane = from === undefined
      ? this.#lanes.reduce((least, one) => one.load < least.load ? one : least)
      : this.#lanes.find(({ wallet }) => wallet.address === from);
    invariant(lane !== undefined, "submit: there is no such wallet");
    lane.load++;
    try {
      return await lane.run(build, gasUsed);
    } finally {
      lane.load--;
    }
  }

  /** What waits for a block is answered `lost`, and what waits for another try fails. */
  close(): void {
    this.#closed = true;
    this.#inclusions.close();
    for (const end of [...this.#pauses]) end();
  }

  #pause(ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        callOff();
        this.#pauses.delete(end);
        resolve();
      };
      const callOff = this.#clock.after(ms, end);
      this.#pauses.add(end);
    });
  }
}

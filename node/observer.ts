/** From what happens in a node to the numbers it shows. @module */
import type { DriverHooks } from "./consensus/mod.ts";
import type { TendermintMessage, TendermintRecord } from "./consensus/tendermint/mod.ts";
import { SignedMsgType } from "cosmjs-types/tendermint/types/types";
import type { CommittedBlock } from "./rpc/ports.ts";
import type { CommitTimings } from "./runtime/mod.ts";
import type { Metrics } from "./telemetry/mod.ts";

type Hooks = DriverHooks<TendermintMessage, TendermintRecord>;
type Input = Parameters<NonNullable<Hooks["onInput"]>>[0];
type Vote = Extract<TendermintMessage, { type: "vote" }>["vote"];

/** Feeds {@linkcode Metrics}; everything in here is cheap and throws nothing. */
export class NodeObserver {
  readonly #metrics: Metrics;
  #timings: CommitTimings | undefined;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** For the consensus driver. */
  get consensusHooks(): Pick<Hooks, "onInput" | "onStep" | "onTimeout"> {
    return {
      onInput: (input) => this.#input(input),
      onStep: ({ height, round }) => this.#metrics.roundEntered(height, round),
      onTimeout: ({ kind }) => this.#timeout(kind),
    };
  }

  /** A block is durable. `mempool` is absent while a stored block is executed again as the chain opens. */
  committed(timings: CommitTimings, mempool: { readonly count: number; readonly bytes: number } | undefined): void {
    this.#timings = timings;
    this.#metrics.blockCommitted({ seconds: timings.totalMs / 1000, txs: timings.txs, bytes: timings.bytes });
    this.#metrics.persisted("block", timings.persistMs / 1000);
    if (mempool !== undefined) this.#metrics.mempoolSized(mempool.count, mempool.bytes);
  }

  /** The results of a block are known. */
  executed({ height, results }: CommittedBlock): void {
    let succeeded = 0;
    let gasUsed = 0n;
    for (const { code, gasUsed: gas } of results.txResults) {
      if (code === 0) succeeded++;
      gasUsed += gas;
    }
    const failed = results.txResults.length - succeeded;
    const seconds = this.#timings?.height === height ? this.#timings.executeMs / 1000 : 0;
    this.#metrics.blockExecuted({ seconds, succeeded, failed, gasUsed });
  }

  /** Own messages are seen when they are signed, those of others when they arrive. */
  #input(input: Input): void {
    if (input.type !== "signed" && input.type !== "message_received") return;
    const { message } = input;
    if (message.type === "proposal") this.#metrics.proposalSeen();
    else if (message.type === "vote") this.#vote(message.vote);
  }

  #vote({ type }: Vote): void {
    if (type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE) this.#metrics.voteSeen("prevote");
    else if (type === SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT) this.#metrics.voteSeen("precommit");
  }

  #timeout(kind: string): void {
    if (kind === "propose" || kind === "prevote" || kind === "precommit" || kind === "commit") {
      this.#metrics.timeoutFired(kind);
    }
  }
}

/** Whatever the network does to correct nodes, none of them may take it for malice of another. @module */
import type { Checkers } from "./checkers.ts";
import type { Network } from "./network.ts";
import type { SimNode } from "./node.ts";
import type { Scheduler } from "./scheduler.ts";

export interface AccusationsInit {
  readonly checkers: Checkers;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly nodes: readonly SimNode[];
}

/** Said of peers that do not answer, for which a network that is cut or slow is to blame as well. */
const EXCUSED_BY_TROUBLE = ["sync_no_answer"];
/** Three answers in vain, each with its patience. */
const TROUBLE_MS = 60_000;

export class Accusations {
  readonly #init: AccusationsInit;

  constructor(init: AccusationsInit) {
    this.#init = init;
  }

  /** `by` is correct. */
  reported(by: number, peer: number, code: string, reason: string): void {
    const { nodes, network, scheduler, checkers } = this.#init;
    if (!nodes[peer]!.honest) return;
    const since = scheduler.nowUs - TROUBLE_MS * 1000;
    if (EXCUSED_BY_TROUBLE.includes(code) && network.troubled(by, peer, since)) return;
    checkers.fail("accusation", `node ${by} reports correct node ${peer}: ${code}: ${reason}`);
  }

  banned(by: number, peer: number, reason: string): void {
    const { nodes, checkers } = this.#init;
    if (nodes[peer]!.honest) checkers.fail("ban", `node ${by} bans correct node ${peer}: ${reason}`);
  }
}

/** The simulated chain as consensus sees it: builds, judges and applies blocks, each after a while. @module */
import { invariant } from "../../node/core/invariant.ts";
import type { BlockPort, Decision } from "../../node/consensus/mod.ts";
import { BLOCK_TRANSACTIONS_MAX, type SimChain } from "./chain.ts";
import type { Host, Later } from "./process.ts";

export function blockPort(
  host: Host,
  chain: SimChain,
  later: Later,
  apply: (decision: Decision) => Promise<void>,
): BlockPort {
  const { setup, world, honest } = host;
  const { options, checkers, trace, scheduler } = world;
  return {
    build: ({ height, lastCommit }) =>
      later(options.buildMs, () => {
        // The height may have been decided meanwhile; then any block will do, since nobody may use it.
        invariant(height <= chain.height + 1n, `build block of height ${height} after ${chain.height}`);
        const seal = height <= chain.height ? chain.context().lastCommit : lastCommit;
        return chain.build(setup.key!.address, seal, [...host.mempool].slice(0, BLOCK_TRANSACTIONS_MAX));
      }),
    validate: ({ height, blockId, bytes }) =>
      later(options.validateMs, () => {
        const reason = chain.judge(height, blockId, bytes);
        return reason === undefined ? { valid: true, time: chain.timeOf(bytes) } : { valid: false, reason };
      }),
    async commit(decision) {
      const { height, block } = decision;
      trace.add(scheduler.nowUs, setup.endpoint, "decide", block.blockId.hash, () => `${height}`);
      if (honest) checkers.onDecision(setup.endpoint, decision);
      await apply(decision);
      return chain.context();
    },
    addEvidence: (evidence) => {
      if (honest) checkers.onEvidence(setup.endpoint, evidence);
    },
  };
}

/** The driver's ports with a watch beside them: how long each call took. @module */
import type { BlockPort, SignerPort, WalPort } from "../consensus/ports.ts";
import type { Metrics, Spans } from "../telemetry/mod.ts";
import type { HeightTrace } from "./height_trace.ts";

/** Appends are timed: each is a wait for the disk in the way of a vote. */
export function watchWal(wal: WalPort, { state }: Metrics): WalPort {
  return {
    async append(height, records) {
      const begun = performance.now();
      await wal.append(height, records);
      if (records.length > 0) state.persisted("wal", (performance.now() - begun) / 1000);
    },
    load: (height) => wal.load(height),
    truncate: (height) => wal.truncate(height),
  };
}

/** Signatures are timed, also those of another process. */
export function watchSigner(signer: SignerPort, { consensus }: Metrics): SignerPort {
  return {
    async sign(chainId, message) {
      const begun = performance.now();
      const answer = await signer.sign(chainId, message);
      if (answer.ok) consensus.signed((performance.now() - begun) / 1000);
      return answer;
    },
  };
}

/** Building and judging are timed; commits tell of themselves. */
export function watchBlocks(blocks: BlockPort, { state }: Metrics, spans: Spans, trace: HeightTrace): BlockPort {
  return {
    async build(request) {
      const fromMs = performance.now();
      const block = await blocks.build(request);
      const toMs = performance.now();
      state.blockBuilt((toMs - fromMs) / 1000);
      if (spans.on) trace.built(request.height, request.round, { fromMs, toMs });
      return block;
    },
    async validate(request) {
      const fromMs = performance.now();
      const verdict = await blocks.validate(request);
      const toMs = performance.now();
      state.blockValidated((toMs - fromMs) / 1000);
      const failure = verdict.valid ? undefined : verdict.reason;
      if (spans.on) trace.validated(request.height, request.round, { fromMs, toMs, failure });
      return verdict;
    },
    commit: (decision) => blocks.commit(decision),
    addEvidence: (evidence) => blocks.addEvidence(evidence),
  };
}

/**
 * The thread behind `queries.ts` and `aside.ts`: an application that only answers queries, or only runs transactions that would begin
 * anew too often elsewhere. It stands still for what it reads.
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { Interrupted } from "../contracts/wasm/mod.ts";
import { createAside, createQuerying } from "./app/mod.ts";
import { createThreadContracts } from "./contracts.ts";
import { BECH32_PREFIX } from "./development.ts";
import type { QuerySetup } from "./queries.ts";
import { asideThread, QUERY_FIRST_FUEL, queryThread, standingEnded, standingLoad } from "./runtime/mod.ts";
import type { StandingStart } from "./standing_worker.ts";
import { FollowingState } from "./state/mod.ts";

const bech32Prefix = BECH32_PREFIX;
const post = (message: unknown) => self.postMessage(message);

function begin({ role, memory }: StandingStart) {
  const load = standingLoad(memory, (request) => post({ type: "load", request }));
  if (role === "aside") {
    return asideThread<QuerySetup>(
      ({ txBytesMax, contracts }) => {
        const { modules, report } = createThreadContracts(contracts);
        return { run: createAside({ bech32Prefix, limits: { txBytesMax }, modules }), report };
      },
      post,
      load,
    );
  }
  return queryThread<QuerySetup>(
    ({ cacheBytesMax, txBytesMax, contracts }, version) => {
      const state = new FollowingState(version, cacheBytesMax, load);
      const { engine, modules, report } = createThreadContracts(contracts);
      return {
        state,
        query: createQuerying({ bech32Prefix, state, limits: { txBytesMax }, modules }),
        allow: (fuel) => engine.allow(fuel),
        isInterruption: (thrown) => thrown instanceof Interrupted,
        report,
      };
    },
    post,
    load,
    { firstFuel: QUERY_FIRST_FUEL, hasEnded: () => standingEnded(memory) },
  );
}

self.onmessage = ({ data: start }: MessageEvent<StandingStart>) => {
  const take = begin(start);
  self.onmessage = ({ data }) => {
    try {
      take(data);
    } catch (thrown) {
      // Nobody hears of it, or waits.
      if (!standingEnded(start.memory)) throw thrown;
    }
    if (standingEnded(start.memory)) self.close();
  };
};

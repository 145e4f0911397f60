/**
 * The thread behind `queries.ts`: an application that only answers queries.
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { createQuerying } from "./app/mod.ts";
import { createThreadContracts } from "./contracts.ts";
import { BECH32_PREFIX } from "./development.ts";
import type { QuerySetup } from "./queries.ts";
import { queryThread, standingLoad } from "./runtime/mod.ts";
import { FollowingState } from "./state/mod.ts";

function begin(memory: SharedArrayBuffer) {
  const load = standingLoad(memory, (request) => self.postMessage({ type: "load", request }));
  return queryThread<QuerySetup>(
    ({ cacheBytesMax, txBytesMax, contracts: settings }, version) => {
      const state = new FollowingState(version, cacheBytesMax, load);
      const { modules, report } = createThreadContracts(settings);
      return {
        state,
        query: createQuerying({ bech32Prefix: BECH32_PREFIX, state, limits: { txBytesMax }, modules }),
        report,
      };
    },
    (message) => self.postMessage(message),
    load,
  );
}

// The memory comes first.
self.onmessage = ({ data }) => {
  const take = begin(data);
  self.onmessage = ({ data }) => take(data);
};

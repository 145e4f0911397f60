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
import { queryThread } from "./runtime/mod.ts";
import { FollowingState } from "./state/mod.ts";

const take = queryThread<QuerySetup>(
  ({ cacheBytesMax, txBytesMax, contracts: settings }, version) => {
    const state = new FollowingState(version, cacheBytesMax);
    const { modules, report } = createThreadContracts(settings);
    return {
      state,
      query: createQuerying({ bech32Prefix: BECH32_PREFIX, state, limits: { txBytesMax }, modules }),
      report,
    };
  },
  (message) => self.postMessage(message),
);
self.onmessage = ({ data }) => take(data);

/**
 * The thread behind `speculation.ts`: an application that only runs transactions ahead of their turn.
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { createSpeculating } from "./app/mod.ts";
import { createThreadContracts } from "./contracts.ts";
import { BECH32_PREFIX } from "./development.ts";
import { speculationThread } from "./runtime/mod.ts";
import type { SpeculationSetup } from "./speculation.ts";
import { FollowingState } from "./state/mod.ts";

const take = speculationThread<SpeculationSetup>(
  ({ cacheBytesMax, txBytesMax, contracts: settings }, version) => {
    const state = new FollowingState(version, cacheBytesMax);
    const { modules, report } = createThreadContracts(settings);
    return {
      state,
      run: createSpeculating({ bech32Prefix: BECH32_PREFIX, state, limits: { txBytesMax }, modules }),
      report,
    };
  },
  (message) => self.postMessage(message),
);
self.onmessage = ({ data }) => take(data);

/** Tendermint in the simulator. @module */
import { tendermintEngine, type TendermintMessage } from "../../node/consensus/tendermint/mod.ts";
import type { Dissected, EngineKit } from "./engines.ts";
import { GOSSIP_PLANTS } from "./plants/gossip.ts";
import { SYNC_PLANTS } from "./plants/sync.ts";
import { forgetLocks, TENDERMINT_PLANTS } from "./plants/tendermint.ts";
import { lockingRule } from "./rules.ts";

export const TENDERMINT_KIT: EngineKit = {
  engine: tendermintEngine,
  dissect(message: TendermintMessage): Dissected {
    switch (message.type) {
      case "proposal":
        return { type: "proposal", proposal: message.proposal, block: message.block };
      case "vote":
        return { type: "vote", vote: message.vote };
      default:
        return { type: "other" };
    }
  },
  assemble: (message): TendermintMessage => message,
  amnesiac: forgetLocks(tendermintEngine),
  rules: [lockingRule],
  plants: { ...TENDERMINT_PLANTS, ...GOSSIP_PLANTS, ...SYNC_PLANTS },
};

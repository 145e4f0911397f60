/** Every decoder of what comes over a wire. @module */
import type { Target } from "./target.ts";
import { APP_TARGETS } from "./targets/app.ts";
import { CONSENSUS_TARGETS } from "./targets/consensus.ts";
import { GOSSIP_TARGETS } from "./targets/gossip.ts";
import { NETWORK_TARGETS } from "./targets/network.ts";
import { SIGNER_TARGETS } from "./targets/signer.ts";
import { SYNC_TARGETS } from "./targets/sync.ts";
import { TYPES_TARGETS } from "./targets/types.ts";
import { WASM_TARGETS } from "./targets/wasm.ts";

export const TARGETS: readonly Target[] = [
  ...NETWORK_TARGETS,
  ...GOSSIP_TARGETS,
  ...CONSENSUS_TARGETS,
  ...SYNC_TARGETS,
  ...SIGNER_TARGETS,
  ...TYPES_TARGETS,
  ...APP_TARGETS,
  ...WASM_TARGETS,
];

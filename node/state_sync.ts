/** Begins an empty store from a snapshot of peers, before anything opens it. @module */
import { CONSENSUS_PARAMS_AT } from "./app/mod.ts";
import type { GenesisDoc } from "./chain/mod.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import type { NodeConfig } from "./config/mod.ts";
import { hexToBytes } from "./core/bytes.ts";
import { IoError } from "./core/errors.ts";
import type { PeerNetwork } from "./network/ports.ts";
import { ChainRestore, isBegun } from "./runtime/mod.ts";
import type { Store } from "./storage/mod.ts";
import type { Switchboard } from "./switchboard.ts";
import { type StateSyncProgress, StateSyncService } from "./sync/mod.ts";
import type { SyncObserver } from "./sync/ports.ts";
import type { Logger } from "./telemetry/mod.ts";

/** As CometBFT's light client has it unless told otherwise. */
const TRUST_LEVEL = { numerator: 1n, denominator: 3n };

export interface StateSyncStart {
  readonly store: Store;
  readonly genesis: GenesisDoc;
  readonly settings: NodeConfig["sync"];
  /** Not started yet; started afterwards. */
  readonly network: PeerNetwork | undefined;
  readonly switchboard: Switchboard;
  readonly observer: Pick<SyncObserver, "restoring">;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Does nothing unless the settings ask for it and the store is empty: a home goes on with what it has. Resolves with the height
 * of the restored state. Rejects with an IoError that says what to do.
 */
export async function syncState(start: StateSyncStart): Promise<bigint | undefined> {
  const { store, genesis, settings, network, switchboard, observer, log, signal } = start;
  if (!settings.state_sync || await isBegun(store)) return undefined;
  const { trust_height, trust_hash, trust_period_ms } = settings;
  if (network === undefined) throw new IoError("config_invalid", "sync the state: the network is off (p2p.enabled)");
  if (trust_height === 0 || trust_hash === "") {
    throw new IoError(
      "config_invalid",
      "sync the state: sync.trust_height and sync.trust_hash are not set; take them from a node that you trust",
    );
  }
  const service = new StateSyncService({
    network,
    clock: SYSTEM_CLOCK,
    restore: new ChainRestore({ store, genesis, paramsAt: CONSENSUS_PARAMS_AT }),
    chainId: genesis.chainId,
    initialHeight: genesis.initialHeight,
    trusted: { height: BigInt(trust_height), hash: hexToBytes(trust_hash) },
    trustLevel: TRUST_LEVEL,
    trustingPeriodMs: trust_period_ms,
    onProgress: (progress) => tell(progress, observer, log),
  });
  const stop = () => service.stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    switchboard.connect({
      onPeerJoined: ({ id }) => service.peerJoined(id),
      onPeerLeft: (peer) => service.peerLeft(peer),
    });
    await switchboard.start(network);
    if (signal.aborted) stop();
    return await service.run();
  } finally {
    signal.removeEventListener("abort", stop);
    switchboard.connect({});
  }
}

function tell(progress: StateSyncProgress, observer: StateSyncStart["observer"], log: Logger): void {
  const { stage, height, done, of, peers, trouble } = progress;
  if (stage === "chunks") return observer.restoring({ height, chunks: done, total: of });
  observer.restoring(undefined);
  if (trouble === "") log.info("syncing the state", { stage, height, peers });
  else log.warn("syncing the state", { stage, height, peers, trouble });
}

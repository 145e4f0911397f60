/** From what the worker tells to numbers, lines and events. @module */
import type { RelayerEvent } from "./api/ports.ts";
import type { Lane, PacketRecord } from "./packet/mod.ts";
import type { Logger, Metrics } from "./telemetry/mod.ts";
import type { WorkerHooks } from "./worker/mod.ts";
import { packetView } from "./_views.ts";

/** An event without its time; distributes over the union. */
type Told<E> = E extends unknown ? Omit<E, "atMs"> : never;

/** Whoever wants to hear what happens. */
export class Hub {
  readonly #listeners = new Set<(event: RelayerEvent) => void>();

  constructor(readonly nowMs: () => number, readonly log: Logger) {}

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  subscribe(listener: (event: RelayerEvent) => void): () => void {
    // Each subscription is by itself, also of the same function.
    const own = (event: RelayerEvent) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  tell(event: Told<RelayerEvent>): void {
    const whole = { atMs: this.nowMs(), ...event } as RelayerEvent;
    for (const listener of this.#listeners) {
      try {
        listener(whole);
      } catch (error) {
        this.log.error("a listener failed", { error });
      }
    }
  }
}

/** The hooks of a worker. `tellPath` shows a path as it is now. */
export function hooksOf(hub: Hub, metrics: Metrics, tellPath: (id: string) => void): WorkerHooks {
  const { log } = hub;
  return {
    packetChanged: (lane, record) => onPacket(hub, metrics, lane, record),
    batchEnded(batch) {
      const { chain, pathId, kinds, outcome, code, durationMs } = batch;
      metrics.batch(chain, outcome, code);
      if (outcome === "included") {
        for (const [kind, count] of Object.entries(kinds)) metrics.messages(pathId, kind, count);
      }
      const level = outcome === "included" ? "debug" : "warn";
      log[level](`batch ${outcome}`, { chain, path: pathId, ...kinds, code, durationMs: Math.round(durationMs) });
    },
    clientUpdated({ chain, clientId, height, txHash, refresh }) {
      metrics.clientUpdated(chain, clientId, refresh ? "refresh" : "packets");
      hub.tell({ type: "client", action: refresh ? "refreshed" : "updated", chain, clientId, height, txHash });
    },
    clientEnded({ chain, clientId, status, height }) {
      log.error("a client is of no use any more", { chain, client: clientId, status });
      const action = status === "frozen" ? "frozen" : "expired";
      hub.tell({ type: "client", action, chain, clientId, height, txHash: undefined });
    },
    clientChecked({ chain, clientId, checkedHeights, conflict, txHash }) {
      if (conflict === undefined) return;
      log.error("a client contradicts its chain", { chain, client: clientId, reason: conflict.reason, txHash });
      hub.tell({ type: "misbehaviour", chain, clientId, checkedHeights, conflict, txHash });
    },
    chainReached(chain, fault) {
      metrics.reachable(chain, fault === undefined);
      if (fault === undefined) log.info("the chain can be read again", { chain });
      else log.warn("the chain cannot be read", { chain, fault });
      hub.tell({ type: "chain", chain, reachable: fault === undefined, fault });
    },
    pathChanged: tellPath,
    handshakeStep(step) {
      const { path, chain, id, height } = step;
      log.info(step.step, { path, chain, id, height });
      hub.tell({ type: "handshake", ...step });
    },
    flushed: (writes, durationMs) => metrics.flushed(writes, durationMs),
    fault({ code, message, chain, path }) {
      metrics.fault(code);
      log.warn(message, { code, chain, path });
      hub.tell({ type: "fault", code, message, chain, path });
    },
  };
}

function onPacket(hub: Hub, metrics: Metrics, lane: Lane, record: PacketRecord): void {
  const path = lane.pathIds[0] ?? "";
  const { stage, received } = record;
  if (stage === "received" || stage === "written") {
    // Once for each packet: the first time it is seen received, by us.
    if (stage === "received" && received !== undefined && !record.backlog && record.seenAtHeight > 0n) {
      const blocks = Number(received.height - record.seenAtHeight);
      metrics.received(path, Math.max(0, hub.nowMs() - record.seenMs), Math.max(0, blocks));
    }
  } else if (stage !== "sent") metrics.settled(path, stage);
  if (hub.isHeard) hub.tell({ type: "packet", packet: packetView(lane, record) });
}

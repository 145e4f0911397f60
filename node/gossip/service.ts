/**
 * Consensus gossip in the world: the machine between the driver that runs, if one does, and the network. It outlives drivers:
 * while block sync has the chain, peers still tell where they are.
 * @module
 */
import type { EnginePosition } from "../consensus/engine.ts";
import type { ClockPort, TransportPort } from "../consensus/ports.ts";
import { unreachable } from "../core/invariant.ts";
import type { GossipVerdict, PeerId } from "../core/peer.ts";
import type { Prng } from "../core/prng.ts";
import { NANOS_PER_MS } from "../core/time.ts";
import type { PeerNetwork } from "../network/ports.ts";
import { createConsensusGossip, type GossipHeld } from "./consensus.ts";
import type { GossipLimits } from "./limits.ts";
import type { GossipCodec } from "./_own.ts";
import type { GossipEffect, GossipInput, GossipObserver } from "./ports.ts";
import { GOSSIP_TICK_MS } from "./ports.ts";

/** What gossip uses of a driver. */
export interface GossipDriver<M> {
  receive(from: PeerId, message: Uint8Array): boolean;
  judge(message: M): GossipVerdict;
}

export interface ConsensusGossipServiceOptions<M> {
  readonly network: Pick<PeerNetwork, "publish" | "send" | "report">;
  readonly clock: ClockPort;
  readonly codec: GossipCodec<M>;
  /** The lowest block that is stored; 0: none is. */
  readonly base: () => bigint;
  /** A peer told where it is: it decides `height` and serves blocks from `base` to the one before. */
  readonly onPeerStatus: (peer: PeerId, height: bigint, base: bigint) => void;
  readonly random?: Prng;
  readonly limits?: Partial<GossipLimits>;
  readonly observer?: GossipObserver | undefined;
}

/**
 * The {@linkcode TransportPort} of drivers. To the network's handlers it gives `onTopic` and `onMessage` for `consensus`; to
 * the driver's hooks, `position` for `onStep`.
 */
export class ConsensusGossipService<M> implements TransportPort {
  readonly #options: ConsensusGossipServiceOptions<M>;
  readonly #machine: ReturnType<typeof createConsensusGossip<M>>;
  #driver: GossipDriver<M> | undefined;
  #height = 0n;
  #effects: GossipEffect[] = [];
  /** The next tick; undefined: not started, or stopped. */
  #cancelTick: (() => void) | undefined;

  constructor(options: ConsensusGossipServiceOptions<M>) {
    const { codec, random, limits, observer } = options;
    this.#options = options;
    this.#machine = createConsensusGossip({
      codec,
      judge: (message) => this.#driver?.judge(message) ?? "ignore",
      ...(random && { random }),
      ...(limits && { limits }),
      observer,
    });
  }

  /** What the machine keeps now. */
  get held(): GossipHeld {
    return this.#machine.held;
  }

  /** Begins to tick. `height` is the one to be decided or synced next. */
  start(height: bigint): void {
    this.syncing(height);
    this.#tickLater();
  }

  stop(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#driver = undefined;
  }

  /** From now on this driver is heard and spoken to. To be called before it starts. */
  attach(driver: GossipDriver<M>): void {
    this.#machineMoves(this.#height, 0, undefined);
    this.#driver = driver;
  }

  /** No engine runs: peers are told that `height` comes next, and what they say of consensus is not kept. */
  syncing(height: bigint): void {
    this.#driver = undefined;
    this.#machineMoves(height, 0, undefined);
  }

  /** The driver's engine stands here now. */
  position({ height, round, step }: EnginePosition): void {
    if (this.#driver !== undefined) this.#machineMoves(height, round, step);
  }

  onPeerJoined(peer: PeerId): void {
    this.#on({ type: "peer_joined", peer });
  }

  onPeerLeft(peer: PeerId): void {
    this.#on({ type: "peer_left", peer });
  }

  /** Bytes of the topic `consensus`. */
  onTopic(from: PeerId, bytes: Uint8Array): GossipVerdict {
    return this.#on({ type: "heard", from, by: "topic", bytes });
  }

  /** Bytes of the channel `consensus`. */
  onMessage(from: PeerId, bytes: Uint8Array): void {
    this.#on({ type: "heard", from, by: "direct", bytes });
  }

  broadcast(message: Uint8Array): void {
    this.#on({ type: "own_broadcast", message });
  }

  send(to: PeerId, message: Uint8Array): void {
    this.#on({ type: "own_send", to, message });
  }

  report(peer: PeerId, code: string, reason: string): void {
    this.#options.network.report(peer, code, reason);
  }

  /** `step` undefined: no engine runs. */
  #machineMoves(height: bigint, round: number, step: string | undefined): void {
    this.#height = height;
    const running = step !== undefined;
    this.#on({ type: "moved", height, round, base: this.#options.base(), running, decided: step === "commit" });
  }

  #tickLater(): void {
    this.#cancelTick = this.#options.clock.schedule(GOSSIP_TICK_MS, () => {
      this.#tickLater();
      this.#on({ type: "ticked" });
    });
  }

  #on(input: GossipInput): GossipVerdict {
    const nowMs = Number(this.#options.clock.nowNanos() / NANOS_PER_MS);
    const { effects, verdict } = this.#machine.on(input, nowMs);
    // A driver that is given a message may answer before the next effect: what that asks for waits its turn.
    this.#effects.push(...effects);
    for (let next = this.#effects.shift(); next !== undefined; next = this.#effects.shift()) this.#perform(next);
    return verdict;
  }

  #perform(effect: GossipEffect): void {
    const { network, onPeerStatus } = this.#options;
    switch (effect.type) {
      case "publish":
        return network.publish("consensus", effect.bytes);
      case "send":
        // What finds no room is asked for again.
        return void network.send(effect.to, "consensus", effect.bytes);
      case "deliver":
        return void this.#driver?.receive(effect.from, effect.message);
      case "report":
        return network.report(effect.peer, effect.code, effect.reason);
      case "peer_status":
        return onPeerStatus(effect.peer, effect.height, effect.base);
      default:
        return unreachable(effect);
    }
  }
}

/**
 * A world for the machine of block sync in virtual time, for its tests: a chain that may grow, peers that are honest, slow or
 * lie in each way, an executor, and a consensus that keeps up only when it is at the head. All chance comes from one seed.
 * @module
 */
import { BlockIDFlag } from "cosmjs-types/tendermint/types/validator";
import { invariant } from "../core/invariant.ts";
import { Prng } from "../core/prng.ts";
import { ZERO_TIME } from "../core/types/mod.ts";
import { BLOCK_BYTES_MAX } from "../core/types/mod.ts";
import { LIE_MS, PATIENCE_MS_MAX } from "./block_limits.ts";
import { createBlockSync } from "./block_sync.ts";
import { type BlockSync, type OfferedBlock, type RequestId, SYNC_TICK_MS, type SyncEffect } from "./ports.ts";

export type Kind =
  | "honest"
  /** Takes up to three seconds for a block. */
  | "slow"
  /** Gives one block of each question. */
  | "curt"
  /** Comes and goes. */
  | "restless"
  /** Claims what nobody has, and says that it has nothing. */
  | "boaster"
  /** The same, and says nothing. */
  | "silent"
  /** The same, and invents the blocks. */
  | "counterfeiter"
  /** Sends another height. */
  | "confused"
  | "malformed"
  /** Sends blocks whose commits prove nothing, some of the time. */
  | "forger";

export const HONEST: readonly Kind[] = ["honest", "slow", "curt"];
const LIARS: readonly Kind[] = ["boaster", "silent", "counterfeiter", "confused", "malformed", "forger"];
export const KINDS: readonly Kind[] = [...HONEST, "restless", ...LIARS];

const BOASTING: ReadonlySet<Kind> = new Set(["boaster", "silent", "counterfeiter"]);

export interface Peer {
  readonly id: string;
  readonly kind: Kind;
  /** Milliseconds to it and back, and for each block. */
  readonly latencyMs: number;
  readonly blockMs: number;
  connected: boolean;
}

export interface WorldOptions {
  readonly seed: number;
  readonly kinds: readonly Kind[];
  /** Blocks there are at the start. */
  readonly height: number;
  /** Between blocks; undefined: no more come. */
  readonly blockTimeMs?: number | undefined;
  readonly blockBytes?: number;
  readonly executeMs?: number;
  readonly waitsForPeers?: boolean;
}

interface Asked {
  readonly peer: Peer;
  readonly from: bigint;
  readonly count: number;
  /** When it was asked, or gave a frame. */
  heardAt: number;
}

const BYTES = new Uint8Array(BLOCK_BYTES_MAX >> 2);
const ABSENT = {
  blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_ABSENT,
  validatorAddress: BYTES,
  timestamp: ZERO_TIME,
  signature: BYTES,
};

/** A block of so many bytes, all of which share their memory. */
export function blockOf(height: bigint, bytes: number): OfferedBlock {
  const blockId = { hash: BYTES, partSetHeader: { total: 1, hash: BYTES } };
  return { height, bytes: BYTES.subarray(0, bytes), commit: { height, round: 0, blockId, signatures: [ABSENT] } };
}

export class World {
  readonly options: WorldOptions;
  readonly machine: BlockSync;
  readonly prng: Prng;
  readonly peers: Peer[];
  /** Everything the machine asked for, in words: what a replay must repeat. */
  readonly log: string[] = [];
  readonly reported = new Map<string, Set<string>>();
  /** Whoever gave the world an answer that is a lie, while it was wanted. */
  readonly caught = new Set<string>();
  readonly handOvers: { readonly at: number; readonly next: bigint; readonly reason: string }[] = [];
  now = 0;
  requests = 0;
  requestsAtOnceMax = 0;
  stops = 0;
  /** The first height that is not there. */
  next = 1n;
  head: bigint;
  isConsensusRunning = false;
  /** False: consensus hears nothing. */
  isConsensusFed = true;
  /** When the blocks after the first ones were made. */
  readonly #bornAt = new Map<bigint, number>();
  #queue: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;
  #applying: bigint | undefined;
  readonly #asked = new Map<RequestId, Asked>();
  readonly #reportedAt = new Map<string, number>();
  readonly #forged = new WeakMap<OfferedBlock, Peer>();

  constructor(options: WorldOptions) {
    this.options = options;
    this.prng = new Prng(options.seed);
    this.machine = createBlockSync({ waitsForPeers: options.waitsForPeers ?? true });
    this.head = BigInt(options.height);
    this.peers = options.kinds.map((kind, i) => this.#makePeer(kind, i));
  }

  #makePeer(kind: Kind, index: number): Peer {
    const isSlow = kind === "slow";
    return {
      id: `${kind}${index}`,
      kind,
      latencyMs: 1 + this.prng.below(isSlow ? 800 : 60),
      blockMs: isSlow ? 200 + this.prng.below(2800) : this.prng.below(4),
      connected: false,
    };
  }

  /** Starts the machine, and the peers within `withinMs`. */
  begin(mode: "sync" | "watch" = "sync", withinMs = 300): void {
    this.#input({ type: "started", next: this.next, mode });
    this.isConsensusRunning = mode === "watch";
    for (const peer of this.peers) this.after(this.prng.below(withinMs), () => this.#join(peer));
    const tick = () => {
      this.#input({ type: "ticked" });
      for (const { peer, heardAt } of this.#asked.values()) {
        invariant(this.now - heardAt <= PATIENCE_MS_MAX + 200, `wait ${this.now - heardAt} ms for ${peer.id}`);
      }
      this.after(SYNC_TICK_MS, tick);
    };
    this.after(SYNC_TICK_MS, tick);
    const { blockTimeMs } = this.options;
    if (blockTimeMs === undefined) return;
    const grow = () => {
      this.#bornAt.set(++this.head, this.now);
      this.tell();
      if (this.isConsensusRunning && this.isConsensusFed) this.after(5, () => this.#follow());
      this.after(blockTimeMs, grow);
    };
    this.after(blockTimeMs, grow);
  }

  run(untilMs: number): void {
    while (this.now < untilMs) {
      let first = 0;
      for (let i = 1; i < this.#queue.length; i++) {
        const [a, b] = [this.#queue[i]!, this.#queue[first]!];
        if (a.at < b.at || (a.at === b.at && a.order < b.order)) first = i;
      }
      const event = this.#queue[first];
      if (event === undefined || event.at > untilMs) break;
      this.#queue[first] = this.#queue.at(-1)!;
      this.#queue.pop();
      this.now = Math.max(this.now, event.at);
      event.run();
    }
    this.now = untilMs;
  }

  after(ms: number, run: () => void): void {
    this.#queue.push({ at: this.now + ms, order: this.#order++, run });
  }

  /** Peers say where they are. */
  tell(): void {
    for (const peer of this.peers) if (peer.connected) this.#tellOf(peer);
  }

  #tellOf(peer: Peer): void {
    const height = BOASTING.has(peer.kind) ? this.head + 1_000_000n : this.head + 1n;
    this.after(peer.latencyMs / 2, () => {
      if (peer.connected) this.#input({ type: "peer_status", peer: peer.id, base: 1n, height });
    });
  }

  #join(peer: Peer): void {
    peer.connected = true;
    this.#tellOf(peer);
    if (peer.kind === "restless") this.after(500 + this.prng.below(4000), () => this.#leave(peer));
  }

  #leave(peer: Peer): void {
    peer.connected = false;
    for (const [id, asked] of this.#asked) {
      if (asked.peer === peer) this.#endOf(id, { kind: "lost", reason: "connection closed" });
    }
    this.#input({ type: "peer_left", peer: peer.id });
    this.after(500 + this.prng.below(4000), () => this.#join(peer));
  }

  /** Consensus decides what comes next, if it lags behind by no more than it can make up for. */
  #follow(): void {
    if (!this.isConsensusRunning || this.head - this.next > 1n) return;
    while (this.next <= this.head) this.#input({ type: "height_committed", height: this.next++ });
  }

  #input(input: Parameters<BlockSync["on"]>[0]): void {
    for (const effect of this.machine.on(input, this.now)) this.#perform(effect);
  }

  #perform(effect: SyncEffect): void {
    this.log.push(
      `${this.now} ${
        JSON.stringify(effect, (_, v) => (typeof v === "bigint" ? `${v}` : v?.bytes ? v.height.toString() : v))
      }`,
    );
    switch (effect.type) {
      case "request_blocks":
        return this.#ask(effect.request, effect.peer, effect.from, effect.count);
      case "cancel_request": {
        this.#asked.delete(effect.request);
        return;
      }
      case "apply_block": {
        const reportedAt = this.#reportedAt.get(effect.peer) ?? -Infinity;
        invariant(this.now - reportedAt >= LIE_MS, `apply a block of ${effect.peer}, just reported`);
        return this.#apply(effect.block);
      }
      case "prove_block": {
        const { height } = effect.block;
        invariant(height === this.next || height === this.next + 1n || height < this.next, `proof of ${height}`);
        const forger = this.#forged.get(effect.block);
        if (forger !== undefined && height >= this.next) this.caught.add(forger.id);
        this.after(2, () => {
          this.#input({ type: "block_proven", height, valid: forger === undefined, reason: "forged" });
        });
        return;
      }
      case "report": {
        const codes = this.reported.get(effect.peer) ?? new Set();
        this.reported.set(effect.peer, codes.add(effect.code));
        this.#reportedAt.set(effect.peer, this.now);
        return;
      }
      case "stop_consensus":
        invariant(this.isConsensusRunning, "stop consensus that does not run");
        this.isConsensusRunning = false;
        this.stops++;
        return this.after(20, () => this.#input({ type: "consensus_stopped", next: this.next }));
      case "start_consensus":
        invariant(!this.isConsensusRunning && this.#applying === undefined, "start consensus amid something");
        this.isConsensusRunning = true;
        this.handOvers.push({ at: this.now, next: this.next, reason: effect.reason });
        return this.isConsensusFed ? this.after(5, () => this.#follow()) : undefined;
      case "prepare_block":
        invariant(effect.block.height === (this.#applying ?? -9n) + 1n, "prepare what does not come next");
    }
  }

  #ask(request: RequestId, id: string, from: bigint, count: number): void {
    const peer = this.peers.find((each) => each.id === id)!;
    invariant(peer.connected, `ask ${id}, who is not there`);
    invariant(count > 0 && count <= 64 && from >= this.next, `ask for ${count} from ${from} at ${this.next}`);
    invariant(from < this.next + 1025n, `ask far ahead: ${from} at ${this.next}`);
    this.requests++;
    this.#asked.set(request, { peer, from, count, heardAt: this.now });
    this.requestsAtOnceMax = Math.max(this.requestsAtOnceMax, this.#asked.size);
    this.after(peer.latencyMs, () => this.#answer(request, 0));
  }

  /** The i-th frame, and those after it. */
  #answer(request: RequestId, index: number): void {
    const asked = this.#asked.get(request);
    if (asked === undefined) return;
    const { peer, from, count } = asked;
    const height = from + BigInt(index);
    if (peer.kind === "silent" && (height > this.head || this.prng.chance(0.3))) return;
    const isInvented = height > this.head && peer.kind === "counterfeiter";
    if (index >= count || (height > this.head && !isInvented) || (peer.kind === "curt" && index > 0)) {
      if (height > this.head && index === 0) this.caught.add(peer.id);
      return this.#endOf(request, undefined);
    }
    if (peer.kind === "malformed" && this.prng.chance(0.2)) {
      this.caught.add(peer.id);
      return this.#endOf(request, { kind: "malformed", reason: "decode frame: malformed" });
    }
    const isConfused = peer.kind === "confused" && this.prng.chance(0.2);
    if (isConfused) this.caught.add(peer.id);
    const block = blockOf(
      isConfused ? height + 1n + BigInt(this.prng.below(9)) : height,
      this.options.blockBytes ?? 500,
    );
    if (isInvented) this.#forged.set(block, peer);
    if (peer.kind === "forger" && this.prng.chance(0.3)) this.#forged.set(block, peer);
    asked.heardAt = this.now;
    this.after(peer.blockMs, () => this.#answer(request, index + 1));
    this.#input({ type: "block_received", request, block });
  }

  #endOf(request: RequestId, failure: { kind: "lost" | "malformed"; reason: string } | undefined): void {
    this.#asked.delete(request);
    this.#input({ type: "request_ended", request, failure });
  }

  #apply(block: OfferedBlock): void {
    invariant(this.#applying === undefined, `apply ${block.height} while ${this.#applying} is applied`);
    invariant(!this.isConsensusRunning, `apply ${block.height} while consensus runs`);
    invariant(block.height === this.next, `apply ${block.height}, next is ${this.next}`);
    this.#applying = block.height;
    const forger = this.#forged.get(block);
    this.after(this.options.executeMs ?? 1, () => {
      this.#applying = undefined;
      if (forger === undefined) {
        this.next++;
        const ageMs = this.now - (this.#bornAt.get(block.height) ?? -60_000);
        this.#input({ type: "block_applied", height: block.height, ageMs });
      } else {
        this.caught.add(forger.id);
        this.#input({ type: "block_refused", height: block.height, reason: "forged" });
      }
    });
  }
}

/**
 * A world for the machine of state sync in virtual time, for its tests: a chain that is finished, snapshots of it in a format of
 * a few bytes, peers that are honest, slow or lie in each way, and a restore that knows what is right.
 * @module
 */
import { LightBlock } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { genesisOf, type Made, MiniChain, updateOf } from "./mini_chain.ts";
import type { ChainState } from "../../node/chain/mod.ts";
import { concatBytes, equalBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { invariant } from "../../node/core/invariant.ts";
import { Prng } from "../../node/core/prng.ts";
import { NANOS_PER_MS, timestampToNanos } from "../../node/core/time.ts";
import type { Commit } from "cosmjs-types/tendermint/types/types";
import { createStateSync } from "../../node/sync/state_sync.ts";
import {
  type LinkedHeader,
  type SnapshotOffer,
  type SnapshotReading,
  STATE_SYNC_TICK_MS,
  type StateSync,
  type StateSyncEffect,
  type StateSyncInput,
  type StateSyncOptions,
} from "../../node/sync/state_ports.ts";
import { STATE_PEER_REQUESTS_MAX } from "../../node/sync/state_limits.ts";

/** A chain with its seals and the validators of each height. */
export interface TestChain {
  readonly blocks: readonly Made[];
  readonly commits: readonly Commit[];
  readonly sets: readonly ValidatorSet[];
  readonly appHashes: readonly Uint8Array[];
}

/** The validators change twice; `fork` makes another chain of the same validators from that height on. */
export function makeChain(height: number, fork = Infinity): TestChain {
  const chain = new MiniChain(genesisOf([10n, 9n, 8n, 7n]));
  const commits: Commit[] = [];
  const sets: ValidatorSet[] = [];
  const appHashes: Uint8Array[] = [];
  for (let h = 1; h <= height; h++) {
    sets.push(chain.state.validators);
    const made = chain.make({ txs: [utf8ToBytes(h >= fork ? `fork ${h}` : `tx ${h}`)] });
    chain.take(made, h === 3 ? [updateOf(4, 6n)] : h === 9 ? [updateOf(1, 0n), updateOf(0, 12n)] : []);
    commits.push(chain.lastCommit!);
    appHashes.push((chain.state as ChainState).appHash);
  }
  return { blocks: chain.blocks, commits, sets, appHashes };
}

export function lightBlockAt(chain: TestChain, height: bigint): LightBlock | undefined {
  const i = Number(height) - 1;
  const [made, commit, validatorSet] = [chain.blocks[i], chain.commits[i], chain.sets[i]];
  if (made === undefined) return undefined;
  const plain = { signedHeader: { header: made.block.header, commit: commit! }, validatorSet: validatorSet! };
  // As it comes off the wire.
  return LightBlock.decode(LightBlock.encode(plain).finish());
}

/** The format of the tests: an app hash and the hashes of the chunks. */
export const READING: SnapshotReading = {
  format: 1,
  metadata(bytes) {
    if (bytes.length < 32 || bytes.length % 32 !== 0) return undefined;
    const chunkHashes: Uint8Array[] = [];
    for (let at = 32; at < bytes.length; at += 32) chunkHashes.push(bytes.subarray(at, at + 32));
    return { hash: sha256(bytes), appHash: bytes.subarray(0, 32), chunkHashes };
  },
};

export const chunkOf = (height: bigint, index: number, salt = ""): Uint8Array =>
  utf8ToBytes(`chunk ${index} of ${height}${salt}`);

export function offerOf(chain: TestChain, height: bigint, chunks: number, salt = ""): SnapshotOffer {
  const hashes = Array.from({ length: chunks }, (_, i) => sha256(chunkOf(height, i, i === chunks - 1 ? salt : "")));
  const appHash = chain.appHashes[Number(height) - 1] ?? sha256(utf8ToBytes("nothing"));
  const metadata = concatBytes(appHash, ...hashes);
  return { height, format: 1, chunks, hash: sha256(metadata), metadata };
}

export const HONEST = ["honest", "slow", "restless", "vanishing"] as const;
export const LIARS = [
  /** Does not answer. */
  "silent",
  /** Offers snapshots of heights that are not there. */
  "boaster",
  /** Offers a snapshot of another state. */
  "false_root",
  /** Offers a snapshot with a chunk that is not in the state. */
  "false_chunk",
  /** Sends other bytes as chunks. */
  "tamperer",
  /** Offers metadata that are not those of the hash. */
  "false_hash",
  /** Sends other headers. */
  "false_header",
  /** Sends another block. */
  "false_block",
  /** Says that the priorities are others, and perhaps the proposer. */
  "false_priorities",
  /** Sends other headers below the snapshots. */
  "false_history",
  /** Answers everything but questions for chunks. */
  "stuck",
  /** Sends what cannot be decoded. */
  "malformed",
] as const;
export type StateKind = typeof HONEST[number] | typeof LIARS[number];

/** What these do is no proof of anything: they are not reported. */
export const UNPROVEN: readonly StateKind[] = ["silent", "boaster", "false_priorities", "stuck"];

interface WorldPeer {
  readonly id: string;
  readonly kind: StateKind;
  readonly chain: TestChain;
  connected: boolean;
  /** Chunks it gave. */
  given: number;
}

export interface StateWorldOptions {
  readonly seed: number;
  readonly kinds: readonly StateKind[];
  readonly chain: TestChain;
  /** Of each peer; its place in `kinds` decides. */
  readonly chains?: readonly TestChain[];
  readonly snapshots: readonly bigint[];
  readonly chunks: number;
  readonly options?: Partial<StateSyncOptions>;
}

type Asked = Extract<StateSyncEffect, { readonly request: number; readonly peer: string }>;

export class StateWorld {
  readonly peers: WorldPeer[];
  readonly reports: { readonly peer: string; readonly code: string; readonly reason: string }[] = [];
  readonly machine: StateSync;
  ended: Extract<StateSyncEffect, { type: "done" | "failed" }> | undefined;
  /** What was restored. */
  restored: {
    height: bigint;
    chunks: Uint8Array[];
    headers: LinkedHeader[];
    finished: Extract<StateSyncEffect, { type: "finish_restore" }> | undefined;
  } | undefined;
  now = 0;
  readonly #options: StateWorldOptions;
  readonly #random: Prng;
  readonly #events: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  readonly #open = new Map<number, Asked>();
  #order = 0;

  constructor(options: StateWorldOptions) {
    this.#options = options;
    this.#random = new Prng(options.seed);
    this.peers = options.kinds.map((kind, i) => ({
      id: `${kind}-${i}`,
      kind,
      chain: options.chains?.[i] ?? options.chain,
      connected: false,
      given: 0,
    }));
    const trusted = options.chain.blocks[1]!;
    this.machine = createStateSync({
      chainId: "mini-1",
      initialHeight: 1n,
      trusted: { height: 2n, hash: trusted.blockId.hash },
      trustLevel: { numerator: 1n, denominator: 3n },
      trustingPeriodMs: 3_600_000,
      snapshots: READING,
      ...options.options,
    });
  }

  /** Runs until it ends, or for so long. */
  run(ms: number): void {
    const last = this.#options.chain.blocks.at(-1)!.block.header.time;
    for (const peer of this.peers) this.#at(this.#random.below(50), () => this.#join(peer));
    this.input({ type: "started", nowNanos: timestampToNanos(last) + 1_000n * NANOS_PER_MS });
    const tick = () => {
      this.input({ type: "ticked" });
      this.#at(STATE_SYNC_TICK_MS, tick);
    };
    this.#at(STATE_SYNC_TICK_MS, tick);
    while (this.ended === undefined && this.now < ms) {
      this.#events.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#events.shift()!;
      this.now = next.at;
      next.run();
    }
  }

  #at(delay: number, run: () => void): void {
    this.#events.push({ at: this.now + delay, order: this.#order++, run });
  }

  input(input: StateSyncInput): void {
    if (this.ended !== undefined) return;
    for (const effect of this.machine.on(input, this.now)) this.#perform(effect);
  }

  #join(peer: WorldPeer): void {
    peer.connected = true;
    this.input({ type: "peer_joined", peer: peer.id });
    if (peer.kind === "restless") this.#at(200 + this.#random.below(3_000), () => this.#leave(peer, true));
  }

  #leave(peer: WorldPeer, returns: boolean): void {
    if (!peer.connected) return;
    peer.connected = false;
    this.input({ type: "peer_left", peer: peer.id });
    for (const [request, asked] of this.#open) {
      if (asked.peer === peer.id) this.#answer({ type: "request_failed", request, reason: "it left", lied: false });
    }
    if (returns) this.#at(this.#random.below(2_000), () => this.#join(peer));
  }

  #perform(effect: StateSyncEffect): void {
    switch (effect.type) {
      case "ask_snapshots":
      case "ask_light_block":
      case "ask_block":
      case "ask_chunk":
        return this.#ask(effect);
      case "cancel_request":
        this.#open.delete(effect.request);
        return;
      case "report": {
        this.reports.push(effect);
        const peer = this.peers.find(({ id }) => id === effect.peer)!;
        // The network bans it.
        return this.#at(1, () => this.#leave(peer, false));
      }
      case "done":
      case "failed":
        this.ended = effect;
        return;
      default:
        return this.#at(1 + this.#random.below(20), () => this.input(this.#restore(effect)));
    }
  }

  #ask(effect: Asked): void {
    this.#open.set(effect.request, effect);
    const own = [...this.#open.values()].filter(({ peer, type }) => peer === effect.peer && type !== "ask_snapshots");
    // The light client and the poll ask beside the downloads.
    invariant(own.length <= STATE_PEER_REQUESTS_MAX + 2, `${own.length} questions to ${effect.peer}`);
    const peer = this.peers.find(({ id }) => id === effect.peer)!;
    if (!peer.connected) {
      return this.#at(
        0,
        () => this.#answer({ type: "request_failed", request: effect.request, reason: "gone", lied: false }),
      );
    }
    if (peer.kind === "silent" || (peer.kind === "stuck" && effect.type === "ask_chunk")) return;
    const delay = peer.kind === "slow" ? 500 + this.#random.below(3_000) : 1 + this.#random.below(40);
    this.#at(delay, () => {
      if (peer.connected) this.#answer(this.#answerOf(peer, effect));
    });
  }

  #answer(input: StateSyncInput & { readonly request: number }): void {
    if (this.#open.delete(input.request)) this.input(input);
  }

  #answerOf(peer: WorldPeer, asked: Asked): StateSyncInput & { readonly request: number } {
    const { request } = asked;
    if (peer.kind === "malformed" && this.#random.below(4) === 0) {
      return { type: "request_failed", request, reason: "malformed", lied: true };
    }
    switch (asked.type) {
      case "ask_snapshots":
        return { type: "snapshots_received", request, offers: this.#offersOf(peer) };
      case "ask_light_block":
        return { type: "light_block_received", request, block: this.#lightBlockOf(peer, asked.height) };
      case "ask_block": {
        const bytes = peer.chain.blocks[Number(asked.height) - 1]?.bytes;
        if (peer.kind !== "false_block") return { type: "block_received", request, bytes };
        return { type: "block_received", request, bytes: peer.chain.blocks[0]!.bytes };
      }
      case "ask_chunk":
        return { type: "chunk_received", request, bytes: this.#chunkOf(peer, asked.height, asked.index) };
    }
  }

  #offersOf(peer: WorldPeer): SnapshotOffer[] {
    const { kind, chain } = peer;
    const { snapshots, chunks } = this.#options;
    const honest = snapshots.map((height) => offerOf(chain, height, chunks));
    const [top] = honest;
    if (top === undefined) return [];
    switch (kind) {
      case "boaster":
        return [offerOf(chain, 1_000_000n + BigInt(this.#random.below(1_000)), chunks)];
      case "false_root":
        return [
          offerOf(
            { ...chain, appHashes: chain.appHashes.map(() => sha256(utf8ToBytes("other"))) },
            top.height + 1n,
            chunks,
          ),
        ];
      case "false_chunk":
        return [offerOf(chain, top.height + 1n, chunks, " forged")];
      case "false_hash":
        return [{ ...top, hash: sha256(utf8ToBytes("other")) }];
      default:
        return [{ ...top, format: 2 }, ...(this.#isGone(peer) ? honest.slice(1) : honest)];
    }
  }

  /** It has newer snapshots and has dropped the first one. */
  #isGone({ kind, given }: WorldPeer): boolean {
    return kind === "vanishing" && given > 2;
  }

  #lightBlockOf({ kind, chain }: WorldPeer, height: bigint): LightBlock | undefined {
    const block = lightBlockAt(chain, height);
    if (block === undefined) return undefined;
    const { signedHeader, validatorSet } = block;
    const isBelow = height < this.#options.snapshots.at(-1)!;
    if ((kind === "false_header" && height > 2n) || (kind === "false_history" && isBelow && height > 2n)) {
      const header = { ...signedHeader!.header!, appHash: sha256(utf8ToBytes("other")) };
      return { ...block, signedHeader: { ...signedHeader!, header } };
    }
    if (kind === "false_priorities") {
      const validators = validatorSet!.validators.map((each, i) => ({ ...each, proposerPriority: BigInt(i) }));
      const proposer = this.#options.seed % 2 === 0 ? validatorSet!.proposer! : validators[3]!;
      return { ...block, validatorSet: { ...validatorSet!, validators, proposer } };
    }
    return block;
  }

  #chunkOf(peer: WorldPeer, height: bigint, index: number): Uint8Array | undefined {
    const { chunks } = this.#options;
    peer.given++;
    if (this.#isGone(peer) && height === this.#options.snapshots[0]) return undefined;
    if (peer.kind === "tamperer") return utf8ToBytes("something else");
    return chunkOf(height, index, peer.kind === "false_chunk" && index === chunks - 1 ? " forged" : "");
  }

  #restore(effect: Extract<StateSyncEffect, { readonly attempt: number }>): StateSyncInput {
    const { attempt } = effect;
    if (effect.type === "begin_restore") {
      this.restored = { height: effect.height, chunks: [], headers: [], finished: undefined };
      return { type: "restore_begun", attempt };
    }
    const restored = this.restored!;
    switch (effect.type) {
      case "apply_chunk": {
        const { index, bytes } = effect;
        if (!equalBytes(bytes, chunkOf(restored.height, index))) {
          return { type: "chunk_refused", attempt, index, reason: "it is not in the state" };
        }
        invariant(index === restored.chunks.length, `chunk ${index} after ${restored.chunks.length}`);
        restored.chunks.push(bytes);
        return { type: "chunk_applied", attempt, index };
      }
      case "complete_restore":
        invariant(restored.chunks.length === this.#options.chunks, "chunks are missing");
        return { type: "restore_completed", attempt, evidence: { blocks: 4n, nanos: 1n } };
      case "save_headers":
        restored.headers.push(...effect.headers);
        return { type: "headers_saved", attempt };
      case "finish_restore":
        restored.finished = effect;
        return { type: "restore_finished", attempt };
    }
  }
}

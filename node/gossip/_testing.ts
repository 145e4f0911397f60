/**
 * For tests: a mesh of gossip machines in virtual time over links that lose, delay and part, and a toy engine's words. Everything
 * follows from the seed.
 * @module
 */
import type { BlockID } from "cosmjs-types/tendermint/types/types";
import type { GossipFacts } from "../consensus/engine.ts";
import { concatBytes, equalBytes, utf8ToBytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { invariant } from "../core/invariant.ts";
import type { GossipVerdict } from "../core/peer.ts";
import { Prng } from "../core/prng.ts";
import { err, ok } from "../core/result.ts";
import { blockIdKey, partSetHeader } from "../core/types/mod.ts";
import { createConsensusGossip } from "./consensus.ts";
import type { GossipLimits } from "./limits.ts";
import type { GossipCodec } from "./_own.ts";
import { GOSSIP_TICK_MS, type GossipEffect, type GossipInput } from "./ports.ts";
import { decodeFrame } from "./wire.ts";

/** The id of any bytes taken as a block. */
export function blockIdOfBytes(bytes: Uint8Array): BlockID {
  return { hash: sha256(bytes), partSetHeader: partSetHeader(bytes) };
}

/** `length` bytes that look like nothing else of another `seed`. */
export function blockBytes(seed: number, length: number): Uint8Array {
  const random = new Prng(seed);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 97) bytes[i] = random.below(256);
  return bytes;
}

/** What a toy engine says; `good` stands for a signature. */
export interface ToyMessage {
  readonly kind: string;
  readonly height: number;
  readonly round: number;
  readonly author: number | undefined;
  readonly good: boolean;
  readonly once: boolean;
  readonly text: string;
  readonly blockId: string | undefined;
  readonly block: Uint8Array;
}

const toyBlockIds = new Map<string, BlockID>();

export function toy(fields: Partial<ToyMessage> & { readonly block?: Uint8Array }): ToyMessage {
  const block = fields.block ?? new Uint8Array();
  let blockId: string | undefined;
  if (block.length > 0) {
    const id = blockIdOfBytes(block);
    blockId = blockIdKey(id);
    toyBlockIds.set(blockId, id);
  }
  return {
    kind: "vote",
    height: 1,
    round: 0,
    author: undefined,
    good: true,
    once: false,
    text: "",
    blockId,
    ...fields,
    block,
  };
}

/** A length, JSON, the block. */
export const toyCodec: GossipCodec<ToyMessage> = {
  facts({ height, round, kind, author, blockId, once }): GossipFacts {
    const id = blockId === undefined ? undefined : toyBlockIds.get(blockId);
    return { height: BigInt(height), round, kind, author, blockId: id, spread: once ? "once" : "relay" };
  },
  blockOf: ({ block }) => block.length > 0 ? block : undefined,
  withBlock: (message, block) => ({ ...message, block: block ?? new Uint8Array() }),
  encodeMessage({ block, ...rest }) {
    const json = utf8ToBytes(JSON.stringify(rest));
    return concatBytes(Uint8Array.of(json.length >> 8, json.length & 255), json, block);
  },
  decodeMessage(bytes) {
    const refused = err({ codespace: "toy", code: 1, message: "decode toy: malformed" });
    try {
      const length = bytes[0]! * 256 + bytes[1]!;
      const rest = JSON.parse(new TextDecoder().decode(bytes.subarray(2, 2 + length)));
      if (typeof rest !== "object" || typeof rest.height !== "number") return refused;
      return ok({ ...rest, block: bytes.subarray(2 + length) });
    } catch {
      return refused;
    }
  },
};

/** What runs at a node of the mesh. */
export interface MeshProcess<M> {
  deliver(from: string, message: Uint8Array): void;
  judge(message: M): GossipVerdict;
}

export interface MeshOptions<M> {
  readonly seed: number;
  readonly codec: GossipCodec<M>;
  readonly process: (node: MeshNode<M>) => MeshProcess<M>;
  readonly limits?: Partial<GossipLimits>;
  readonly delayMsMax?: number;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Mesh<M> {
  now = 0;
  /** Chance of each frame on each link. */
  loss = 0;
  readonly random: Prng;
  readonly nodes: MeshNode<M>[] = [];
  readonly options: MeshOptions<M>;
  /** Frames sent; `helped`: messages to one who lacked them. */
  readonly sent = { topic: 0, direct: 0, helped: 0, bytes: 0 };
  #events: Event[] = [];
  #order = 0;

  constructor(options: MeshOptions<M>) {
    this.options = options;
    this.random = new Prng(options.seed);
  }

  add(): MeshNode<M> {
    const node = new MeshNode(this, `n${this.nodes.length}`);
    this.nodes.push(node);
    return node;
  }

  at(id: string): MeshNode<M> {
    const node = this.nodes[Number(id.slice(1))];
    invariant(node !== undefined, `find ${id}`);
    return node;
  }

  schedule(delayMs: number, run: () => void): void {
    const event = { at: this.now + delayMs, order: this.#order++, run };
    let low = 0, high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle]!;
      if (other.at < event.at || (other.at === event.at && other.order < event.order)) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  /** Runs until `done` or for `ms`; true when done. */
  run(ms: number, done: () => boolean = () => false): boolean {
    const until = this.now + ms;
    while (this.#events.length > 0 && this.#events[0]!.at <= until) {
      const event = this.#events.shift()!;
      this.now = event.at;
      event.run();
      if (done()) return true;
    }
    this.now = until;
    return done();
  }

  /** Carries a frame over a link, or loses it. */
  carry(from: MeshNode<M>, to: MeshNode<M>, kind: "topic" | "direct", bytes: Uint8Array): void {
    this.sent[kind]++;
    this.sent.bytes += bytes.length;
    const frame = kind === "direct" ? decodeFrame(bytes) : undefined;
    if (frame?.ok && frame.value.carry !== undefined) this.sent.helped++;
    if (this.random.chance(this.loss)) return;
    const delay = 1 + this.random.below(this.options.delayMsMax ?? 10);
    this.schedule(delay, () => {
      if (to.links.has(from.id)) to.hear(from.id, kind, bytes);
    });
  }

  link(a: MeshNode<M>, b: MeshNode<M>): void {
    if (a.links.has(b.id)) return;
    a.links.add(b.id);
    b.links.add(a.id);
    a.on({ type: "peer_joined", peer: b.id });
    b.on({ type: "peer_joined", peer: a.id });
  }

  unlink(a: MeshNode<M>, b: MeshNode<M>): void {
    if (!a.links.delete(b.id)) return;
    b.links.delete(a.id);
    a.on({ type: "peer_left", peer: b.id });
    b.on({ type: "peer_left", peer: a.id });
  }
}

export class MeshNode<M> {
  readonly id: string;
  readonly mesh: Mesh<M>;
  readonly machine: ReturnType<typeof createConsensusGossip<M>>;
  readonly process: MeshProcess<M>;
  readonly links = new Set<string>();
  readonly reports: string[] = [];
  readonly statuses: { peer: string; height: bigint; base: bigint }[] = [];
  /** Whole messages that the process got, in order. */
  readonly delivered: Uint8Array[] = [];
  readonly #seen = new Set<string>();

  constructor(mesh: Mesh<M>, id: string) {
    this.mesh = mesh;
    this.id = id;
    const { codec, limits, process, seed } = mesh.options;
    this.process = process(this);
    const judge = (message: M) => this.process.judge(message);
    this.machine = createConsensusGossip({ codec, judge, random: new Prng(seed), ...(limits && { limits }) });
    const tick = () => {
      this.on({ type: "ticked" });
      mesh.schedule(GOSSIP_TICK_MS, tick);
    };
    mesh.schedule(mesh.random.below(GOSSIP_TICK_MS), tick);
  }

  on(input: GossipInput): GossipVerdict {
    const { effects, verdict } = this.machine.on(input, this.mesh.now);
    for (const effect of effects) this.#perform(effect);
    return verdict;
  }

  /** Whether a whole message was delivered. */
  has(message: Uint8Array): boolean {
    return this.delivered.some((other) => equalBytes(other, message));
  }

  hear(from: string, by: "topic" | "direct", bytes: Uint8Array): void {
    if (by === "direct") return void this.on({ type: "heard", from, by, bytes });
    const key = sha256(bytes).toHex();
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (this.on({ type: "heard", from, by, bytes }) === "accept") this.#spread(bytes, from);
  }

  #spread(bytes: Uint8Array, except: string | undefined): void {
    for (const to of this.links) if (to !== except) this.mesh.carry(this, this.mesh.at(to), "topic", bytes);
  }

  #perform(effect: GossipEffect): void {
    switch (effect.type) {
      case "publish": {
        const key = sha256(effect.bytes).toHex();
        if (this.#seen.has(key)) return;
        this.#seen.add(key);
        return this.#spread(effect.bytes, undefined);
      }
      case "send":
        if (this.links.has(effect.to)) this.mesh.carry(this, this.mesh.at(effect.to), "direct", effect.bytes);
        return;
      case "deliver":
        this.delivered.push(effect.message);
        return this.process.deliver(effect.from, effect.message);
      case "report":
        this.reports.push(`${effect.peer} ${effect.code}: ${effect.reason}`);
        return;
      case "peer_status":
        this.statuses.push(effect);
        return;
    }
  }
}

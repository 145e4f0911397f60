/**
 * What a hostile peer does beside lying in consensus: it twists what its own honest-looking parts say and answer, and says
 * things of its own. It shares nothing but what a real one could: what it hears and what it has.
 * @module
 */
import { BlockIDFlag } from "cosmjs-types/tendermint/types/validator";
import { Commit } from "cosmjs-types/tendermint/types/types";
import type { Decision } from "../../node/consensus/mod.ts";
import type { Prng } from "../../node/core/prng.ts";
import { decodeFrame, encodeCarry, encodeHave, encodeStatus } from "../../node/gossip/wire.ts";
import { RESPONSE_FRAME_BYTES_MAX } from "../../node/network/ports.ts";
import { decodeBlockFrame, decodeBlocksQuestion, encodeBlockFrame, encodeBlocksQuestion } from "../../node/sync/mod.ts";
import type { NodeParts } from "./engines.ts";
import type { By } from "./network.ts";
import { randomBytes } from "./signatures.ts";
import { peerName, type SimPort } from "./sim_port.ts";
import type { MischiefOptions } from "./swarm_peers.ts";

/** What the world lends to a hostile peer. */
export interface MischiefHands {
  readonly options: MischiefOptions;
  readonly prng: Prng;
  /** The network of the process that runs now, if one does. */
  port(): SimPort | undefined;
  /** Its own height, for what is to look likely. */
  height(): bigint;
  /** Its last block. */
  lastBlock(): Decision | undefined;
  wait(ms: number): Promise<void>;
}

/** Frames it remembers, to say them again. */
const REMEMBERED_MAX = 64;
const FLOOD_FRAMES = 200;

export class Mischief {
  readonly #hands: MischiefHands;
  readonly #heard: Uint8Array[] = [];

  constructor(hands: MischiefHands) {
    this.#hands = hands;
  }

  get everyMs(): number {
    return this.#hands.options.everyMs;
  }

  /** What its own gossip and sync see as the network. */
  disguise(port: SimPort): NodeParts["network"] {
    const { gossip } = this.#hands.options;
    return {
      publish: (topic, bytes) => {
        if (gossip !== "withhold") port.publish(topic, bytes);
      },
      send: (peer, channel, bytes) => gossip === "mute" || port.send(peer, channel, this.#boasting(bytes)),
      request: (peer, _protocol, body, limits) => port.request(peer, body, limits),
      report: () => {},
    };
  }

  overhear(bytes: Uint8Array): void {
    const { prng } = this.#hands;
    if (this.#heard.length < REMEMBERED_MAX) this.#heard.push(bytes);
    else if (prng.chance(0.1)) this.#heard[prng.below(REMEMBERED_MAX)] = bytes;
  }

  /** Does something by itself. */
  act(): void {
    const { options: { gossip }, prng } = this.#hands;
    switch (gossip) {
      case "garbage":
        return this.#sayOne(prng.chance(0.5) ? randomBytes(prng, prng.below(200)) : this.#broken());
      case "replay":
        return this.#say(this.#remembered());
      case "far":
        return this.#far();
      case "haves":
        for (let i = 0; i < 20; i++) this.#say(this.#have(), "direct");
        return;
      case "bad_parts":
        return this.#badPart();
      case "statuses":
        return this.#say(this.#status(), "direct");
      case "asks":
        return this.#ask();
      default:
        return;
    }
  }

  /** Its answer to a question for blocks; undefined: what its own server says. */
  answer(body: Uint8Array, honest: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> | undefined {
    const { options: { sync }, prng } = this.#hands;
    // Nobody lies always: who is known to lie is not asked.
    if (sync === undefined || body.length === 0 || prng.chance(0.3)) return undefined;
    return sync === "invents" ? this.#invented(body) : this.#answers(sync, honest);
  }

  /** Blocks of heights that nobody has decided, as like to others as can be without signatures. */
  async *#invented(body: Uint8Array): AsyncGenerator<Uint8Array> {
    const { lastBlock, prng } = this.#hands;
    const question = decodeBlocksQuestion(body);
    const last = lastBlock();
    if (!question.ok || question.value === undefined || last === undefined) return;
    const signatures = last.commit.signatures.map((signature) =>
      signature.signature.length === 0 ? signature : { ...signature, signature: randomBytes(prng, 64) }
    );
    for (let i = 0; i < question.value.count; i++) {
      const commit = { ...last.commit, height: question.value.from + BigInt(i), signatures };
      yield encodeBlockFrame(last.block.bytes, Commit.encode(commit).finish());
    }
  }

  async *#answers(lie: NonNullable<MischiefOptions["sync"]>, honest: () => AsyncIterable<Uint8Array>) {
    const { prng, wait } = this.#hands;
    if (lie === "silent") await new Promise(() => {});
    if (lie === "empty") return;
    if (lie === "flood") { for (let i = 0; i < FLOOD_FRAMES; i++) yield randomBytes(prng, 100); }
    for await (const frame of honest()) {
      if (lie === "drip") await wait(500 + prng.below(3_000));
      yield this.#twisted(lie, frame);
    }
  }

  #twisted(lie: NonNullable<MischiefOptions["sync"]>, frame: Uint8Array): Uint8Array {
    const { prng } = this.#hands;
    const offered = decodeBlockFrame(frame, RESPONSE_FRAME_BYTES_MAX);
    if (!offered.ok || offered.value === undefined) return frame;
    const { bytes, commit } = offered.value;
    switch (lie) {
      case "wrong_block":
        return encodeBlockFrame(flipped(prng, bytes), Commit.encode(commit).finish());
      case "wrong_commit":
        return encodeBlockFrame(bytes, Commit.encode(this.#twistedCommit(commit)).finish());
      case "other_height": {
        const height = commit.height + BigInt(prng.below(3)) - 1n;
        return encodeBlockFrame(bytes, Commit.encode({ ...commit, height }).finish());
      }
      case "garbage":
        return prng.chance(0.5) ? randomBytes(prng, prng.below(300)) : flipped(prng, frame);
      default:
        return frame;
    }
  }

  #twistedCommit(commit: Commit): Commit {
    const { prng } = this.#hands;
    const absent = {
      blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_ABSENT,
      validatorAddress: new Uint8Array(),
      timestamp: { seconds: -62135596800n, nanos: 0 },
      signature: new Uint8Array(),
    };
    const kept = prng.below(commit.signatures.length + 1);
    const signatures = commit.signatures.map((signature, i) => i === kept ? signature : absent);
    const forged = commit.signatures.map((signature) =>
      signature.signature.length === 0 ? signature : { ...signature, signature: randomBytes(prng, 64) }
    );
    return prng.pick<Commit>([
      { ...commit, signatures },
      { ...commit, signatures: forged },
      { ...commit, signatures: commit.signatures.slice(1) },
      { ...commit, round: commit.round + 1 },
      { ...commit, signatures: [] },
    ]);
  }

  /** A status that claims more than there is. */
  #boasting(bytes: Uint8Array): Uint8Array {
    const { boasts } = this.#hands.options;
    if (boasts === 0) return bytes;
    const frame = decodeFrame(bytes);
    const status = frame.ok ? frame.value.status : undefined;
    if (status === undefined) return bytes;
    return encodeStatus({ ...status, height: status.height + BigInt(boasts) });
  }

  #status(): Uint8Array {
    const { prng, height } = this.#hands;
    const claimed = prng.pick([0n, 1n, height() + 2n, height() + 50n, 1n << 62n]);
    return encodeStatus({ height: claimed, round: prng.below(3), base: prng.pick([0n, 1n, height() + 1n]) });
  }

  /** As if of somebody who lacks everything, or has what nobody else has. */
  #have(): Uint8Array {
    const { prng, height } = this.#hands;
    const around = height() + BigInt(prng.below(4)) - 1n;
    const blocks = [{ id: randomBytes(prng, 8), parts: randomBytes(prng, 1) }];
    return encodeHave({
      height: around < 1n ? 1n : around,
      heads: randomBytes(prng, 8 * prng.below(5)),
      blocks: prng.chance(0.5) ? blocks : [],
    });
  }

  /** What was heard, with another height or round in it: signatures do not hold. */
  #far(): void {
    const { prng } = this.#hands;
    const frame = decodeFrame(this.#remembered() ?? new Uint8Array());
    const head = frame.ok ? frame.value.carry?.head : undefined;
    if (head === undefined) return;
    // The heights of votes and proposals are among the first bytes.
    const changed = Uint8Array.from(head);
    changed[Math.min(changed.length - 1, 4 + prng.below(4))]! += 1 + prng.below(3);
    this.#say(encodeCarry(changed), "direct");
  }

  #badPart(): void {
    const { prng } = this.#hands;
    for (const bytes of prng.shuffle(this.#heard)) {
      const frame = decodeFrame(bytes);
      const carry = frame.ok ? frame.value.carry : undefined;
      if (carry?.part === undefined) continue;
      const { part } = carry;
      const twisted = prng.pick([
        { ...part, index: part.index + 1 },
        { ...part, bytes: flipped(prng, part.bytes) },
        { ...part, proof: { ...part.proof, leafHash: randomBytes(prng, 32) } },
      ]);
      return this.#say(encodeCarry(carry.head, twisted));
    }
  }

  /** Asks for blocks, and takes one of them or none. */
  #ask(): void {
    const { prng, height } = this.#hands;
    const port = this.#hands.port();
    const { neighbours } = port ?? { neighbours: [] };
    if (neighbours.length === 0) return;
    const from = prng.pick([0n, 1n, height(), 1n << 60n]);
    const body = prng.chance(0.2) ? randomBytes(prng, prng.below(20)) : encodeBlocksQuestion({ from, count: 64 });
    const limits = { frameBytesMax: RESPONSE_FRAME_BYTES_MAX, framesMax: 64, timeoutMs: 1_000 };
    const frames = port!.request(peerName(prng.pick(neighbours)), body, limits)[Symbol.asyncIterator]();
    frames.next().catch(() => {});
    if (prng.chance(0.5)) frames.return?.().catch(() => {});
  }

  #remembered(): Uint8Array | undefined {
    return this.#heard.length === 0 ? undefined : this.#hands.prng.pick(this.#heard);
  }

  #broken(): Uint8Array {
    const { prng } = this.#hands;
    const bytes = flipped(prng, this.#remembered() ?? new Uint8Array(20));
    return prng.chance(0.5) ? bytes : bytes.slice(0, prng.below(bytes.length));
  }

  /** To all; by topic or directly. */
  #say(bytes: Uint8Array | undefined, by: By = this.#hands.prng.chance(0.5) ? "topic" : "direct"): void {
    const port = this.#hands.port();
    if (bytes === undefined || port === undefined) return;
    for (const to of port.neighbours) port.raw(to, by, bytes);
  }

  #sayOne(bytes: Uint8Array): void {
    const port = this.#hands.port();
    const { neighbours } = port ?? { neighbours: [] };
    if (neighbours.length === 0) return;
    const { prng } = this.#hands;
    port!.raw(prng.pick(neighbours), prng.chance(0.5) ? "topic" : "direct", bytes);
  }
}

function flipped(prng: Prng, bytes: Uint8Array): Uint8Array {
  const out = Uint8Array.from(bytes);
  if (out.length > 0) out[prng.below(out.length)]! ^= 1 << prng.below(8);
  return out;
}

/** The stages of state sync that are about headers: prove one, go back from it, ask about priorities, fill in below. @module */
import type { Header } from "cosmjs-types/tendermint/types/types";
import type { Divergence, FailedBisection, KnownBlock, LightBlock } from "../core/light/mod.ts";
import type { PeerId } from "../core/peer.ts";
import { timestampToNanos } from "../core/time.ts";
import type { RequestId } from "./ports.ts";
import { BACKFILL_BATCH, BACKFILL_MAX, CLOCK_DRIFT_MS, LIGHT_BLOCKS_AHEAD, WITNESSES_MAX } from "./state_limits.ts";
import { StateDownloads } from "./_state_downloads.ts";
import { LightRun, linkBelow, sealedBelow, sealedHeader } from "./_state_light.ts";
import { PriorityPoll } from "./_state_priorities.ts";
import type { Stage, StageHost, StateAnswer } from "./_state_stage.ts";
import type { EvidenceAge, LinkedHeader, SealedHeader, StateSyncOptions, SyncedHeaders } from "./state_ports.ts";

/** The peers that may be asked about headers: all. */
function* everybody(host: StageHost): Generator<PeerId> {
  for (const { id } of host.peers.all) yield id;
}

const lightBlockOf = (answer: StateAnswer) => answer.type === "light_block" ? answer.block : undefined;

export interface ProveHeaderEnds {
  proven(block: KnownBlock): void;
  /** Nobody could prove it; all primaries, or one, said why. */
  unproven(reason: string): void;
  /** There is no point in asking anybody else. */
  hopeless(
    code: "trust_invalid" | "trust_expired" | "trust_mismatch" | "light_client_attack",
    reason: string,
    divergence?: Divergence,
  ): void;
}

/** The light client, with one peer after the other as its primary until one gets there. */
export class ProveHeader implements Stage {
  readonly #host: StageHost;
  readonly #options: StateSyncOptions;
  readonly #target: bigint;
  readonly #ends: ProveHeaderEnds;
  readonly #tried = new Map<PeerId, string>();
  /** Asked as witnesses, they had nothing that counts. */
  readonly #useless = new Set<PeerId>();
  #mismatches = 0;
  #run: LightRun | undefined;

  constructor(host: StageHost, options: StateSyncOptions, target: bigint, ends: ProveHeaderEnds) {
    this.#host = host;
    this.#options = options;
    this.#target = target;
    this.#ends = ends;
  }

  step(): void {
    this.#run?.step(this.#host.now);
    for (;;) {
      if (this.#run === undefined && !this.#begin()) return;
      const run = this.#run!;
      if (run.proven !== undefined) {
        this.#run = undefined;
        return this.#ends.proven(run.proven);
      }
      if (run.failure === undefined) return;
      this.#run = undefined;
      if (!this.#goesOn(run, run.failure)) return;
    }
  }

  #begin(): boolean {
    const { peers, now } = this.#host;
    const ids = [...everybody(this.#host)];
    const primary = peers.free(ids.filter((id) => !this.#tried.has(id)), now)[0];
    if (primary === undefined) {
      if (ids.length > 0 && ids.every((id) => this.#tried.has(id))) this.#end();
      return false;
    }
    const { trustLevel, trustingPeriodMs, trusted } = this.#options;
    const plan = { trustLevel, trustingPeriodMs, clockDriftMs: CLOCK_DRIFT_MS, trusted, targetHeight: this.#target };
    // A block that is known by its hash needs no witnesses.
    const others = this.#target === trusted.height ? [] : ids;
    const witnesses = others.filter((id) => id !== primary.id && !this.#useless.has(id)).slice(0, WITNESSES_MAX);
    const ask = (peer: PeerId, height: bigint) => this.#host.ask(peer, { type: "ask_light_block", height });
    const cancel = (request: RequestId) => this.#host.cancel(request);
    const nowNanos = () => this.#host.nowNanos();
    this.#run = new LightRun(plan, [primary.id, ...witnesses], { ask, cancel, nowNanos }, now);
    return true;
  }

  /** Whether another primary may do better. */
  #goesOn({ primary, faults }: LightRun, { code, reason, divergence }: FailedBisection): boolean {
    const { trusted } = this.#options;
    switch (code) {
      case "plan":
        this.#ends.hopeless("trust_invalid", reason);
        return false;
      case "expired":
        this.#ends.hopeless(
          "trust_expired",
          `${reason}: take the height and hash of a newer block from a source you trust`,
        );
        return false;
      case "diverged":
        this.#ends.hopeless("light_client_attack", `two chains with valid signatures: ${reason}`, divergence);
        return false;
      case "invalid":
        this.#tried.set(primary, reason);
        this.#host.lied(primary, "bad_light_block", reason);
        return true;
      case "untrusted_root":
        this.#mismatches++;
        this.#tried.set(primary, `not the trusted block of height ${trusted.height}: ${reason}`);
        return true;
      case "no_witness":
        // Again with others; without any, as if nobody else were there: a witness that keeps silent is none.
        for (const [peer] of faults) this.#useless.add(peer);
        return true;
      case "unavailable":
        this.#tried.set(primary, reason);
        return true;
    }
  }

  /** Every peer was the primary once. */
  #end(): void {
    const { trusted } = this.#options;
    if (this.#mismatches === this.#tried.size) {
      return this.#ends.hopeless(
        "trust_mismatch",
        `no peer has the trusted block: height ${trusted.height} has another hash everywhere; check trust_height and trust_hash`,
      );
    }
    this.#ends.unproven([...this.#tried.values()].at(-1)!);
  }

  answered(request: RequestId, answer: StateAnswer): void {
    this.#run?.answered(request, lightBlockOf(answer), this.#host.now);
  }

  failed(request: RequestId): void {
    this.#run?.answered(request, undefined, this.#host.now);
  }

  dropped(peer: PeerId): void {
    this.#run?.dropped(peer, this.#host.now);
  }

  stop(): void {
    this.#run?.stop();
  }
}

/** Light blocks one below the other, each the one that the header above names. */
abstract class GoBack implements Stage {
  protected readonly host: StageHost;
  protected readonly downloads: StateDownloads<LightBlock>;
  /** The lowest header so far. */
  protected above: Header;

  constructor(host: StageHost, above: Header, count: number) {
    this.host = host;
    this.above = above;
    const { height } = above;
    this.downloads = new StateDownloads({
      count,
      ahead: LIGHT_BLOCKS_AHEAD,
      peers: host.peers,
      sources: () => everybody(host),
      ask: (index, peer) => host.ask(peer, { type: "ask_light_block", height: height - 1n - BigInt(index) }),
      cancel: (request) => host.cancel(request),
    });
  }

  abstract step(): void;
  /** Takes the block below `above`; why not, if it is not that block. */
  protected abstract accept(block: LightBlock): string | undefined;

  /** Takes what came in order; liars are dropped. */
  protected advance(): void {
    for (let next = this.downloads.take(); next !== undefined; next = this.downloads.take()) {
      const fault = this.accept(next.value);
      if (fault === undefined) continue;
      this.downloads.untake();
      this.host.lied(next.peer, "bad_light_block", `block at height ${this.above.height - 1n}: ${fault}`);
    }
    this.downloads.step(this.host.now);
  }

  answered(request: RequestId, answer: StateAnswer): void {
    const block = lightBlockOf(answer);
    if (block === undefined) this.downloads.missing(request);
    else this.downloads.received(request, block);
  }

  failed(request: RequestId): void {
    this.downloads.failed(request, this.host.now);
  }

  dropped(peer: PeerId): void {
    this.downloads.drop(peer, true);
  }

  stop(): void {
    this.downloads.stop();
  }
}

export interface FindHeadersEnds {
  found(headers: SyncedHeaders): void;
  unavailable(reason: string): void;
}

/** From a proven block back to the snapshot's; the three that the state follows from are kept. */
export class FindHeaders extends GoBack {
  readonly #height: bigint;
  readonly #ends: FindHeadersEnds;
  readonly #kept: SealedHeader[] = [];
  #fault: string | undefined;

  /** `anchor` is at least two above `height`. */
  constructor(host: StageHost, anchor: KnownBlock, height: bigint, ends: FindHeadersEnds) {
    // Already read by the light client.
    super(host, anchor.block.signedHeader!.header!, Number(anchor.height - height));
    this.#height = height;
    this.#ends = ends;
    if (anchor.height === height + 2n) {
      const sealed = sealedHeader(anchor.block);
      if (sealed.ok) this.#kept.push(sealed.value);
      else this.#fault = sealed.error;
    }
  }

  protected accept(block: LightBlock): string | undefined {
    if (this.above.height - 1n > this.#height + 2n) {
      const linked = linkBelow(this.above, block);
      if (!linked.ok) return linked.error;
      this.above = linked.value.header;
      return undefined;
    }
    const sealed = sealedBelow(this.above, block);
    if (!sealed.ok) return sealed.error;
    this.#kept.push(sealed.value);
    this.above = sealed.value.header;
    return undefined;
  }

  step(): void {
    if (this.#fault !== undefined) return this.#ends.unavailable(this.#fault);
    this.advance();
    if (this.downloads.isDone) {
      const [next, current, last] = this.#kept;
      return this.#ends.found({ last: last!, current: current!, next: next! });
    }
    if (this.downloads.isExhausted) this.#ends.unavailable(`nobody has the block at height ${this.above.height - 1n}`);
  }
}

/** Headers below the snapshot, as far down as evidence may reach. */
export class Backfill extends GoBack {
  readonly #last: Header;
  readonly #age: EvidenceAge;
  readonly #attempt: number;
  readonly #done: () => void;
  #batch: LinkedHeader[] = [];
  #isSaving = false;
  #saved = 0;

  constructor(
    host: StageHost,
    attempt: number,
    last: Header,
    initialHeight: bigint,
    age: EvidenceAge,
    done: () => void,
  ) {
    const below = last.height - initialHeight;
    super(host, last, below < BigInt(BACKFILL_MAX) ? Number(below) : BACKFILL_MAX);
    this.#attempt = attempt;
    this.#last = last;
    this.#age = age;
    this.#done = done;
  }

  get saved(): number {
    return this.#saved;
  }

  /** CometBFT `IsEvidenceExpired`: older than both limits. */
  #isExpired(header: Header): boolean {
    return this.#last.height - header.height > this.#age.blocks &&
      timestampToNanos(this.#last.time) - timestampToNanos(header.time) > this.#age.nanos;
  }

  protected accept(block: LightBlock): string | undefined {
    const linked = linkBelow(this.above, block);
    if (!linked.ok) return linked.error;
    this.above = linked.value.header;
    if (this.#isExpired(this.above)) this.downloads.end();
    else this.#batch.push(linked.value);
    return undefined;
  }

  /** Nothing comes any more: what is there has to do. */
  endEarly(): void {
    this.downloads.end();
  }

  /** The answer to `save_headers`. */
  saveDone(): void {
    this.#isSaving = false;
  }

  step(): void {
    if (this.#batch.length < 4 * BACKFILL_BATCH) this.advance();
    // Peers that began from a snapshot themselves have no more than they fetched.
    if (this.downloads.isExhausted) this.downloads.end();
    const { isDone } = this.downloads;
    if (this.#isSaving) return;
    if (this.#batch.length >= BACKFILL_BATCH || (isDone && this.#batch.length > 0)) {
      const headers = this.#batch.splice(0, BACKFILL_BATCH);
      this.#isSaving = true;
      this.#saved += headers.length;
      this.host.emit({ type: "save_headers", attempt: this.#attempt, headers });
    } else if (isDone) this.#done();
  }
}

/** Asks several peers for the priorities of a set. */
export class AskPriorities implements Stage {
  readonly #poll: PriorityPoll;
  readonly #host: StageHost;
  readonly #done: (poll: PriorityPoll) => void;

  constructor(host: StageHost, block: SealedHeader, peers: readonly PeerId[], done: (poll: PriorityPoll) => void) {
    this.#host = host;
    this.#done = done;
    const ask = (peer: PeerId, height: bigint) => host.ask(peer, { type: "ask_light_block", height });
    this.#poll = new PriorityPoll(block, peers, ask, (request) => host.cancel(request), host.now);
  }

  step(): void {
    this.#poll.step(this.#host.now);
    if (this.#poll.isOver) this.#done(this.#poll);
  }

  answered(request: RequestId, answer: StateAnswer): void {
    this.#poll.answered(request, lightBlockOf(answer));
  }

  failed(request: RequestId): void {
    this.#poll.answered(request, undefined);
  }

  dropped(peer: PeerId): void {
    this.#poll.dropped(peer);
  }

  stop(): void {
    this.#poll.stop();
  }
}

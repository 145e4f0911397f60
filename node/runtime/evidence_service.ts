/**
 * Evidence as the node deals with it: judged against what the store knows, kept for a block also across restarts, handed to
 * gossip. The pool decides; here is what waits and what is written.
 * @module
 */
import type { Block } from "cosmjs-types/tendermint/types/block";
import { type Evidence, EvidenceList } from "cosmjs-types/tendermint/types/evidence";
import {
  type ChainState,
  type EvidenceChanges,
  evidenceHeight,
  evidenceHeights,
  type EvidenceHistory,
  evidenceKey,
  type EvidencePool,
  judgeEvidenceWork,
} from "../chain/mod.ts";
import type { GossipVerdict } from "../core/peer.ts";
import { inSlices } from "./breathe.ts";
import type { ChainStore } from "./chain_store.ts";

/** Of evidence that waits to be judged: a few of the largest that a block can carry. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
/** Pieces that wait to be judged. */
const WAITING_COUNT_MAX = 256;

/**
 * What became of evidence from a client or a peer. `accept`: it waits for a block from now on. `ignore`: it is known, too
 * old, cannot be judged here (yet), or finds no room. `reject`: it is false, and who sent it should have known.
 */
export interface EvidenceAnswer {
  readonly verdict: GossipVerdict;
  /** It waited here before, or a block carries it. */
  readonly known: boolean;
  /** Empty when it was accepted. */
  readonly reason: string;
}

const answer = (verdict: GossipVerdict, reason = "", known = false): EvidenceAnswer => ({ verdict, known, reason });

export class EvidenceService {
  readonly #pool: EvidencePool;
  readonly #store: ChainStore;
  readonly #state: () => ChainState;
  readonly #listeners = new Set<(evidence: Evidence) => void>();
  /** Judged one after the other: what the second brings may be known after the first. */
  #judging: Promise<unknown> = Promise.resolve();
  #waitingCount = 0;
  #waitingBytes = 0;
  #writing: Promise<unknown> = Promise.resolve();
  /** The first block that was here when somebody asked; what later ones carry is known. */
  #base: bigint | undefined;

  /** `state`: the one after the last committed block. */
  constructor(pool: EvidencePool, store: ChainStore, state: () => ChainState) {
    this.#pool = pool;
    this.#store = store;
    this.#state = state;
  }

  /** Everything that waits for a block, oldest first: what a new peer should have. */
  pending(): readonly Evidence[] {
    return this.#pool.list();
  }

  /** `listener` is told of each piece that begins to wait for a block, wherever it came from. Returns how to end that. */
  onNew(listener: (evidence: Evidence) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Judges evidence and keeps it for a block. Durable when it is accepted. */
  async submit(evidence: Evidence): Promise<EvidenceAnswer> {
    const bytes = EvidenceList.encode({ evidence: [evidence] }).finish().length;
    if (this.#waitingCount >= WAITING_COUNT_MAX || this.#waitingBytes + bytes > WAITING_BYTES_MAX) {
      return answer("ignore", "judge evidence: too much waits to be judged");
    }
    this.#waitingCount++;
    this.#waitingBytes += bytes;
    const judged = this.#judging.then(() => this.#judge(evidence));
    this.#judging = judged.catch(() => {});
    try {
      return await judged;
    } finally {
      this.#waitingCount--;
      this.#waitingBytes -= bytes;
    }
  }

  async #judge(evidence: Evidence): Promise<EvidenceAnswer> {
    const pool = this.#pool;
    if (pool.knows(evidence)) return answer("ignore", "keep evidence: it is known", true);
    const full = pool.refusal(this.#state(), evidence);
    if (full !== undefined) return answer("ignore", `keep evidence: ${full}`);
    if (await this.#mayBePunished(evidence)) {
      return answer("ignore", "keep evidence: it is older than what this node has seen happen");
    }
    const state = this.#state();
    const history = await this.history(state, [evidence]);
    const judged = await inSlices(judgeEvidenceWork(state, evidence, history));
    if (judged.verdict !== "valid") {
      return answer(judged.verdict === "invalid" ? "reject" : "ignore", judged.reason, judged.verdict === "committed");
    }
    // The chain may have grown meanwhile.
    const inserted = pool.insert(this.#state(), evidence);
    if (!inserted.added) return answer("ignore", `keep evidence: ${inserted.reason}`, pool.knows(evidence));
    await this.#write(inserted.changes);
    this.#tell(evidence);
    return answer("accept");
  }

  /**
   * Conflicting votes that the engine saw. They wait, durably, until their height is decided; what comes later is judged at
   * once.
   */
  report(evidence: Evidence): void {
    this.#write(this.#pool.report(evidence)).catch(() => {}); // heard by update()
    const height = evidenceHeight(evidence);
    if (height === undefined || height > this.#state().lastHeight) return;
    this.#writing = Promise.all([this.#writing, this.#settle()]);
    this.#writing.catch(() => {}); // heard by update()
  }

  async #settle(): Promise<void> {
    const state = this.#state();
    const at = await this.#store.loadEvidenceHeights(this.#pool.heightsWanted(state));
    const { changes, fresh } = await inSlices(this.#pool.settleWork(state, at));
    await this.#store.saveEvidence(changes);
    for (const evidence of fresh) this.#tell(evidence);
  }

  /** Evidence of a proposed block that was judged valid: it is kept for a later block if this one is not decided. */
  async adopt(proposed: readonly Evidence[]): Promise<void> {
    const fresh: Evidence[] = [];
    for (const evidence of proposed) {
      if (await this.#mayBePunished(evidence)) continue;
      if (this.#pool.insert(this.#state(), evidence).added) fresh.push(evidence);
    }
    if (fresh.length === 0) return;
    const pending = fresh.map((evidence) => [evidenceKey(evidence), evidence] as const);
    this.#write({ committed: [], pending, reported: [] }).catch(() => {}); // heard by update()
    for (const evidence of fresh) this.#tell(evidence);
  }

  /**
   * Whether a block may carry it of which this node does not know: it began from a snapshot, and executed no block up to the
   * first that it has. It can judge such evidence of others, but should not propose it.
   */
  async #mayBePunished(evidence: Evidence): Promise<boolean> {
    this.#base ??= await this.#store.blocks.blockBase();
    const height = evidenceHeight(evidence);
    return this.#base !== undefined && height !== undefined && height < this.#base;
  }

  /**
   * Pieces for the next block within `bytesMax`. Attacks are looked at again, but for their signatures: whom a block of the
   * future accuses may show only when the chain gets there, and a proposal must not carry what others find false.
   */
  async forBlock(bytesMax: number): Promise<{ readonly evidence: readonly Evidence[]; readonly bytes: number }> {
    const pool = this.#pool;
    const state = this.#state();
    const unusable = new Set<Evidence>();
    const { evidence: attacks } = pool.pending(bytesMax, (each) => each.lightClientAttackEvidence !== undefined);
    for (const evidence of attacks) {
      const history = await this.history(state, [evidence]);
      const { verdict } = await inSlices(judgeEvidenceWork(state, evidence, history, "known"));
      if (verdict === "valid") continue;
      unusable.add(evidence);
      if (verdict === "invalid") this.#write(pool.drop(evidence)).catch(() => {}); // heard by update()
    }
    return pool.pending(bytesMax, (each) => !unusable.has(each));
  }

  /** What judging `evidence` against `state` needs, looked up beforehand: at most two heights for each piece. */
  async history(state: ChainState, evidence: readonly Evidence[], decided = false): Promise<EvidenceHistory> {
    const at = await this.#store.loadEvidenceHeights(evidence.flatMap((each) => evidenceHeights(state, each)));
    return { at, committed: (key) => this.#pool.isCommitted(key), decided };
  }

  /** A block is applied and gave `next`. Returns what is to be written with it; rejects when an earlier write failed. */
  async update(next: ChainState, block: Block): Promise<EvidenceChanges> {
    await this.#writing;
    const at = await this.#store.loadEvidenceHeights(this.#pool.heightsWanted(next));
    const { changes, fresh } = await inSlices(this.#pool.updateWork(next, block.evidence.evidence, at));
    for (const evidence of fresh) this.#tell(evidence);
    return changes;
  }

  #write(changes: EvidenceChanges): Promise<void> {
    const written = this.#store.saveEvidence(changes);
    this.#writing = Promise.all([this.#writing, written]);
    this.#writing.catch(() => {}); // heard by update()
    return written;
  }

  #tell(evidence: Evidence): void {
    for (const listener of this.#listeners) listener(evidence);
  }
}

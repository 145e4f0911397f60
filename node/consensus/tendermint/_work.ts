/** One step in progress: a draft of the state and the effects so far. Lives only inside `step`. @module */
import { bytesToHex } from "../../core/bytes.ts";
import { invariant } from "../../core/invariant.ts";
import type { EngineContext, Step } from "../engine.ts";
import type { Effect } from "../effect.ts";
import type { PeerId } from "../input.ts";
import type { QuorumRules } from "../quorum.ts";
import type { TendermintMessage, TendermintRecord } from "./messages.ts";
import type { HeightState, TendermintState } from "./state.ts";

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** What an engine was made with. */
export interface Settings {
  readonly rules: QuorumRules;
  readonly countConflicting: boolean;
}

/** Fields of the drafts may be assigned; what they hold is never changed in place. */
export class Work {
  readonly context: EngineContext;
  readonly rules: QuorumRules;
  readonly countConflicting: boolean;
  readonly state: Draft<TendermintState>;
  readonly effects: Effect<TendermintMessage, TendermintRecord>[] = [];
  #height: Draft<HeightState> | undefined;
  #records: TendermintRecord[] = [];

  constructor(context: EngineContext, state: TendermintState, settings: Settings) {
    this.context = context;
    this.rules = settings.rules;
    this.countConflicting = settings.countConflicting;
    this.state = { ...state };
    this.#height = state.height === undefined ? undefined : { ...state.height };
  }

  /** The height being decided. */
  get h(): Draft<HeightState> {
    invariant(this.#height !== undefined, "use the height: the engine was not started");
    return this.#height;
  }

  get started(): boolean {
    return this.#height !== undefined;
  }

  /** Leaves the current height for `next`. */
  enterHeight(next: HeightState): void {
    this.#height = { ...next };
  }

  /** This process's place in the validator set; undefined when it only follows. */
  get selfIndex(): number | undefined {
    const { self } = this.context;
    return self === undefined ? undefined : this.h.validators.byAddress.get(bytesToHex(self));
  }

  /** Puts a record before the next signature, or at the end of the step. Those who never sign need no log. */
  record(record: TendermintRecord): void {
    if (this.selfIndex !== undefined) this.#records.push(record);
  }

  /** Emits what was recorded so far, to be durable before the effects that follow. */
  flush(): void {
    if (this.#records.length === 0) return;
    this.effects.push({ type: "persist", records: this.#records });
    this.#records = [];
  }

  broadcast(message: TendermintMessage): void {
    this.effects.push({ type: "broadcast", message });
  }

  report(peer: PeerId, code: string, reason: string): void {
    this.effects.push({ type: "report_peer", peer, code, reason });
  }

  /** A decided height needs its log no more: what was not yet persisted is dropped. */
  dropRecords(): void {
    this.#records = [];
  }

  finish(): Step<TendermintState, TendermintMessage, TendermintRecord> {
    this.flush();
    return { state: { ...this.state, height: this.#height }, effects: this.effects };
  }
}

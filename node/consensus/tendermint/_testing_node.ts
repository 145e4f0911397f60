/** For tests: one engine that is fed by hand and answers its own questions about blocks and signatures. @module */
import { createTendermintEngine, type TendermintEngine } from "./engine.ts";
import type { EngineConfig } from "../engine.ts";
import type { HeightContext } from "../input.ts";
import type { Nanos } from "../../core/time.ts";
import {
  block,
  CONFIG,
  contextOf,
  GENESIS_TIME,
  isValidName,
  nameOf,
  Names,
  sign,
  type TestEffect,
  type TestInput,
} from "./_testing.ts";
import type { TendermintRecord } from "./messages.ts";
import type { TendermintState } from "./state.ts";

const NAMES = ["a", "b", "c", "bad"];

/** Runs inputs and keeps every effect as text. Signatures and validations are answered at once, builds by hand. */
export class TestNode {
  readonly engine: TendermintEngine;
  readonly names: Names;
  readonly records: TendermintRecord[] = [];
  state: TendermintState;
  now: Nanos = GENESIS_TIME + 7_000_000n;
  answersSignatures = true;
  answersValidations = true;
  lines: string[] = [];
  effects: TestEffect[] = [];
  readonly #self: number | undefined;
  readonly #config: EngineConfig;

  constructor(
    self: number | undefined,
    options: { config?: EngineConfig; engine?: TendermintEngine; names?: string[] } = {},
  ) {
    this.#self = self;
    this.#config = options.config ?? CONFIG;
    this.engine = options.engine ?? createTendermintEngine();
    this.names = new Names([...NAMES, ...(options.names ?? [])]);
    this.state = this.engine.initial();
  }

  start(height: HeightContext, replay: readonly TendermintRecord[] = []): string[] {
    return this.feed({ type: "started", height, replay });
  }

  /** Feeds inputs and what follows from them; returns the effects as lines. */
  feed(...inputs: TestInput[]): string[] {
    this.lines = [];
    this.effects = [];
    const queue = [...inputs];
    for (let input = queue.shift(); input !== undefined; input = queue.shift()) {
      const step = this.engine.step(contextOf(this.#self, this.#config, this.now), this.state, input);
      this.state = step.state;
      for (const effect of step.effects) {
        this.effects.push(effect);
        this.lines.push(this.names.effect(effect));
        const answer = this.#answer(effect);
        if (answer !== undefined) queue.push(answer);
      }
    }
    return this.lines;
  }

  #answer(effect: TestEffect): TestInput | undefined {
    if (effect.type === "persist") this.records.push(...effect.records);
    if (effect.type === "sign" && this.answersSignatures && this.#self !== undefined) {
      return { type: "signed", message: sign(this.#self, effect.message) };
    }
    if (effect.type === "validate_block" && this.answersValidations) {
      const { height, round, blockId, bytes } = effect;
      const name = nameOf(bytes);
      return { type: "block_validated", height, round, blockId, time: block(name).time, valid: isValidName(name) };
    }
    return undefined;
  }

  built(name: string, round = 0): string[] {
    return this.feed({ type: "block_built", height: this.height, round, block: block(name) });
  }

  timer(kind: string, round = 0, height = this.height): string[] {
    return this.feed({ type: "timer_fired", timer: { kind, height, round } });
  }

  get height(): bigint {
    return this.state.height!.context.height;
  }

  get machine() {
    return this.state.height!.machine;
  }
}

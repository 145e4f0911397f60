/** A Tendermint engine whose inputs go past observers, as the driver would. @module */
import {
  block,
  CONFIG,
  contextOf,
  heightContext,
  type TestEffect,
  type TestInput,
} from "../../node/consensus/tendermint/_testing.ts";
import { tendermintEngine, type TendermintState } from "../../node/consensus/tendermint/mod.ts";
import type { HeightContext, Timer } from "../../node/consensus/input.ts";

/** What observers of a driver are told. */
export interface Observers {
  onInput?(input: TestInput): void;
  onHandled?(input: TestInput, state: TendermintState): void;
  onEffect?(effect: TestEffect): void;
  onTimeout?(timer: Timer): void;
}

export class EngineRun {
  state: TendermintState = tendermintEngine.initial();
  readonly #observers: readonly Observers[];
  readonly #self: number | undefined;

  constructor(observers: readonly Observers[], self?: number) {
    this.#observers = observers;
    this.#self = self;
  }

  give(input: TestInput): void {
    if (input.type === "timer_fired") { for (const each of this.#observers) each.onTimeout?.(input.timer); }
    for (const each of this.#observers) each.onInput?.(input);
    const { state, effects } = tendermintEngine.step(contextOf(this.#self, CONFIG), this.state, input);
    this.state = state;
    for (const each of this.#observers) each.onHandled?.(input, state);
    for (const effect of effects) for (const each of this.#observers) each.onEffect?.(effect);
  }

  start(height: HeightContext = heightContext([1, 1, 1, 1])): void {
    this.give({ type: "started", height, replay: [] });
  }

  validated(name: string, round = 0, valid = true): void {
    const { blockId, time } = block(name);
    this.give({ type: "block_validated", height: 1n, round, blockId, time, valid });
  }

  fire(kind: string, round = 0): void {
    this.give({ type: "timer_fired", timer: { kind, height: 1n, round } });
  }
}

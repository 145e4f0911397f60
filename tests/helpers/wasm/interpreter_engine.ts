/** The reference interpreter as an {@linkcode Engine}. */
import type { Bounds, FuncType } from "./decode.ts";
import { type Budgets, classOf, type Engine, type Outcome, type Running, type Thing } from "./engine.ts";
import { Machine, type MachineOptions } from "./machine.ts";
import type { Type } from "./opcodes.ts";
import {
  type External,
  type GlobalInstance,
  type Instance,
  type InstanceOptions,
  instantiate,
  MemoryInstance,
  TableInstance,
} from "./store.ts";
import { type Reference, Trap, type Value } from "./values.ts";

function outcomeOf(run: () => readonly Value[]): Outcome {
  try {
    return { results: run() };
  } catch (error) {
    return error instanceof Trap ? { trap: classOf(error.kind) } : { thrown: error };
  }
}

export class InterpreterRun implements Running {
  constructor(readonly machine: Machine, readonly instance: Instance, readonly metered: boolean) {}

  get budgets(): Budgets | undefined {
    if (!this.metered) return undefined;
    const { instance } = this, steps = this.machine.hasMemorySteps;
    return {
      get fuel(): bigint {
        return instance.purse.left;
      },
      set fuel(value: bigint) {
        instance.purse.fill(value);
      },
      get stack(): number {
        return instance.stack;
      },
      set stack(value: number) {
        instance.stack = value;
      },
      get counted(): bigint {
        return instance.counted;
      },
      base: steps ? instance.purse.base : undefined,
      shift: steps ? BigInt(instance.purse.shift) : undefined,
    };
  }

  invoke(name: string, args: readonly Value[]): Outcome {
    const found = this.instance.exports.get(name);
    if (found?.kind !== "function") throw new Error(`invoke ${name}: no such function`);
    const outcome = outcomeOf(() => this.machine.invoke(found.function, args));
    if (!("trap" in outcome) || !this.metered) return outcome;
    // As a host tells ends apart, who has nothing but the counters.
    return this.instance.purse.left < 0n ? { trap: "fuel" } : this.instance.stack < 0 ? { trap: "stack" } : outcome;
  }
  #global(name: string): GlobalInstance {
    const found = this.instance.exports.get(name);
    if (found?.kind !== "global") throw new Error(`find ${name}: no such global`);
    return found.global;
  }
  global(name: string): Value {
    return this.#global(name).value;
  }
  setGlobal(name: string, value: Value): void {
    this.#global(name).value = value;
  }
  table(name: string): readonly (Reference | null)[] {
    const found = this.instance.exports.get(name);
    if (found?.kind !== "table") throw new Error(`read ${name}: no such table`);
    return found.table.items;
  }
  exported(name: string): Reference {
    const found = this.instance.exports.get(name);
    if (found?.kind !== "function") throw new Error(`find ${name}: no such function`);
    return found.function;
  }
  thing(name: string): Thing | undefined {
    return this.instance.exports.get(name);
  }
  memory(name: string): Uint8Array {
    const found = this.instance.exports.get(name);
    if (found?.kind !== "memory") throw new Error(`read ${name}: no such memory`);
    return found.memory.bytes;
  }
}

export class InterpreterEngine implements Engine {
  readonly name = "interpreter";
  readonly machine: Machine;
  readonly #metered: boolean;

  constructor(options: MachineOptions = {}, readonly budgets: InstanceOptions = {}) {
    this.machine = new Machine(options);
    this.#metered = options.meter !== undefined;
  }

  instantiate(
    wasm: Uint8Array,
    imports: (module: string, name: string) => Thing | undefined,
    seen: (running: InterpreterRun) => void = () => {},
  ): InterpreterRun | Outcome {
    const linker = (module: string, name: string) => imports(module, name) as External | undefined;
    let running: InterpreterRun | undefined;
    const outcome = outcomeOf(() => {
      instantiate(wasm, linker, this.machine, this.budgets, (instance) => {
        running = new InterpreterRun(this.machine, instance, this.#metered);
        seen(running);
      });
      return [];
    });
    return "results" in outcome ? running! : outcome;
  }
  hostFunction(type: FuncType, run: (args: readonly Value[]) => readonly Value[]): External {
    return { kind: "function", function: { kind: "host", type, run } };
  }
  hostGlobal(type: Type, mutable: boolean, value: Value): External {
    return { kind: "global", global: { type, mutable, value } };
  }
  hostMemory(bounds: Bounds): External {
    return { kind: "memory", memory: new MemoryInstance(bounds) };
  }
  hostTable(type: Type, bounds: Bounds): External {
    return { kind: "table", table: new TableInstance(type, bounds, Array(bounds.min).fill(null)) };
  }
}

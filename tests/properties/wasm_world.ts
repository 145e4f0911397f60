/**
 * Plays the same calls on a generated module in any engine and writes down everything that can be seen: results, traps, calls
 * of the host with what the counters said then, memory, globals, tables, fuel and stack.
 * @module
 */
import type { Type } from "../helpers/wasm/opcodes.ts";
import {
  type Budgets,
  type Engine,
  isRunning,
  type Outcome,
  type Running,
  type Thing,
} from "../helpers/wasm/engine.ts";
import { isNaNBits } from "../helpers/wasm/numeric.ts";
import type { Value } from "../helpers/wasm/values.ts";
import { Choices } from "./wasm_choices.ts";
import { CALLS_GLOBAL } from "./wasm_body.ts";
import { CALLS_MAX, type Generated } from "./wasm_module.ts";
import { constantValue } from "./wasm_values.ts";

export interface Call {
  readonly name: string;
  readonly args: readonly Value[];
}

/** What each call starts with; absent: what is there stays. */
export interface Allowance {
  readonly fuel?: bigint;
  readonly stack?: number;
}

/** What was seen, one line for each thing. */
export interface Transcript {
  readonly lines: string[];
  /** By call. */
  readonly outcomes: Outcome[];
  /** After each call, where they are counted. */
  readonly left: Budgets[];
  /** What the start function's instructions cost, where it is known. */
  counted: bigint;
  /** Calls in which nothing trapped or was thrown, however deep inside: by number. */
  readonly clean: Set<number>;
}

/** Thrown by a host function. */
class HostError extends Error {}

const HOST_DEPTH_MAX = 2;
const isFloat = (type: Type) => type === "f32" || type === "f64";

/** Mixes numbers into one; no more than that. */
function mix(...numbers: number[]): number {
  let hash = 0x811c9dc5;
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

/** Checksum of bytes whose length is a multiple of four. */
function checksum(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let hash = words.length;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193) + (hash >>> 13) | 0;
  return hash >>> 0;
}

export class World {
  readonly transcript: Transcript = { lines: [], outcomes: [], left: [], counted: 0n, clean: new Set() };
  #running: Running | undefined;
  #hostCalls = 0;
  #depth = 0;

  /** `blurred`: NaNs are all alike. */
  constructor(readonly engine: Engine, readonly generated: Generated, readonly blurred: boolean) {}

  #show(type: Type, value: Value | undefined): string {
    if (value === undefined) return "undefined";
    if (value === null) return "null";
    if (typeof value === "object" || typeof value === "function") return this.#showReference(value);
    if (this.blurred && isFloat(type) && isNaNBits(value)) return "nan";
    return `${type}:${value}`;
  }

  #showReference(value: object): string {
    const found = this.generated.exported.find((i) => this.#running!.exported(`x${i}`) === value);
    return found === undefined ? "unknown reference" : `x${found}`;
  }

  #showOutcome(types: readonly Type[], outcome: Outcome): string {
    if ("trap" in outcome) return `trap ${outcome.trap}`;
    if ("results" in outcome) return types.map((type, i) => this.#show(type, outcome.results[i])).join(" ");
    if (outcome.thrown instanceof HostError) return `thrown ${outcome.thrown.message}`;
    throw outcome.thrown;
  }

  #budgets(): string {
    const budgets = this.#running?.budgets;
    if (budgets === undefined) return "";
    const { fuel, stack, base, shift } = budgets;
    return ` fuel ${fuel}${shift === undefined ? "" : `:${base}:${shift}`} stack ${stack}`;
  }

  /** A host function that sees, answers, and sometimes throws, writes to memory, or calls back in. */
  #host(index: number, args: readonly Value[]): Value[] {
    const { params, results } = this.generated.hosts[index]!;
    const shown = params.map((type, i) => this.#show(type, args[i]));
    this.transcript.lines.push(`h${index}(${shown}) ${this.#budgets()}`);
    const hash = mix(index, this.#hostCalls++, ...shown.flatMap((text) => [...text].map((c) => c.charCodeAt(0))));
    const action = (hash >>> 8) % 16;
    if (action === 0) throw new HostError(`h${index}`);
    if (this.#running !== undefined) {
      if (action < 5) this.#reenter(hash);
      if (action === 5 && this.generated.memory) {
        const bytes = this.#running.memory("memory");
        if (bytes.length > 0) bytes[hash % Math.min(bytes.length, 4096)] = hash >>> 3;
      }
    }
    const choices = new Choices(new Uint8Array([hash, hash >>> 8, hash >>> 16, hash >>> 24, hash >>> 4]));
    return results.map((type) => constantValue(choices, type));
  }

  #reenter(hash: number): void {
    const { entries } = this.generated;
    if (entries.length === 0 || this.#depth >= HOST_DEPTH_MAX) return;
    const { name, params, results } = entries[hash % entries.length]!;
    const choices = new Choices(new Uint8Array([hash >>> 16, hash >>> 5, hash >>> 12, hash >>> 20, hash >>> 7, hash]));
    this.#depth++;
    const { budgets } = this.#running!;
    const stack = budgets?.stack;
    const outcome = this.#running!.invoke(name, params.map((type) => constantValue(choices, type)));
    this.#depth--;
    this.transcript.lines.push(`back from ${name}: ${this.#showOutcome(results, outcome)}${this.#budgets()}`);
    if ("results" in outcome) return;
    if ((hash >>> 7) % 2 === 0) throw new HostError(`after ${name}`);
    // Who catches a trap sets the counter of stack again.
    if (budgets !== undefined) budgets.stack = stack!;
  }

  #imports = (_: string, name: string): Thing | undefined => {
    const index = Number(name.slice(1));
    return this.engine.hostFunction(this.generated.hosts[index]!, (args) => this.#host(index, args));
  };

  #look(): void {
    const { lines } = this.transcript;
    const { globals, tables, memory } = this.generated;
    const running = this.#running!;
    lines.push(`globals ${globals.map(({ type }, i) => this.#show(type, running.global(`g${i}`))).join(" ")}`);
    tables.forEach((_, i) => lines.push(`table ${running.table(`t${i}`).map((item) => this.#show("funcref", item))}`));
    if (memory) lines.push(`memory ${running.memory("memory").length} ${checksum(running.memory("memory"))}`);
  }

  /** Instantiates and makes the calls. */
  play(wasm: Uint8Array, calls: readonly Call[], allowance: Allowance): Transcript {
    const { transcript } = this;
    const made = this.engine.instantiate(wasm, this.#imports);
    if (!isRunning(made)) {
      // Without an instance nobody can read its counters: what they trap is an `unreachable` to V8.
      transcript.lines.push(`no instance: ${this.#showOutcome([], made).replace(/(fuel|stack)$/, "unreachable")}`);
      return transcript;
    }
    this.#running = made;
    transcript.counted = made.budgets?.counted ?? 0n;
    transcript.lines.push(`instance${this.#budgets()}`);
    this.#look();
    for (const { name, args } of calls) {
      if (this.generated.options.bounded) made.setGlobal(`g${CALLS_GLOBAL}`, CALLS_MAX);
      if (made.budgets !== undefined) {
        if (allowance.fuel !== undefined) made.budgets.fuel = allowance.fuel;
        if (allowance.stack !== undefined) made.budgets.stack = allowance.stack;
      }
      const entry = this.generated.entries.find((each) => each.name === name)!;
      const start = transcript.lines.length;
      const outcome = made.invoke(name, args);
      const inside = transcript.lines.slice(start);
      if ("results" in outcome && !inside.some((line) => /: (trap|thrown) /.test(line))) {
        transcript.clean.add(transcript.outcomes.length);
      }
      transcript.outcomes.push(outcome);
      transcript.lines.push(`${name}: ${this.#showOutcome(entry.results, outcome)}${this.#budgets()}`);
      if (made.budgets !== undefined) transcript.left.push(counters(made.budgets));
      this.#look();
    }
    return transcript;
  }
}

function counters({ fuel, stack, base, shift, counted }: Budgets): Budgets {
  return counted === undefined ? { fuel, stack, base, shift } : { fuel, stack, base, shift, counted };
}

/** Calls worth making on a module: each entry, with arguments drawn from the bytes. */
export function callsOf(generated: Generated, bytes: Uint8Array): Call[] {
  const choices = new Choices(bytes.slice().reverse());
  const twice = [...generated.entries, ...generated.entries];
  return twice.slice(0, 6).map(({ name, params }) => ({
    name,
    args: params.map((type) => constantValue(choices, type)),
  }));
}

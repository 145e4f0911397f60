/** What runs contracts in a node: its own engine, those of its threads, what contracts say, and what all that came to. @module */
import { ContractEngine, type EngineStatistics } from "../contracts/wasm/mod.ts";
import { type ModuleSet, standardModules } from "./app/mod.ts";
import { CONTRACT_CACHE_BYTES_MIN, type NodeConfig } from "./config/mod.ts";
import type { AddressCodec } from "./core/address.ts";

/** Plain data, so that threads can be told. */
export interface ContractSettings {
  readonly cacheBytesMax: number;
  readonly debug: boolean;
}

/** A line of a contract that is being developed. */
export interface ContractLine {
  /** Its address. */
  readonly contract: string;
  readonly text: string;
}

/** An engine with the modules around it, made once for a thread of the process. */
export interface Contracts {
  readonly engine: ContractEngine;
  readonly modules: (codec: AddressCodec) => ModuleSet;
}

/** What the configuration says of contracts. */
export const contractSettings = ({ contracts }: NodeConfig): ContractSettings => ({
  cacheBytesMax: contracts.cache_bytes_max,
  debug: contracts.debug,
});

/** Of the cache for each thread beside the node's own: these run what is called now. */
const CACHE_SHARE = 1 / 4;

/** The same for a thread that runs transactions ahead of their turn, or answers queries. */
export const threadContractSettings = (config: NodeConfig): ContractSettings => ({
  ...contractSettings(config),
  cacheBytesMax: Math.max(CONTRACT_CACHE_BYTES_MIN, config.contracts.cache_bytes_max * CACHE_SHARE),
});

/** `say` hears the lines of contracts, if the settings want them. */
export function createContracts(
  { cacheBytesMax, debug }: ContractSettings,
  say: (line: ContractLine) => void = () => {},
): Contracts {
  const engine = new ContractEngine({ cacheBytesMax, debug });
  const said = (contract: string, text: string) => say({ contract, text });
  return { engine, modules: (codec) => standardModules(codec, { engine, debug: said }) };
}

/** What contracts may say in one piece of work of a thread; the log takes no more in a time. */
const LINES_PER_REPORT_MAX = 200;
/** The log cuts values there as well. */
const LINE_CHARACTERS_MAX = 2000;

/** What a thread tells after each piece of work. */
export interface ContractReport {
  /** Which engine: a thread that takes the place of another has a new one. */
  readonly engine: string;
  readonly statistics: EngineStatistics;
  readonly lines: readonly ContractLine[];
}

/** Contracts in a thread that runs transactions ahead of their turn, or answers queries. */
export function createThreadContracts(settings: ContractSettings): Contracts & { report(): ContractReport } {
  const lines: ContractLine[] = [];
  const contracts = createContracts(settings, ({ contract, text }) => {
    if (lines.length < LINES_PER_REPORT_MAX) lines.push({ contract, text: text.slice(0, LINE_CHARACTERS_MAX) });
  });
  const engine = crypto.randomUUID();
  return { ...contracts, report: () => ({ engine, statistics: contracts.engine.statistics, lines: lines.splice(0) }) };
}

/** What engines have done, each as of its last report; undefined while there are no such threads. */
export interface ContractFigures {
  readonly node: EngineStatistics;
  /** Of the threads that run transactions ahead of their turn, together. */
  readonly threads: EngineStatistics | undefined;
  /** Of the threads that answer queries, together. */
  readonly queries: EngineStatistics | undefined;
}

/** More engines than there are threads at a time: what else reported is gone. */
export const ENGINES_MAX = 64;

/** What is there now, rather than what has been done; ends with its engine. */
const HELD: ReadonlySet<keyof EngineStatistics> = new Set(
  ["programs", "bytes", "pinned", "pinnedBytes", "instancesIdle"] as const,
);

/** Hears what threads of one kind report. */
export class ContractReports {
  /** The one that was heard of longest ago first. */
  readonly #engines = new Map<string, EngineStatistics>();
  /** What those did that are gone. */
  #gone: EngineStatistics | undefined;
  readonly #say: (line: ContractLine) => void;

  constructor(say: (line: ContractLine) => void = () => {}) {
    this.#say = say;
  }

  take({ engine, statistics, lines }: ContractReport): void {
    this.#engines.delete(engine);
    this.#engines.set(engine, statistics);
    if (this.#engines.size > ENGINES_MAX) {
      const [oldest, done] = this.#engines.entries().next().value!;
      this.#engines.delete(oldest);
      this.#gone = combine([done, ...(this.#gone ? [this.#gone] : [])], (name, sum) => HELD.has(name) ? 0 : sum);
    }
    for (const line of lines) this.#say(line);
  }

  get sum(): EngineStatistics | undefined {
    if (this.#engines.size === 0) return undefined;
    return combine([...this.#engines.values(), ...(this.#gone ? [this.#gone] : [])]);
  }
}

/** Sums, name by name; `change` has the last word. */
function combine(
  all: readonly EngineStatistics[],
  change: (name: keyof EngineStatistics, sum: number) => number = (_, sum) => sum,
): EngineStatistics {
  const names = Object.keys(all[0]!) as (keyof EngineStatistics)[];
  const sums = names.map((name) => [name, change(name, all.reduce((sum, one) => sum + one[name], 0))] as const);
  return Object.fromEntries(sums) as unknown as EngineStatistics;
}

/** What runs contracts in a node: its own engine, those of its threads, what contracts say, and what all that came to. @module */
import { ContractEngine, type EngineStatistics } from "../contracts/wasm/mod.ts";
import { type ModuleSet, standardModules } from "./app/mod.ts";
import type { NodeConfig } from "./config/mod.ts";
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

/** `say` hears the lines of contracts, if the settings want them. */
export function createContracts(
  { cacheBytesMax, debug }: ContractSettings,
  say: (line: ContractLine) => void = () => {},
): Contracts {
  const engine = new ContractEngine({ cacheBytesMax, debug });
  const said = (contract: string, text: string) => say({ contract, text });
  return { engine, modules: (codec) => standardModules(codec, { engine, debug: said }) };
}

/** A contract that runs ahead of its turn may say this much in one block; the log takes no more in a time. */
const LINES_PER_REPORT_MAX = 200;
/** The log cuts values there as well. */
const LINE_CHARACTERS_MAX = 2000;

/** What a thread tells after each block. */
export interface ContractReport {
  readonly statistics: EngineStatistics;
  readonly lines: readonly ContractLine[];
}

/** Contracts in a thread that only runs transactions ahead of their turn. */
export function createThreadContracts(settings: ContractSettings): Contracts & { report(): ContractReport } {
  const lines: ContractLine[] = [];
  const contracts = createContracts(settings, ({ contract, text }) => {
    if (lines.length < LINES_PER_REPORT_MAX) lines.push({ contract, text: text.slice(0, LINE_CHARACTERS_MAX) });
  });
  return { ...contracts, report: () => ({ statistics: contracts.engine.statistics, lines: lines.splice(0) }) };
}

/** What engines have done. `threads`: all threads together, each as of its last block; undefined while there are none. */
export interface ContractFigures {
  readonly node: EngineStatistics;
  readonly threads: EngineStatistics | undefined;
}

/** Hears what threads report. */
export class ContractReports {
  readonly #latest = new Map<number, EngineStatistics>();
  readonly #say: (line: ContractLine) => void;

  constructor(say: (line: ContractLine) => void = () => {}) {
    this.#say = say;
  }

  take(thread: number, { statistics, lines }: ContractReport): void {
    this.#latest.set(thread, statistics);
    for (const line of lines) this.#say(line);
  }

  /** Of all threads together; those that were given up count with what they had done. */
  get sum(): EngineStatistics | undefined {
    const all = [...this.#latest.values()];
    if (all.length === 0) return undefined;
    const names = Object.keys(all[0]!) as (keyof EngineStatistics)[];
    const sums = names.map((name) => [name, all.reduce((total, one) => total + one[name], 0)] as const);
    return Object.fromEntries(sums) as unknown as EngineStatistics;
  }
}

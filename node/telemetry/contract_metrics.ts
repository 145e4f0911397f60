import type { Instruments } from "./instruments.ts";

/** What an engine for contracts has done since it was made. Sizes in bytes, fuel in CosmWasm gas. */
export interface EngineNumbers {
  readonly calls: number;
  readonly queries: number;
  readonly fuelUsed: number;
  readonly programs: number;
  readonly bytes: number;
  readonly pinnedBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly instancesMade: number;
  readonly instancesReused: number;
  readonly instancesIdle: number;
  readonly engineRefusals: number;
}

/** The engine of the node itself; those of the threads that run blocks ahead, or answer queries (undefined: none yet). */
export interface ContractNumbers {
  readonly node: EngineNumbers;
  readonly threads: EngineNumbers | undefined;
  readonly queries: EngineNumbers | undefined;
}

type Column = readonly [type: "counter" | "gauge", name: string, help: string, key: keyof EngineNumbers];

const COLUMNS: readonly Column[] = [
  ["counter", "calls_total", "Entry points run that may write, queries apart", "calls"],
  ["counter", "queries_total", "Queries run, those of contracts among them", "queries"],
  ["counter", "fuel_used_total", "CosmWasm gas of what ran, 1000000 to the microsecond", "fuelUsed"],
  ["gauge", "cache_programs", "Compiled contracts in memory", "programs"],
  ["gauge", "cache_bytes", "What they take, about", "bytes"],
  ["gauge", "cache_pinned_bytes", "What of that is pinned by the chain", "pinnedBytes"],
  ["counter", "cache_hits_total", "Calls whose contract was compiled", "hits"],
  ["counter", "cache_misses_total", "Calls whose contract had to be compiled first", "misses"],
  ["counter", "cache_evictions_total", "Compiled contracts that made room for others", "evictions"],
  ["counter", "instances_made_total", "Instances made by V8", "instancesMade"],
  ["counter", "instances_reused_total", "Calls in an instance that was there", "instancesReused"],
  ["gauge", "instances_idle", "Instances that wait for calls", "instancesIdle"],
  [
    "counter",
    "engine_refusals_total",
    "Modules that passed our checks and not V8's: 0, or worth a report",
    "engineRefusals",
  ],
];

/** Contracts, by whose engine: `node` runs transactions in their turn, `threads` those ahead, `queries` what clients ask. */
export class ContractMetrics {
  #read: () => ContractNumbers | undefined = () => undefined;

  constructor(make: Instruments) {
    for (const [type, name, help, key] of COLUMNS) {
      make.readEach(type, `contracts_${name}`, help, "engine", () => this.#column(key));
    }
  }

  *#column(key: keyof EngineNumbers): Generator<readonly [string, number]> {
    const numbers = this.#read();
    if (numbers === undefined) return;
    for (const engine of ["node", "threads", "queries"] as const) {
      const of = numbers[engine];
      if (of !== undefined) yield [engine, of[key]];
    }
  }

  /** Where the numbers come from. */
  follow(read: () => ContractNumbers): void {
    this.#read = read;
  }
}

/** Ways to run a block. */
export type BlockWay = "alone" | "together";

/** Blocks whose transactions run in several threads ahead of their turn. */
export interface ThreadNumbers {
  readonly threads: number;
  readonly blocks: Readonly<Record<BlockWay, number>>;
  readonly held: number;
  readonly again: number;
  /** Milliseconds a transaction; undefined: not known. */
  readonly cost: Readonly<Record<BlockWay, number | undefined>>;
  readonly prefers: BlockWay;
}

const WAYS = ["alone", "together"] as const;

/** How blocks are executed, where the node may do it in several threads. */
export class ThreadMetrics {
  #read: () => ThreadNumbers | undefined = () => undefined;

  constructor(make: Instruments) {
    make.read(
      "execution_threads",
      "Threads that run transactions ahead of their turn",
      () => this.#read()?.threads ?? 0,
    );
    make.readEach("counter", "execution_blocks_total", "Blocks with transactions, by how they were run", "way", () => {
      const numbers = this.#read();
      return numbers === undefined ? [] : WAYS.map((way) => [way, numbers.blocks[way]] as const);
    });
    make.readEach("counter", "execution_ahead_txs_total", "Transactions of blocks run together", "outcome", () => {
      const numbers = this.#read();
      return numbers === undefined ? [] : [["held", numbers.held], ["again", numbers.again]] as const;
    });
    make.readEach("gauge", "execution_transaction_seconds", "Time of a transaction in a block, average", "way", () => {
      const { cost = { alone: undefined, together: undefined } } = this.#read() ?? {};
      return WAYS.flatMap((way) => cost[way] === undefined ? [] : [[way, cost[way] / 1000] as const]);
    });
    make.read(
      "execution_prefers_threads",
      "1: a long block would be run together now, 0: alone",
      () => this.#read()?.prefers === "together" ? 1 : 0,
    );
  }

  /** Where the numbers come from; undefined: everything runs in one thread. */
  follow(read: () => ThreadNumbers | undefined): void {
    this.#read = read;
  }
}

/** Queries that run contracts, in threads of their own. */
export interface QueryNumbers {
  readonly threads: number;
  readonly running: number;
  readonly waiting: number;
  /** By how they ended. */
  readonly ended: Readonly<Record<string, number>>;
}

/** Queries and simulations that run contracts. */
export class QueryMetrics {
  #read: () => QueryNumbers | undefined = () => undefined;

  constructor(make: Instruments) {
    make.read("query_threads", "Threads for queries that run contracts", () => this.#read()?.threads ?? 0);
    make.read("query_running", "Such queries that are being answered", () => this.#read()?.running ?? 0);
    make.read("query_waiting", "Such queries that wait for a thread", () => this.#read()?.waiting ?? 0);
    make.readEach(
      "counter",
      "query_ended_total",
      "Such queries by how they ended; late: ended with their thread, busy: no thread was free, failed: a thread died",
      "how",
      () => Object.entries(this.#read()?.ended ?? {}),
    );
  }

  /** Where the numbers come from; undefined: such queries have no threads. */
  follow(read: () => QueryNumbers | undefined): void {
    this.#read = read;
  }
}

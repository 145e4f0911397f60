/** The application: the doors that the runtime knows, over modules and a versioned state. @module */
import { AddressCodec } from "../core/address.ts";
import { invariant } from "../core/invariant.ts";
import { err, ok, type Result } from "../core/result.ts";
import { type CodedError, SDK_CODE } from "../core/errors.ts";
import type { Nanos } from "../core/time.ts";
import type { Work } from "../core/work.ts";
import { answerPending, type MultiStore } from "../state/mod.ts";
import type { StagedCommit } from "../state/commit.ts";
import type { AnteOptions } from "./ante.ts";
import { type BlockParts, runBlock } from "./block.ts";
import { CheckState } from "./check_state.ts";
import { CONSENSUS_STORE } from "./consensus_params.ts";
import type { DecodeOptions } from "./decode.ts";
import { type Outcome, refusedOutcome } from "./execute.ts";
import { type GasPrice, parseGasPrices, priorityOf } from "./fee.ts";
import { applyGenesis, exportAppState } from "./genesis.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { BlockContext, Module } from "./module.ts";
import type {
  Application,
  Aside,
  BlockInput,
  BlockOutput,
  CheckKind,
  CheckTxResult,
  GenesisInput,
  GenesisOutput,
  QueryElsewhere,
  QueryInput,
  QueryOutput,
  Speculator,
} from "./ports.ts";
import { buildBlock, validateBlock } from "./proposal.ts";
import { answerQuery, isSimulation, mayRunContracts, type QueryParts, versionOf } from "./query.ts";
import { Router } from "./router.ts";
import { type ModuleSet, standardModules } from "./standard_modules.ts";
import { TxCache } from "./tx_cache.ts";

export interface ApplicationOptions {
  readonly chainId: string;
  /** Of addresses, for example `cat`. */
  readonly bech32Prefix: string;
  /** Open at the last committed version (or empty), over the stores of {@linkcode applicationStores}. */
  readonly state: MultiStore;
  /** What this node asks for gas, for example `0.025ucat`. Nothing by default. */
  readonly minGasPrices?: readonly GasPrice[];
  readonly limits?: Partial<Limits>;
  /** What `/app/version` answers. */
  readonly appVersion?: string;
  /** Instead of auth, bank and validators. */
  readonly modules?: (codec: AddressCodec) => ModuleSet;
  /** Who may run transactions of a block ahead of their turn; nobody by default. */
  readonly speculator?: Speculator | undefined;
  /** Where transactions run that would begin anew too often; they stay where they are by default. */
  readonly aside?: Aside | undefined;
}

/** The names of the stores of a set of modules, sorted. */
export const applicationStores = (modules: readonly Module[]): string[] =>
  [CONSENSUS_STORE, ...modules.flatMap(({ stores }) => stores)].sort();

/** The names of the stores of the standard modules: what a {@linkcode MultiStore} is made with. */
export const STANDARD_STORES: readonly string[] = applicationStores(standardModules(new AddressCodec("any")).modules);

/** Reads the node's own minimum gas prices, for example `0.025ucat`. */
export const readGasPrices = (text: string): Result<readonly GasPrice[], CodedError> => {
  const prices = parseGasPrices(text);
  return prices.ok ? ok(prices.value) : err(prices.error);
};

/** Builds the application. */
export function createApplication(options: ApplicationOptions): Application {
  return new CatenaryApplication(options);
}

class CatenaryApplication implements Application {
  readonly #state: MultiStore;
  readonly #set: ModuleSet;
  readonly #cache: TxCache;
  readonly #check: CheckState;
  readonly #ante: AnteOptions;
  readonly #block: BlockParts;
  readonly #query: QueryParts;
  /** Time of the last committed block; only checks, simulations and queries are given it. */
  #lastTime: Nanos = 0n;
  #executed: { readonly staged: StagedCommit; readonly time: Nanos } | undefined;

  constructor(options: ApplicationOptions) {
    const { state, chainId } = options;
    const codec = new AddressCodec(options.bech32Prefix);
    this.#state = state;
    this.#set = (options.modules ?? standardModules)(codec);
    const { modules, accounts, fees } = this.#set;
    const router = new Router(modules);
    const decode: DecodeOptions = { router, codec, limits: { ...DEFAULT_LIMITS, ...options.limits } };
    this.#cache = new TxCache(decode);
    this.#ante = { accounts, fees, gasPrices: options.minGasPrices ?? [] };
    this.#check = new CheckState(state.committed, this.#ante);
    this.#block = {
      state,
      cache: this.#cache,
      set: this.#set,
      ante: this.#ante,
      chainId,
      speculator: options.speculator,
      aside: options.aside,
    };
    this.#query = {
      state,
      raw: { state, stores: applicationStores(modules) },
      router,
      ante: this.#ante,
      decode,
      appVersion: options.appVersion ?? "0.1.0",
      pending: () => ({
        reader: this.#check.reader,
        prefetch: (keys) => state.prefetch(keys),
        resident: (run) => state.resident(run),
      }),
      nextBlock: () => this.#nextBlock(),
    };
  }

  #nextBlock(): BlockContext {
    return { chainId: this.#block.chainId, height: this.#state.version + 1n, time: this.#lastTime };
  }

  resume(lastBlockTime: Nanos): void {
    this.#lastTime = lastBlockTime;
  }

  *initChain(genesis: GenesisInput): Work<GenesisOutput> {
    invariant(
      genesis.chainId === this.#block.chainId,
      `start ${this.#block.chainId}: genesis is of ${genesis.chainId}`,
    );
    const { changes, validators } = applyGenesis(this.#set.modules, genesis);
    const staged = yield* this.#state.stage(genesis.initialHeight - 1n, changes);
    this.#executed = { staged, time: genesis.time };
    return { validators, appHash: staged.appHash, staged };
  }

  *checkTx(bytes: Uint8Array, kind: CheckKind): Work<CheckTxResult> {
    const decoded = this.#cache.decode(bytes);
    if (!decoded.ok) return checkResult(refusedOutcome(decoded.error));
    const tx = decoded.value;
    const first = tx.signers[0]!;
    let awaited: bigint | undefined;
    const outcome = yield* this.#state.resident(() => {
      const checked = this.#check.check(tx, kind, this.#nextBlock());
      if (isWrongSequence(checked)) awaited = this.#ante.accounts.get(this.#check.reader, first.address)?.sequence;
      return checked;
    });
    const result = checkResult(outcome, first.address.bytes, first.sequence, priorityOf(tx.fee, tx.gasLimit));
    return awaited === undefined || awaited === first.sequence ? result : { ...result, awaited };
  }

  buildBlock(candidates: readonly Uint8Array[], bytesMax: number, gasMax: bigint): readonly Uint8Array[] {
    return buildBlock(this.#cache, candidates, bytesMax, gasMax);
  }

  validateBlock(txs: readonly Uint8Array[], gasMax: bigint): { ok: true } | { ok: false; reason: string } {
    return validateBlock(this.#cache, txs, gasMax);
  }

  *executeBlock(block: BlockInput): Work<BlockOutput> {
    const { journal, txResults, events, validatorUpdates } = yield* runBlock(this.#block, block);
    const staged = yield* this.#state.stage(block.height, journal.changes());
    this.#executed = { staged, time: block.time };
    const { appHash } = staged;
    return { txResults, events, validatorUpdates, consensusParamUpdates: undefined, appHash, staged };
  }

  commit(staged: StagedCommit): void {
    this.#state.adopt(staged);
    if (this.#executed?.staged === staged) this.#lastTime = this.#executed.time;
    this.#executed = undefined;
    this.#check.reset();
  }

  query(query: QueryInput): Work<QueryOutput> {
    return answerQuery(this.#query, query);
  }

  versionOf(query: QueryInput): bigint {
    return versionOf(this.#state.version, query);
  }

  mayRunContracts(query: QueryInput): boolean {
    return mayRunContracts(this.#query, query);
  }

  queryElsewhere(query: QueryInput): QueryElsewhere {
    const state = this.#state;
    const { version } = state;
    const waiting = this.#check.admitted;
    const stores = isSimulation(query.path) ? waiting.written : [];
    return {
      task: { query, block: this.#nextBlock(), stores },
      version,
      bound: versionOf(version, query),
      answer: (request) => answerPending(waiting, stores, () => state.at(version), request),
    };
  }

  exportGenesis(): Work<Record<string, unknown>> {
    return exportAppState(this.#set.modules, (run) => this.#state.resident(() => run(this.#state.committed)));
  }
}

const isWrongSequence = ({ error }: Outcome): boolean =>
  error?.codespace === "sdk" && error.code === SDK_CODE.wrongSequence;

const NOBODY: Uint8Array = new Uint8Array();

function checkResult(outcome: Outcome, sender = NOBODY, sequence = 0n, priority = 0n): CheckTxResult {
  const { error, gasWanted, gasUsed, events } = outcome;
  return {
    code: error?.code ?? 0,
    codespace: error?.codespace ?? "",
    log: error?.message ?? "",
    data: NOBODY,
    gasWanted,
    gasUsed,
    events,
    sender,
    sequence,
    priority,
  };
}

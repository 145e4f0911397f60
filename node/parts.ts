/** Puts application and chain together over an open store: what a node, an export and a test need alike. @module */
import { asideThread } from "./aside.ts";
import { createApplication, readGasPrices, STANDARD_STORES } from "./app/mod.ts";
import { type GenesisDoc, genesisToJson, parseGenesis } from "./chain/mod.ts";
import type { KeyPair, NodeConfig } from "./config/mod.ts";
import { IoError } from "./core/errors.ts";
import { consensusKeyBytes } from "./core/types/mod.ts";
import { BECH32_PREFIX } from "./development.ts";
import type { MempoolObserver } from "./mempool/mod.ts";
import {
  type ContractFigures,
  type ContractLine,
  ContractReports,
  contractSettings,
  createContracts,
} from "./contracts.ts";
import {
  type Chain,
  type CommitTimings,
  openChain,
  type QueryFigures,
  type SpeculationFigures,
  type SpeculationPool,
} from "./runtime/mod.ts";
import { queryPool } from "./queries.ts";
import { speculationPool } from "./speculation.ts";
import { MultiStore } from "./state/mod.ts";
import type { Store } from "./storage/mod.ts";
import { VERSION } from "./version.ts";

export interface PartsOptions {
  /** Closed by `close`, also when opening fails. */
  readonly store: Store;
  readonly config: NodeConfig;
  /** The parsed JSON of the genesis file. */
  readonly genesis: unknown;
  /** Who proposes; absent: nobody here. */
  readonly validatorKey?: Pick<KeyPair, "address"> | undefined;
  readonly onFailure?: (error: unknown) => void;
  readonly onCommitted?: (timings: CommitTimings) => void;
  readonly mempoolObserver?: MempoolObserver;
  /** Hears what contracts say, if the configuration wants that. */
  readonly onContractLine?: (line: ContractLine) => void;
}

/** An open chain with its application. */
export interface Parts {
  readonly chain: Chain;
  readonly contractFigures: ContractFigures;
  /** Undefined when everything runs in one thread. */
  readonly speculationFigures: SpeculationFigures | undefined;
  /** Undefined when queries that run contracts have no threads. */
  readonly queryFigures: QueryFigures | undefined;
  /** The state after the last block as a genesis document. */
  exportGenesis(): Promise<Record<string, unknown>>;
  /** Ends checks and closes the store. */
  close(): Promise<void>;
}

/**
 * Opens the chain of a genesis in a store. Throws an IoError: `genesis_invalid`, `config_invalid`, or what
 * {@linkcode openChain} throws.
 */
export async function openParts(options: PartsOptions): Promise<Parts> {
  const { store, config } = options;
  const onFailure = options.onFailure ?? ((error: unknown) => {
    throw error;
  });
  const reports = new ContractReports(options.onContractLine);
  const aside = asideThread(config, onFailure, (report) => reports.take(report));
  let pool: SpeculationPool | undefined;
  try {
    const genesis = readGenesis(options.genesis);
    const prices = readGasPrices(config.mempool.min_gas_prices);
    if (!prices.ok) throw new IoError("config_invalid", `read mempool.min_gas_prices: ${prices.error.message}`);
    const contracts = createContracts(contractSettings(config), options.onContractLine);
    const queryReports = new ContractReports(options.onContractLine);
    const chain = await openChain({
      store,
      createSpeculation: (answer) =>
        pool = speculationPool(config, answer, onFailure, { onReport: (report) => reports.take(report) }),
      createQueries: (reads) => queryPool(config, reads, (report) => queryReports.take(report)),
      genesis,
      createApplication: (head, speculator) => {
        const state = new MultiStore({ stores: STANDARD_STORES, cacheBytesMax: config.storage.cache_bytes_max });
        state.open(head);
        return createApplication({
          chainId: genesis.chainId,
          bech32Prefix: BECH32_PREFIX,
          state,
          minGasPrices: prices.value,
          limits: { txBytesMax: config.mempool.tx_bytes_max },
          appVersion: VERSION,
          speculator,
          aside,
          modules: contracts.modules,
        });
      },
      proposerAddress: options.validatorKey?.address,
      indexTransactions: config.storage.index_transactions,
      mempoolLimits: {
        countMax: config.mempool.txs_max,
        bytesMax: config.mempool.bytes_max,
        txBytesMax: config.mempool.tx_bytes_max,
        seenCountMax: config.mempool.cache_txs_max,
      },
      onFailure,
      onCommitted: options.onCommitted,
      mempoolObserver: options.mempoolObserver,
    });
    return {
      chain,
      get contractFigures() {
        return { node: contracts.engine.statistics, threads: reports.sum, queries: queryReports.sum };
      },
      get speculationFigures() {
        return pool?.figures;
      },
      get queryFigures() {
        return chain.queries?.figures;
      },
      exportGenesis: () => exportOf(chain),
      async close() {
        await chain.stop();
        aside.stop();
        await store.close();
      },
    };
  } catch (error) {
    // A stored block may have been executed.
    aside.stop();
    pool?.stop();
    await store.close();
    throw error;
  }
}

/** Reads a genesis document. Throws an IoError `genesis_invalid`. */
export function readGenesis(json: unknown): GenesisDoc {
  const genesis = parseGenesis(json);
  if (!genesis.ok) throw new IoError("genesis_invalid", genesis.error.message);
  return genesis.value;
}

async function exportOf({ app, executor, runner, gate }: Chain): Promise<Record<string, unknown>> {
  // Both of the moment when the gate opens: a block may be committed before that.
  const { appState, state, version } = await gate.query(async () => {
    const { state, version } = executor;
    return { appState: await runner.run(app.exportGenesis(), version), state, version };
  });
  return genesisToJson({
    chainId: state.chainId,
    genesisTime: state.lastBlockTime,
    initialHeight: version + 1n,
    consensusParams: state.consensusParams,
    validators: state.validators.validators.map(({ address, pubKey, votingPower }) => ({
      address,
      publicKey: consensusKeyBytes(pubKey)!,
      power: votingPower,
      name: "",
    })),
    appHash: new Uint8Array(),
    appState,
  }) as Record<string, unknown>;
}

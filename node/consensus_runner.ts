/**
 * Consensus as something that can be stopped and begun again: a driver is made for one run, and block sync takes over in
 * between. Key, guard and write-ahead log outlive the drivers.
 * @module
 */
import { ConsensusDriver, type DriverHooks, type EngineConfig, type SignerPort } from "./consensus/mod.ts";
import type { EnginePosition } from "./consensus/engine.ts";
import type { BlockPort, TransportPort, WalPort } from "./consensus/ports.ts";
import {
  tendermintEngine,
  type TendermintMessage,
  type TendermintRecord,
  type TendermintState,
} from "./consensus/tendermint/mod.ts";
import type { RoundView } from "./core/round_view.ts";
import { verifyEd25519 } from "./core/crypto/mod.ts";
import { breathe, type Chain, lastPrecommit } from "./runtime/mod.ts";
import { type Store, StoreWal } from "./storage/mod.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import type { ValidatorKey } from "./validator_key.ts";

export type NodeDriver = ConsensusDriver<TendermintState, TendermintMessage, TendermintRecord>;
export type NodeDriverHooks = DriverHooks<TendermintMessage, TendermintRecord>;

export interface ConsensusRunnerOptions {
  readonly chain: Chain;
  readonly store: Store;
  readonly config: EngineConfig;
  /** Undefined for a full node. */
  readonly key: ValidatorKey | undefined;
  readonly transport: TransportPort;
  /** Sees what goes through the driver's ports. */
  readonly watched: WatchedPorts;
  readonly hooks: NodeDriverHooks;
  /** Nothing is signed below a height: see {@linkcode ValidatorKey.begin}. */
  readonly onHeldBack: (until: bigint) => void;
}

/** Puts an observer before each port. */
interface WatchedPorts {
  wal(port: WalPort): WalPort;
  signer(port: SignerPort): SignerPort;
  blocks(port: BlockPort): BlockPort;
}

export class ConsensusRunner {
  readonly #options: ConsensusRunnerOptions;
  readonly #forget: () => void;
  #driver: NodeDriver | undefined;

  constructor(options: ConsensusRunnerOptions) {
    this.#options = options;
    const { mempool, executor } = options.chain;
    this.#forget = mempool.onTransactionsAvailable(() => this.#driver?.transactionsAvailable(executor.version + 1n));
  }

  /** The driver that runs; undefined while block sync has the chain. */
  get driver(): NodeDriver | undefined {
    return this.#driver;
  }

  /** Where the engine stands; before and between runs, at the beginning of the next height. */
  get position(): EnginePosition {
    const height = this.#options.chain.executor.version + 1n;
    return this.#driver?.position ?? { height, round: 0, step: "propose" };
  }

  /** The running height in full; undefined between runs. */
  get roundView(): RoundView | undefined {
    return this.#driver?.describe();
  }

  /** Begins with the next height. `attach` is told of the driver before it runs, so that nothing it says is lost. */
  async start(attach: (driver: NodeDriver) => void = () => {}): Promise<void> {
    const { chain, store, config, key, transport, watched, hooks, onHeldBack } = this.#options;
    const { executor, genesis } = chain;
    const held = await key?.begin({
      height: executor.version + 1n,
      initialHeight: genesis.initialHeight,
      seen: () => lastPrecommit(chain, key.address),
    });
    if (held !== undefined) onHeldBack(held);
    const driver: NodeDriver = new ConsensusDriver({
      engine: tendermintEngine,
      chainId: genesis.chainId,
      self: key?.address,
      config,
      verify: verifyEd25519,
      pause: breathe,
      ports: {
        clock: SYSTEM_CLOCK,
        wal: watched.wal(new StoreWal(store)),
        signer: key && watched.signer(key.signer),
        transport,
        blocks: watched.blocks(executor),
      },
      hooks,
    });
    this.#driver = driver;
    attach(driver);
    await driver.start(await executor.startContext());
    // Announced while nobody listened.
    if (chain.mempool.count > 0) driver.transactionsAvailable(executor.version + 1n);
  }

  /** Ends the run; a block that is being committed is committed first. */
  async stop(): Promise<void> {
    const driver = this.#driver;
    this.#driver = undefined;
    await driver?.stop();
  }

  /** Nothing of this is used again. */
  async close(): Promise<void> {
    this.#forget();
    await this.stop();
  }
}

/** From what happens in a node to the numbers, lines, spans and events it shows. @module */
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { BlockPort, SignerPort, WalPort } from "./consensus/ports.ts";
import type { GossipObserver } from "./gossip/ports.ts";
import type { MempoolObserver } from "./mempool/mod.ts";
import type { NodeDriverHooks } from "./consensus_runner.ts";
import { LogLines } from "./log_lines.ts";
import {
  BlockMeter,
  ConsensusMeter,
  HeightTrace,
  NetworkMeter,
  RoundWatch,
  SyncMeter,
  watchBlocks,
  watchSigner,
  watchWal,
} from "./observe/mod.ts";
import type { CommittedBlock } from "./rpc/ports.ts";
import type { TendermintState } from "./consensus/tendermint/mod.ts";
import type { CommitTimings } from "./runtime/mod.ts";
import type { ContractLine } from "./contracts.ts";
import type { Parts } from "./parts.ts";
import type { SyncObserver } from "./sync/ports.ts";
import { createSpans, type Logger, type Metrics, type Spans } from "./telemetry/mod.ts";
import { VERSION } from "./version.ts";

interface MempoolFigures {
  readonly count: number;
  readonly bytes: number;
  readonly backlog: number;
}

type ObservedHooks = Required<
  Pick<NodeDriverHooks, "onInput" | "onHandled" | "onEffect" | "onTimeout" | "onCommit" | "onBadMessage">
>;

/** Hung into the hooks of a node's rooms by its composition root; everything in here is cheap and throws nothing. */
export class NodeObserver {
  readonly #metrics: Metrics;
  readonly #spans: Spans;
  readonly #trace: HeightTrace;
  readonly #consensus: ConsensusMeter;
  readonly #blocks: BlockMeter;
  #lines = new LogLines();
  /** For the network, and who comes and goes there. */
  readonly network: NetworkMeter;
  readonly gossip: GossipObserver;
  readonly sync: SyncObserver;
  /** What happens within heights, for RPC. */
  readonly rounds: RoundWatch;

  /** `onFailure` is told what a listener of events threw. */
  constructor(
    metrics: Metrics,
    spans: Spans = createSpans("catenary", VERSION),
    onFailure: (error: unknown) => void = () => {},
  ) {
    const log = () => this.#lines;
    this.#metrics = metrics;
    this.#spans = spans;
    this.#trace = new HeightTrace(spans);
    this.#consensus = new ConsensusMeter(metrics.consensus, log);
    this.network = new NetworkMeter(metrics.network, log);
    this.gossip = this.network.gossip;
    this.sync = new SyncMeter(metrics.sync, log, spans);
    this.rounds = new RoundWatch(onFailure);
    this.#blocks = new BlockMeter(metrics, log, () => this.network.peers);
  }

  /** Lines go there from now on. */
  logTo(logger: Logger): void {
    this.#lines = new LogLines(logger);
  }

  /** Whose precommits are missed: this node's validator. */
  watchOwn(address: Uint8Array | undefined): void {
    this.#blocks.self = address;
  }

  /** For the consensus driver. */
  get consensusHooks(): ObservedHooks {
    const { rounds } = this;
    const consensus = this.#consensus;
    return {
      onInput: (input) => consensus.onInput(input),
      onHandled: (input, state) => {
        const now = state as TendermintState;
        consensus.onHandled(input, now);
        rounds.onHandled(input, now);
        if (this.#spans.on && now.height !== undefined) this.#trace.begun(now.height.context.height, performance.now());
      },
      onEffect: (effect) => consensus.onEffect(effect),
      onTimeout: (timer) => {
        consensus.onTimeout(timer);
        rounds.onTimeout(timer);
      },
      onCommit: (decision) => consensus.onCommit(decision),
      onBadMessage: () => consensus.onBadMessage(),
    };
  }

  /** The numbers of contracts and threads are read there from now on. */
  followExecution(parts: Pick<Parts, "contractFigures" | "speculationFigures" | "queryFigures">): void {
    this.#metrics.contracts.follow(() => parts.contractFigures);
    this.#metrics.threads.follow(() => parts.speculationFigures);
    this.#metrics.queries.follow(() => parts.queryFigures);
  }

  contractSaid({ contract, text }: ContractLine): void {
    this.#lines.contractSaid(contract, text);
  }

  /** The driver was stopped: sync has the chain. */
  consensusStopped(): void {
    this.#consensus.stopped();
  }

  /** The driver's ports, watched. */
  wal(port: WalPort): WalPort {
    return watchWal(port, this.#metrics);
  }
  signer(port: SignerPort): SignerPort {
    return watchSigner(port, this.#metrics);
  }
  blocks(port: BlockPort): BlockPort {
    return watchBlocks(port, this.#metrics, this.#spans, this.#trace);
  }

  /** Evidence waits for a block, wherever it came from. */
  evidenceSeen(evidence: Evidence): void {
    this.#lines.evidenceSeen(evidence);
  }

  /** A block is durable. `mempool`: where pending transactions are counted; absent while a chain opens. */
  committed(timings: CommitTimings, mempool?: MempoolFigures): void {
    if (mempool !== undefined) this.#metrics.mempool.follow(mempool);
    this.#blocks.committed(timings);
    if (this.#spans.on) this.#trace.committed(timings);
  }

  /** The results of a block are known. */
  executed(committed: CommittedBlock): void {
    this.#blocks.told(committed);
  }

  /** For the mempool. */
  readonly mempool: MempoolObserver = {
    submitted: (bytes, refused) => this.#metrics.mempool.submitted(bytes, refused),
    rechecked: (kept) => this.#metrics.mempool.rechecked(kept),
    evicted: (count) => this.#metrics.mempool.evicted(count),
    sliced: (checks, ms) => {
      this.#metrics.mempool.sliced(checks, ms / 1000);
      if (!this.#spans.on) return;
      const toMs = performance.now();
      this.#spans.record("mempool.check", { fromMs: toMs - ms, toMs }, { "catenary.checks": checks });
    },
  };

  /** For the RPC server: after each call. */
  called(method: string, code: number, seconds: number): void {
    this.#metrics.rpcCalled(method, code, seconds);
    if (!this.#spans.on) return;
    const toMs = performance.now();
    const failure = code === 0 ? undefined : `code ${code}`;
    // A child of the request that Deno's server made a span for.
    this.#spans.record(`rpc ${method}`, { fromMs: toMs - seconds * 1000, toMs, failure }, {
      "rpc.system": "jsonrpc",
      "rpc.method": method,
      "rpc.jsonrpc.error_code": code,
    }, "active");
  }
}

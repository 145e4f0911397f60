/**
 * Runs a consensus engine in the world: one input at a time, its effects strictly in order, each finished before the next
 * begins. So *persist before send* is what the engine's list says and nothing else. Decision D3 of the design.
 * @module
 */
import type { CodedError } from "../core/errors.ts";
import { IoError } from "../core/errors.ts";
import type { GossipVerdict } from "../core/peer.ts";
import type { RoundView } from "../core/round_view.ts";
import type { Nanos } from "../core/time.ts";
import { unreachable } from "../core/invariant.ts";
import type { Decision, Effect } from "./effect.ts";
import type { Engine, EngineConfig, EngineContext, EnginePosition } from "./engine.ts";
import type { HeightContext, Input, PeerId, Signable, Timer } from "./input.ts";
import type { BlockPort, ClockPort, SignerPort, TransportPort, WalPort } from "./ports.ts";
import { Inbox, INBOX_LIMITS, type InboxLimits } from "./_inbox.ts";
import { type FiredTimer, TimerTable } from "./_timers.ts";
import { rememberingVerify } from "./_verified.ts";

/** All of the world that a driver touches. */
export interface DriverPorts {
  readonly clock: ClockPort;
  readonly wal: WalPort;
  /** Undefined for a full node; a `sign` effect is then refused. */
  readonly signer: SignerPort | undefined;
  readonly transport: TransportPort;
  readonly blocks: BlockPort;
}

/** Observers. They must not throw; what they throw halts the driver like any bug of ours. */
export interface DriverHooks<M, R, S = unknown> {
  /** The engine moved to another height, round or step. Only for engines that tell their position. */
  onStep?(position: EnginePosition): void;
  /** Before an input is given to the engine. */
  onInput?(input: Input<M, R>): void;
  /** The engine took an input and is in `state` now; its effects follow. */
  onHandled?(input: Input<M, R>, state: S): void;
  /** Before an effect begins. A `stop()` from here leaves this effect and the rest of the list undone, as a crash would. */
  onEffect?(effect: Effect<M, R>): void;
  /** A block is executed and durable. */
  onCommit?(decision: Decision, next: HeightContext): void;
  onTimeout?(timer: Timer): void;
  /** A peer's message did not decode; it was reported to the transport. */
  onBadMessage?(from: PeerId, error: CodedError): void;
  /** The driver has stopped for good: our own bug (`InvariantError`, any other throw) or a failed world (`IoError`). */
  onHalt(error: unknown): void;
}

export interface DriverOptions<S, M, R> {
  readonly engine: Engine<S, M, R>;
  readonly chainId: string;
  /** This process's validator address; undefined for a full node. */
  readonly self: Uint8Array | undefined;
  readonly config: EngineConfig;
  /** As {@linkcode EngineContext.verify}. */
  readonly verify: EngineContext["verify"];
  readonly ports: DriverPorts;
  readonly hooks: DriverHooks<M, R, NoInfer<S>>;
  readonly inboxLimits?: Partial<InboxLimits>;
  /** Awaited after every {@linkcode INPUTS_PER_SLICE} inputs, so that a busy engine does not starve the event loop. */
  readonly pause?: () => Promise<void>;
}

/** Counters since construction. */
export interface DriverStats {
  readonly inputs: number;
  /** Messages dropped because their peer, or all peers together, were over the inbox limits. */
  readonly dropped: number;
  readonly undecodable: number;
  readonly commits: number;
}

/** Inputs handled in one go before {@linkcode DriverOptions.pause} is asked. */
export const INPUTS_PER_SLICE = 128;

type Pending<M, R> = { readonly type: "input"; readonly input: Input<M, R> } | {
  readonly type: "timer";
  readonly fired: FiredTimer;
};

type Phase = "new" | "running" | "stopped";

/** See the module. Made for one run: after `stop` (or a halt) make another one. */
export class ConsensusDriver<S, M, R> {
  readonly #options: DriverOptions<S, M, R>;
  readonly #inbox: Inbox;
  readonly #timers: TimerTable;
  /** Of one signature twice: when it is judged, and when it is counted. */
  readonly #verify: EngineContext["verify"];
  /** Timers and the world's answers, in order of arrival; they go before messages of peers. */
  #pending: Pending<M, R>[] = [];
  #pendingHead = 0;
  #phase: Phase = "new";
  #state: S;
  #height = 0n;
  /** A height after the running one for which the mempool holds something. */
  #availableAt = 0n;
  #position: EnginePosition | undefined;
  #heightStart: Nanos = 0n;
  #looping = false;
  /** The loop while it runs; undefined when nothing waits. */
  #loop: Promise<void> | undefined;
  #inputs = 0;
  #undecodable = 0;
  #commits = 0;

  constructor(options: DriverOptions<S, M, R>) {
    this.#options = options;
    this.#state = options.engine.initial();
    this.#verify = rememberingVerify(options.verify);
    this.#inbox = new Inbox({ ...INBOX_LIMITS, ...options.inboxLimits });
    this.#timers = new TimerTable(options.ports.clock, (fired) => this.#enqueue({ type: "timer", fired }));
  }

  /** The height the engine works on; 0 before `start`. */
  get height(): bigint {
    return this.#height;
  }

  /** Where the engine stands, if it tells. */
  get position(): EnginePosition | undefined {
    return this.#position;
  }

  /** The running height in full, if the engine tells; made anew for each call. */
  describe(): RoundView | undefined {
    const view = this.#options.engine.describe?.(this.#state);
    return view && { ...view, startTime: this.#heightStart };
  }

  get stats(): DriverStats {
    return {
      inputs: this.#inputs,
      dropped: this.#inbox.dropped,
      undecodable: this.#undecodable,
      commits: this.#commits,
    };
  }

  /**
   * Loads the write-ahead log of the height and starts the engine. Rejects with an `IoError`: `wal_damaged` from the log,
   * `wal_undecodable` when a whole record means nothing to the engine. To go on without it could sign twice, so a person decides.
   */
  async start(height: HeightContext): Promise<void> {
    if (this.#phase !== "new") throw new IoError("driver_used", "start consensus: this driver was started before");
    this.#phase = "running";
    this.#height = height.height;
    // Held until the log is read, so that nothing overtakes `started`.
    let release = () => {};
    this.#loop = new Promise((resolve) => release = resolve);
    try {
      const replay = this.#decodeLog(await this.#options.ports.wal.load(height.height));
      if (this.#stopped()) return;
      this.#pending.unshift({ type: "input", input: { type: "started", height, replay } });
    } catch (error) {
      this.#shutDown();
      throw error;
    } finally {
      this.#loop = undefined;
      release();
    }
    this.#wake();
  }

  /** A peer's message. False when it was dropped: not running, or no room. The bytes must not change afterwards. */
  receive(from: PeerId, message: Uint8Array): boolean {
    if (this.#phase === "stopped") return false;
    const taken = this.#inbox.push(from, message);
    this.#wake();
    return taken;
  }

  /** What to do with a message before it is passed on; it may lack its block. `ignore` unless running. */
  judge(message: M): GossipVerdict {
    if (this.#phase !== "running") return "ignore";
    return this.#options.engine.judge(this.#context(), this.#state, message);
  }

  /**
   * The mempool holds something to propose at `height`. Matters only without empty blocks. Waits for the height: while a block
   * is committed the mempool may be ahead of the engine, which makes nothing of a height that it is not at.
   */
  transactionsAvailable(height: bigint): void {
    if (height > this.#height) this.#availableAt = height;
    else this.#enqueue({ type: "input", input: { type: "transactions_available", height } });
  }

  /** Ends after the effect in progress, leaving the rest of its list undone: the log makes that safe. Idempotent. */
  async stop(): Promise<void> {
    this.#shutDown();
    await this.#loop;
  }

  #shutDown(): void {
    this.#phase = "stopped";
    this.#timers.cancelAll();
    this.#pending = [];
    this.#pendingHead = 0;
    this.#inbox.clear();
  }

  #halt(error: unknown): void {
    // After a stop the world is being taken down; its complaints are no news.
    if (this.#phase === "stopped") return;
    this.#shutDown();
    this.#options.hooks.onHalt(error);
  }

  #decodeLog(records: readonly Uint8Array[]): R[] {
    return records.map((bytes, index) => {
      const record = this.#options.engine.codec.decodeRecord(bytes);
      if (record.ok) return record.value;
      throw new IoError(
        "wal_undecodable",
        `replay consensus log of height ${this.#height}: record ${index} of ${records.length}: ${record.error.message}`,
      );
    });
  }

  #enqueue(pending: Pending<M, R>): void {
    if (this.#phase === "stopped") return;
    this.#pending.push(pending);
    this.#wake();
  }

  #wake(): void {
    if (this.#looping || this.#loop !== undefined || this.#phase !== "running") return;
    // Before the loop begins: hooks and ports may hand in messages at once, from within its first input.
    this.#looping = true;
    this.#loop = this.#run().catch((error) => this.#halt(error)).finally(() => {
      this.#looping = false;
      this.#loop = undefined;
      // Something may have come between the loop's last look and this moment.
      if (this.#pendingHead < this.#pending.length || !this.#inbox.empty) this.#wake();
    });
  }

  async #run(): Promise<void> {
    let slice = 0;
    for (;;) {
      const input = this.#phase === "running" ? this.#next() : undefined;
      if (input === undefined) return;
      if (++slice % INPUTS_PER_SLICE === 0 && this.#options.pause) await this.#options.pause();
      for (const effect of this.#step(input)) {
        if (this.#stopped()) return;
        this.#options.hooks.onEffect?.(effect);
        if (this.#stopped()) return;
        const wait = this.#perform(effect);
        if (wait !== undefined) await wait;
      }
    }
  }

  /** A method, since hooks and waits change the phase behind the compiler's back. */
  #stopped(): boolean {
    return this.#phase === "stopped";
  }

  #next(): Input<M, R> | undefined {
    while (this.#pendingHead < this.#pending.length) {
      const pending = this.#pending[this.#pendingHead++]!;
      if (this.#pendingHead === this.#pending.length) {
        this.#pending = [];
        this.#pendingHead = 0;
      }
      if (pending.type === "input") return pending.input;
      if (this.#timers.take(pending.fired)) {
        this.#options.hooks.onTimeout?.(pending.fired.timer);
        return { type: "timer_fired", timer: pending.fired.timer };
      }
    }
    for (;;) {
      const received = this.#inbox.shift();
      if (received === undefined) return undefined;
      const message = this.#options.engine.codec.decodeMessage(received.message);
      if (message.ok) return { type: "message_received", from: received.from, message: message.value };
      this.#undecodable++;
      this.#options.ports.transport.report(received.from, "undecodable", message.error.message);
      this.#options.hooks.onBadMessage?.(received.from, message.error);
    }
  }

  #step(input: Input<M, R>): readonly Effect<M, R>[] {
    const { engine, hooks } = this.#options;
    hooks.onInput?.(input);
    this.#inputs++;
    if (input.type === "height_committed") this.#height = input.next.height;
    const { state, effects } = engine.step(this.#context(), this.#state, input);
    this.#state = state;
    if (input.type === "height_committed" && this.#availableAt === this.#height) {
      this.transactionsAvailable(this.#height);
    }
    if (engine.position !== undefined) this.#observe(engine.position(state));
    hooks.onHandled?.(input, state);
    return effects;
  }

  #context(): EngineContext {
    const { chainId, self, config, ports } = this.#options;
    return { chainId, self, config, verify: this.#verify, nowNanos: ports.clock.nowNanos() };
  }

  #observe(now: EnginePosition): void {
    const before = this.#position;
    if (
      before !== undefined && before.height === now.height && before.round === now.round && before.step === now.step
    ) {
      return;
    }
    if (before?.height !== now.height) this.#heightStart = this.#options.ports.clock.nowNanos();
    this.#position = now;
    this.#options.hooks.onStep?.(now);
  }

  /** Carries out one effect; a promise when it takes time. */
  #perform(effect: Effect<M, R>): Promise<void> | undefined {
    const { ports: { wal, transport, blocks }, engine } = this.#options;
    switch (effect.type) {
      case "persist":
        return wal.append(this.#height, effect.records.map((record) => engine.codec.encodeRecord(record)));
      case "sign":
        return this.#sign(effect.message);
      case "broadcast":
        return void transport.broadcast(engine.codec.encodeMessage(effect.message));
      case "send":
        return void transport.send(effect.to, engine.codec.encodeMessage(effect.message));
      case "start_timer":
        return this.#timers.start(effect.timer, effect.durationMs) as undefined;
      case "cancel_timer":
        return this.#timers.cancel(effect.timer) as undefined;
      case "build_block":
        return this.#build(effect);
      case "validate_block":
        return this.#validate(effect);
      case "commit":
        return this.#commit(effect.decision);
      case "report_evidence":
        return blocks.addEvidence(effect.evidence) as undefined;
      case "report_peer":
        return transport.report(effect.peer, effect.code, effect.reason) as undefined;
      default:
        return unreachable(effect);
    }
  }

  async #sign(message: Signable): Promise<void> {
    const { ports: { signer }, chainId } = this.#options;
    const answer = signer === undefined
      ? { ok: false as const, reason: "this node has no validator key" }
      : await signer.sign(chainId, message);
    this.#answer(
      answer.ok
        ? { type: "signed", message: answer.message }
        : { type: "sign_refused", message, reason: answer.reason },
    );
  }

  /** Not awaited: a proposer can take its time while votes of others come in. */
  #build(effect: Effect<M, R> & { type: "build_block" }): undefined {
    const { height, round, lastCommit } = effect;
    this.#options.ports.blocks.build({ height, round, lastCommit }).then(
      (block) => this.#answer({ type: "block_built", height, round, block }),
      (error) => this.#halt(error),
    );
  }

  #validate(effect: Effect<M, R> & { type: "validate_block" }): undefined {
    const { height, round, blockId, bytes } = effect;
    this.#options.ports.blocks.validate({ height, round, blockId, bytes }).then(
      (verdict) =>
        this.#answer({
          type: "block_validated",
          height,
          round,
          blockId,
          time: verdict.valid ? verdict.time : 0n,
          valid: verdict.valid,
        }),
      (error) => this.#halt(error),
    );
  }

  async #commit(decision: Decision): Promise<void> {
    const { ports: { blocks, wal }, hooks } = this.#options;
    const next = await blocks.commit(decision);
    if (this.#stopped()) return;
    this.#commits++;
    this.#answer({ type: "height_committed", next });
    // Tidying up; nothing waits for it, since records are only ever asked for by height. Those of the height just decided
    // stay until the next is: whoever looks into the log of a stopped node should find how it ended.
    wal.truncate(decision.height).catch((error) => this.#halt(error));
    hooks.onCommit?.(decision, next);
  }

  #answer(input: Input<M, R>): void {
    this.#enqueue({ type: "input", input });
  }
}

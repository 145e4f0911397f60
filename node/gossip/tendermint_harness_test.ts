/** For tests: Tendermint engines on a mesh, with blocks of real parts and signatures that cost nothing. @module */
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import type { Decision } from "../consensus/effect.ts";
import type { EngineConfig } from "../consensus/engine.ts";
import type { HeightContext, Timer } from "../consensus/input.ts";
import {
  contextOf,
  GENESIS_TIME,
  sign,
  type TestEffect,
  type TestInput,
  validatorSet,
} from "../consensus/tendermint/_testing.ts";
import { tendermintCodec } from "../consensus/tendermint/codec.ts";
import { createTendermintEngine, type TendermintEngine } from "../consensus/tendermint/engine.ts";
import type { TendermintMessage } from "../consensus/tendermint/messages.ts";
import type { TendermintState } from "../consensus/tendermint/state.ts";
import { u64ToBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import type { GossipVerdict } from "../core/peer.ts";
import { NANOS_PER_MS } from "../core/time.ts";
import { equalBlockIds } from "../core/types/mod.ts";
import { ProposerRotation } from "../core/validators/mod.ts";
import { blockBytes, blockIdOfBytes, Mesh, type MeshNode, type MeshProcess } from "./_testing.ts";

export const FAST_CONFIG: EngineConfig = {
  propose: { baseMs: 400, deltaMs: 200 },
  prevote: { baseMs: 200, deltaMs: 100 },
  precommit: { baseMs: 200, deltaMs: 100 },
  commitMs: 0,
  createEmptyBlocks: true,
};

export interface TendermintMeshOptions {
  readonly seed: number;
  /** Nodes beyond these are no validators. */
  readonly powers: readonly number[];
  readonly config?: EngineConfig;
  readonly blockBytes?: number;
  /** How long node `i` executes a block. */
  readonly executeMs?: (i: number) => number;
  readonly delayMsMax?: number;
  /** Effects that a node does not carry out. */
  readonly drop?: (node: number, effect: TestEffect) => boolean;
}

function rotated(set: ValidatorSet): ValidatorSet {
  const rotation = ProposerRotation.of(set);
  rotation.increment(1);
  return rotation.toValidatorSet();
}

export class TendermintMesh {
  readonly options: TendermintMeshOptions;
  readonly mesh: Mesh<TendermintMessage>;
  /** Validators of height i + 1. */
  readonly #sets: ValidatorSet[];

  constructor(options: TendermintMeshOptions) {
    this.options = options;
    this.#sets = [validatorSet(options.powers)];
    this.mesh = new Mesh<TendermintMessage>({
      seed: options.seed,
      codec: tendermintCodec,
      process: (node) => new TendermintProcess(this, node),
      ...(options.delayMsMax !== undefined && { delayMsMax: options.delayMsMax }),
    });
  }

  validators(height: number): ValidatorSet {
    while (this.#sets.length < height) this.#sets.push(rotated(this.#sets.at(-1)!));
    return this.#sets[height - 1]!;
  }

  add(): TendermintProcess {
    return this.mesh.add().process as TendermintProcess;
  }

  get processes(): TendermintProcess[] {
    return this.mesh.nodes.map((node) => node.process as TendermintProcess);
  }
}

export class TendermintProcess implements MeshProcess<TendermintMessage> {
  readonly node: MeshNode<TendermintMessage>;
  readonly index: number;
  readonly chain: Decision[] = [];
  /** Heights that came from elsewhere. */
  synced = 0;
  readonly #world: TendermintMesh;
  readonly #engine: TendermintEngine = createTendermintEngine();
  #state: TendermintState = this.#engine.initial();
  #life = 0;
  #running = false;
  #inbox: TestInput[] = [];
  #urgent: TestInput[] = [];
  #stepping = false;
  #committing = false;
  #timers = new Map<string, number>();
  #timerIds = 0;
  #place = "";

  constructor(world: TendermintMesh, node: MeshNode<TendermintMessage>) {
    this.#world = world;
    this.node = node;
    this.index = Number(node.id.slice(1));
  }

  get #self(): number | undefined {
    return this.index < this.#world.options.powers.length ? this.index : undefined;
  }

  start(): void {
    this.#life++;
    this.#running = true;
    this.#state = this.#engine.initial();
    this.#inbox = [];
    this.#urgent = [{ type: "started", height: this.#context(), replay: [] }];
    this.#committing = false;
    this.#timers.clear();
    this.#tellMoved(false);
    this.#work();
  }

  stop(): void {
    this.#life++;
    this.#running = false;
    this.#tellMoved(false);
  }

  /** Takes another's blocks and goes on from there. */
  sync(chain: readonly Decision[]): void {
    this.stop();
    this.synced += chain.length - this.chain.length;
    this.chain.push(...chain.slice(this.chain.length));
    this.start();
  }

  deliver(from: string, message: Uint8Array): void {
    const decoded = tendermintCodec.decodeMessage(message);
    invariant(decoded.ok, "deliver a message: it cannot be decoded");
    this.#inbox.push({ type: "message_received", from, message: decoded.value });
    this.#work();
  }

  judge(message: TendermintMessage): GossipVerdict {
    return this.#running ? this.#engine.judge(this.#engineContext(), this.#state, message) : "ignore";
  }

  get height(): number {
    return this.chain.length + 1;
  }

  #engineContext() {
    const now = GENESIS_TIME + BigInt(this.#world.mesh.now) * NANOS_PER_MS;
    return contextOf(this.#self, this.#world.options.config ?? FAST_CONFIG, now);
  }

  #context(): HeightContext {
    const last = this.chain.at(-1);
    const at = this.height;
    return {
      height: BigInt(at),
      validators: this.#world.validators(at),
      nextValidators: this.#world.validators(at + 1),
      lastCommit: last?.commit,
      lastValidators: last === undefined ? undefined : this.#world.validators(at - 1),
      lastBlock: last?.block,
      lastBlockTime: last?.block.time ?? GENESIS_TIME,
      proofBlock: false,
    };
  }

  #tellMoved(running: boolean, round = 0, step = ""): void {
    const place = `${this.height} ${round} ${step} ${running}`;
    if (place === this.#place) return;
    this.#place = place;
    const height = BigInt(this.height);
    this.node.on({ type: "moved", height, round, base: 1n, running, decided: step === "commit" });
  }

  /** One input at a time, as the driver does. */
  #work(): void {
    if (this.#stepping || !this.#running) return;
    this.#stepping = true;
    for (;;) {
      const input = this.#urgent.shift() ?? (this.#committing ? undefined : this.#inbox.shift());
      if (input === undefined) break;
      const { state, effects } = this.#engine.step(this.#engineContext(), this.#state, input);
      this.#state = state;
      const { round, step } = this.#engine.position!(state);
      this.#tellMoved(true, round, step);
      for (const effect of effects) if (!this.#world.options.drop?.(this.index, effect)) this.#perform(effect);
    }
    this.#stepping = false;
  }

  #answer(ms: number, input: () => TestInput): void {
    const life = this.#life;
    this.#world.mesh.schedule(ms, () => {
      if (life !== this.#life) return;
      this.#urgent.push(input());
      this.#work();
    });
  }

  #perform(effect: TestEffect): void {
    switch (effect.type) {
      case "sign":
        if (this.#self !== undefined) this.#urgent.push({ type: "signed", message: sign(this.#self, effect.message) });
        return;
      case "broadcast":
        return void this.node.on({ type: "own_broadcast", message: tendermintCodec.encodeMessage(effect.message) });
      case "send": {
        const message = tendermintCodec.encodeMessage(effect.message);
        return void this.node.on({ type: "own_send", to: effect.to, message });
      }
      case "start_timer":
        return this.#startTimer(effect.timer, effect.durationMs);
      case "cancel_timer":
        this.#timers.delete(nameOf(effect.timer));
        return;
      case "build_block":
        return this.#build(effect.height, effect.round);
      case "validate_block": {
        const { height, round, blockId, bytes } = effect;
        const valid = equalBlockIds(blockIdOfBytes(bytes), blockId);
        const time = GENESIS_TIME + height;
        return this.#answer(1, () => ({ type: "block_validated", height, round, blockId, time, valid }));
      }
      case "commit":
        return this.#commit(effect.decision);
      case "report_peer":
        this.node.reports.push(`${effect.peer} ${effect.code}: ${effect.reason}`);
        return;
    }
  }

  #build(height: bigint, round: number): void {
    const bytes = blockBytes(this.index, this.#world.options.blockBytes ?? 500);
    bytes.set(u64ToBytes(height * 1000n + BigInt(round)));
    const block = { blockId: blockIdOfBytes(bytes), bytes, time: GENESIS_TIME + height };
    this.#answer(1, () => ({ type: "block_built", height, round, block }));
  }

  #commit(decision: Decision): void {
    this.#committing = true;
    this.#answer(this.#world.options.executeMs?.(this.index) ?? 5, () => {
      this.#committing = false;
      this.chain.push(decision);
      return { type: "height_committed", next: this.#context() };
    });
  }

  #syncIfFar(): void {}

  #startTimer(timer: Timer, ms: number): void {
    const id = ++this.#timerIds;
    this.#timers.set(nameOf(timer), id);
    const life = this.#life;
    this.#world.mesh.schedule(ms, () => {
      if (life !== this.#life || this.#timers.get(nameOf(timer)) !== id) return;
      this.#timers.delete(nameOf(timer));
      this.#urgent.push({ type: "timer_fired", timer });
      this.#work();
    });
  }
}

const nameOf = ({ kind, height, round }: Timer) => `${kind}/${height}/${round}`;

/** The clients of a course over several paths, as deliveries see those of a course over one. @module */
import { chainFault, type Proven } from "../chain/mod.ts";
import { IoError } from "../../node/core/errors.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import type { WorkerCore } from "./core.ts";
import type { Course } from "./course.ts";
import { HandshakeRun, settle } from "./handshake_run.ts";
import { MultihopRoute, type Reached } from "./multihop_route.ts";
import type { ClientFault, ClientUpdate, CourseClient, WorkerChain } from "./ports.ts";

/** Ways that are kept for batches under way. */
const WAYS_MAX = 8;
/** A block of a chain on the way is waited for that long. */
const BLOCK_TIMEOUT_MS = 30_000;

export class MultihopClient implements CourseClient {
  readonly #route: MultihopRoute;
  /** Ways by the height that was asked for. */
  readonly #ways = new Map<bigint, Promise<Result<Reached, ClientFault>>>();
  /** The last way whose update is in a block of the target. */
  #known: Reached | undefined;
  /** One way is made after the other: they would update the same clients. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(readonly core: WorkerCore, course: Course) {
    const { clock } = core.world;
    const run = new HandshakeRun({ clock, blockTimeoutMs: BLOCK_TIMEOUT_MS, onStep: (step) => this.#told(step) });
    const between = course.legs.slice(1).map(({ near }) => chainOf(core, near.chain));
    this.#route = new MultihopRoute(run, [course.target, ...between, course.prover], course.legs);
  }

  #told({ chain, id, proofHeight: height, txHash }: Parameters<HandshakeRun["told"]>[0]): void {
    if (height === undefined) return;
    this.core.world.hooks.clientUpdated?.({ chain, clientId: id, height, txHash, refresh: false });
  }

  known(): Promise<bigint> {
    const known = this.#known;
    return Promise.resolve(known !== undefined && this.#route.isFresh(known) ? known.far.revisionHeight : 0n);
  }

  async update(height: bigint): Promise<Result<ClientUpdate, ClientFault>> {
    let way = this.#ways.get(height);
    if (way === undefined) {
      const before = this.#last;
      way = before.then(() => this.#make(height));
      this.#last = way.catch(() => {});
      if (this.#ways.size >= WAYS_MAX) this.#ways.delete(this.#ways.keys().next().value!);
      this.#ways.set(height, way);
      way.then(({ ok }) => ok || this.#ways.delete(height), () => this.#ways.delete(height));
    }
    const made = await way;
    return made.ok ? ok(made.value.brought.update) : made;
  }

  async #make(height: bigint): Promise<Result<Reached, ClientFault>> {
    const made = await settle(async () => {
      const reached = await this.#route.reach(height);
      // What the target would refuse is not even offered.
      await this.#route.prove(reached, []);
      return reached;
    });
    if (made.ok) return made;
    const { code, message } = made.error;
    if (code === "chain_unreachable") throw new IoError(code, message);
    this.#route.forget();
    return err({ code: "header", message });
  }

  onUpdated(height: bigint): void {
    this.#ways.get(height)?.then((made) => {
      if (made.ok) this.#known = made.value;
    }, () => {});
  }

  forget(): void {
    this.#known = undefined;
    this.#ways.clear();
    this.#route.forget();
  }

  async prove(
    keys: readonly Uint8Array[],
    height: bigint,
  ): Promise<readonly (Proven & { readonly believed: boolean })[]> {
    const made = await this.#ways.get(height);
    const way = made?.ok ? made.value : this.#known?.far.revisionHeight === height ? this.#known : undefined;
    if (way === undefined) throw chainFault("chain_pruned", `prove at height ${height}`, "the way is forgotten");
    return await this.#route.prove(way, keys);
  }
}

function chainOf(core: WorkerCore, name: string): WorkerChain {
  const chain = core.chain(name);
  if (chain === undefined) throw chainFault("chain_unreachable", `use chain ${name}`, "it is not configured");
  return chain;
}

/** What all handshakes do: wait for blocks, bring a client to a height, have a state proven, submit. @module */
import { utf8ToBytes } from "../../node/core/bytes.ts";
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import { readLightBlock } from "../../node/core/light/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { timestampToNanos } from "../../node/core/time.ts";
import {
  chainFaultCode,
  type ChainHead,
  type Clock,
  type Message,
  type Proven,
  type Submission,
} from "../chain/mod.ts";
import { type FollowedClient, type TrustedPoint, verifyClaim } from "../light/mod.ts";
import { BlockShelf, queryClient, queryTrusted, runUpdate, trustedBy, updateMessages } from "./clients.ts";
import type { ClientUpdate } from "./ports.ts";
import type {
  HandshakeChain,
  HandshakeFault,
  HandshakeFaultCode,
  HandshakeOptions,
  HandshakeStep,
} from "./handshake_ports.ts";

/** A chain that is silent for that long has stopped. */
const BLOCK_TIMEOUT_MS = 60_000;
const POLL_MS = 500;
/** Refusals in a row: somebody else may have done the step in between, but not every time. */
export const REFUSALS_MAX = 4;
/** Looks at both chains; four steps need five. */
export const LOOKS_MAX = 40;
/** Blocks that an end is waited for whose counterparty is there already. */
export const WAITS_MAX = 3;

/** Ends a handshake; caught where it began. */
export class HandshakeEnded extends Error {
  constructor(readonly fault: HandshakeFault) {
    super(fault.message);
  }
}

export const end = (code: HandshakeFaultCode, message: string): never => {
  throw new HandshakeEnded({ code, message });
};

/** Runs a handshake; its end by failure, of whatever kind, becomes a fault. Our own bugs are thrown. */
export async function settle<T>(run: () => Promise<T>): Promise<Result<T, HandshakeFault>> {
  try {
    return ok(await run());
  } catch (error) {
    if (error instanceof HandshakeEnded) return err(error.fault);
    const code = chainFaultCode(error);
    if (code === undefined) throw error;
    const known = code === "chain_refused" || code === "chain_unreachable";
    return err({ code: known ? code : "unbelievable", message: (error as Error).message });
  }
}

/** What a message needs of the other chain, and the messages that must come before it. */
export interface Prepared {
  readonly proofs: readonly Proven[];
  readonly proofHeight: IbcHeight;
  before(signer: string): readonly Message[];
}

/** A client as it will be after an update. */
export interface Brought {
  readonly client: FollowedClient;
  /** What it believes then of the latest height. */
  readonly point: TrustedPoint;
  readonly update: ClientUpdate;
}

/** One handshake, or a row of them, over two chains. */
export class HandshakeRun {
  readonly clock: Clock;
  readonly #shelves = new Map<HandshakeChain, BlockShelf>();

  constructor(readonly options: HandshakeOptions) {
    this.clock = options.clock;
  }

  #shelf(chain: HandshakeChain): BlockShelf {
    let shelf = this.#shelves.get(chain);
    if (shelf === undefined) this.#shelves.set(chain, shelf = new BlockShelf(chain.endpoint));
    return shelf;
  }

  checkAborted(): void {
    if (this.options.signal?.aborted === true) end("aborted", "open: called off");
  }

  /** The chain's head, once it is at `height` at least. */
  async headAt(chain: HandshakeChain, height: bigint): Promise<ChainHead> {
    this.checkAborted();
    let head = await chain.endpoint.latest();
    const deadline = this.clock.nowMs() + (this.options.blockTimeoutMs ?? BLOCK_TIMEOUT_MS);
    while (head.height < height) {
      if (this.clock.nowMs() >= deadline) {
        return end("stalled", `wait for block ${height} of ${chain.name}: it is at ${head.height}`);
      }
      // Before the chain is asked, so that a block in between is not missed.
      const hint = this.#hint(chain);
      try {
        head = await chain.endpoint.latest();
        if (head.height < height) await hint.heard;
      } finally {
        hint.end();
      }
      this.checkAborted();
    }
    return head;
  }

  /** Resolves when there may be a new block, or after a while. */
  #hint(chain: HandshakeChain): { readonly heard: Promise<void>; end(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const unsubscribe = chain.endpoint.onBlock(resolve);
    const callOff = this.clock.after(POLL_MS, resolve);
    return {
      heard: promise,
      end() {
        unsubscribe();
        callOff();
      },
    };
  }

  /**
   * Has `paths` of the prover's store proven in the state after `height` or a later one, under a root that the client on
   * the keeper will believe when `before` is submitted first. Every proof is verified under the root of its header.
   */
  async prepare(
    keeper: HandshakeChain,
    clientId: string,
    prover: HandshakeChain,
    paths: readonly string[],
    height: bigint,
  ): Promise<Prepared> {
    const { client, point, update: { messages } } = await this.bring(keeper, clientId, prover, height + 1n);
    const store = prover.storePrefix;
    const proofs = await Promise.all(paths.map(async (path) => {
      const key = utf8ToBytes(path);
      const proven = await prover.endpoint.prove(store, key, point.height.revisionHeight - 1n);
      const { value, proof } = proven;
      const claim = verifyClaim(point.root, client.proofSpecs, { store, key, value, proof });
      if (!claim.ok) return end("unbelievable", `prove ${path} on ${prover.name}: ${claim.error.message}`);
      return proven;
    }));
    return { proofs, proofHeight: point.height, before: messages };
  }

  /**
   * What brings the client on the keeper to the header `height` of the prover, once there is one; nothing when it knows that
   * or a later one. Every header is verified by the client's own rules.
   */
  async bring(keeper: HandshakeChain, clientId: string, prover: HandshakeChain, height: bigint): Promise<Brought> {
    const client = await queryClient(keeper.endpoint, clientId);
    const latest = await queryTrusted(keeper.endpoint, clientId, client.latestHeight);
    if (client.frozen || latest === undefined) {
      return end(
        "unbelievable",
        `update client ${clientId} on ${keeper.name}: it is frozen, or has no consensus state`,
      );
    }
    if (latest.height.revisionHeight >= height) {
      return { client, point: latest, update: { count: 0, messages: () => [] } };
    }
    await this.headAt(prover, height);
    const nowNs = await this.#keeperTime(keeper, prover, height, client.maxClockDriftNs);
    const done = await runUpdate(client, latest, height, this.#shelf(prover), () => nowNs);
    if (done.tag === "failed") {
      return end("unbelievable", `update client ${clientId} on ${keeper.name}: ${done.code}: ${done.reason}`);
    }
    return { client, point: trustedBy(done.steps.at(-1)!), update: updateMessages(clientId, done.steps) };
  }

  /**
   * The time by which the keeper will judge a header: at least that of its newest block. Where that is behind the header by
   * more than the client allows, its next block is waited for.
   */
  async #keeperTime(keeper: HandshakeChain, prover: HandshakeChain, height: bigint, driftNs: bigint): Promise<bigint> {
    const read = readLightBlock(await this.#shelf(prover).get(height));
    if (!read.ok) return end("unbelievable", `read block ${height} of ${prover.name}: ${read.error}`);
    const headerNs = timestampToNanos(read.value.header.time);
    let head = await keeper.endpoint.latest();
    while (headerNs >= head.timeNanos + driftNs) head = await this.headAt(keeper, head.height + 1n);
    return head.timeNanos;
  }

  /** Submits. A fault is one that looking again may mend: refused or lost. */
  async submit(
    chain: HandshakeChain,
    build: (signer: string) => readonly Message[],
  ): Promise<Extract<Submission, { tag: "included" }> | HandshakeFault> {
    this.checkAborted();
    if (chain.submitter === undefined) return end("no_wallet", `submit to ${chain.name}: it has no wallet`);
    const submission = await chain.submitter.submit(build);
    if (submission.tag === "included") return submission;
    if (submission.tag === "lost") {
      return { code: "transaction_lost", message: `submit to ${chain.name}: ${submission.hash} is not in a block` };
    }
    const { stage, codespace, code, log } = submission;
    return { code: "chain_refused", message: `submit to ${chain.name}, ${stage}: ${codespace} ${code}: ${log}` };
  }

  told(step: HandshakeStep): HandshakeStep {
    this.options.onStep?.(step);
    return step;
  }
}

/** The value of an attribute of the last event of that type; undefined when there is none. */
export function attributeOf(
  events: Extract<Submission, { tag: "included" }>["events"],
  type: string,
  key: string,
): string | undefined {
  const found = events.findLast((event) => event.type === type);
  return found?.attributes.find((attribute) => attribute.key === key)?.value;
}

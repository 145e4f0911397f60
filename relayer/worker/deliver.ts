/**
 * Carrying a batch of actions over one course: proofs at one height, a client update where the target does not know that
 * height, one transaction; and what its refusal means for each of them. A packet at fault is found and left out, by the
 * chain's word or by halving, so that it does not hold up the others.
 * @module
 */
import { type ChainFaultCode, chainFaultCode, type Message, type Submission } from "../chain/mod.ts";
import { IoError } from "../../node/core/errors.ts";
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import {
  type Action,
  type ActionKind,
  type ActionProof,
  type Fault,
  isSettled,
  judgeEvidence,
  meaningOf,
  messageOf,
  OTHER_COMMITMENT,
  type Outcome,
  provenKeys,
  type RefusalMeaning,
  settle,
} from "../packet/mod.ts";
import type { WorkerCore } from "./core.ts";
import type { Course } from "./course.ts";
import type { GasBook } from "./gas_book.ts";
import { noteEvents, parseEvents } from "./note.ts";
import type { ClientUpdate, CourseClient } from "./ports.ts";

/** An action whose proof is there. */
interface Ready {
  readonly action: Action;
  readonly proof: ActionProof;
}

/** What a delivery tells the rest of the worker. */
export interface DeliveryEvents {
  /** The path's client does not work: nothing goes over the course for a while. */
  courseFailed(course: Course, fault: Fault): void;
  /** Packets of the lane are missing, or its channel is not what we think. */
  laneIsOdd(laneId: string, what: "missing_packets" | "channel"): void;
  /** Size of a proof, for estimates. */
  proofSeen(course: Course, bytes: number): void;
}

/** Waits after faults that are nobody's packet's, in milliseconds. */
const LATER_MS = { unreachable: 1_000, course: 10_000, wallet: 5_000, lost: 10_000, early: 1_000, order: 2_000 };
/** The delay period of the connection has not passed. */
const DELAYED = "07-tendermint/10";
/** Refusals that one batch may cause before what is left of it waits. */
const REFUSALS_MAX = 24;

export class Delivery {
  #height = 0n;
  #update: ClientUpdate | undefined;
  #refusals = 0;

  constructor(
    readonly core: WorkerCore,
    readonly course: Course,
    readonly client: CourseClient,
    readonly events: DeliveryEvents,
    readonly gas: GasBook,
    /** The lease is gone: nothing that happens now may be noted. */
    readonly isOver: () => boolean,
  ) {}

  /** Does what can be done with `actions`; each has an outcome in the end. Never throws what the world does. */
  async run(actions: readonly Action[]): Promise<void> {
    try {
      const ready = await this.#prepare(actions);
      if (ready.length > 0) await this.#submitAll(ready);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      this.#allLater(actions, faultOf(error), LATER_MS.unreachable);
    }
  }

  /** Chooses the height, and proves everything at it. */
  async #prepare(actions: readonly Action[]): Promise<Ready[]> {
    const { core, course, client } = this;
    const needed = actions.reduce((max, { proofHeightMin }) => proofHeightMin > max ? proofHeightMin : max, 1n);
    const known = await client.known(needed);
    const head = core.heads.get(course.prover.name)?.height ?? 0n;
    // What the target knows already is good enough; otherwise the newest, which will do for more packets.
    this.#height = known >= needed ? known : head;
    if (known < needed) {
      const update = await client.update(head);
      if (!update.ok) {
        this.events.courseFailed(course, update.error);
        this.#allLater(actions, update.error, LATER_MS.course);
        return [];
      }
      this.#update = update.value;
    }
    const height: IbcHeight = {
      revisionNumber: core.heads.get(course.prover.name)?.revision ?? 0n,
      revisionHeight: this.#height,
    };
    for (const { lane, record, kind } of actions) {
      const busy = core.state.lanes.get(lane.id)?.busy;
      if (busy?.has(record.sequence)) busy.set(record.sequence, { kind, proofHeight: height });
    }
    return await this.#prove(actions);
  }

  async #prove(actions: readonly Action[]): Promise<Ready[]> {
    const proven = await Promise.all(actions.map((action) => this.#proveOne(action)));
    const ready: Ready[] = [];
    // On an ordered lane nothing goes when what comes before it does not.
    const cut = new Set<string>();
    actions.forEach((action, i) => {
      const { lane, kind } = action;
      const name = `${kind} ${lane.id}`;
      const proof = proven[i]!;
      if (cut.has(name)) return;
      if ("tag" in proof) {
        this.#end(action, proof);
        if (lane.ordered) cut.add(name);
      } else ready.push({ action, proof });
    });
    return ready;
  }

  async #proveOne(action: Action): Promise<ActionProof | Outcome> {
    try {
      const proven = await this.client.prove(provenKeys(action), this.#height);
      if (!proven.every(({ believed }) => believed)) {
        const message = `prove ${action.kind}: the proof does not lead to the header at height ${this.#height}`;
        return { tag: "failed", fault: { code: "bad_proof", message } };
      }
      const evidence = judgeEvidence(action, proven.map(({ value }) => value));
      if (evidence.tag === "fails") {
        const { outcome } = evidence;
        if (outcome.tag === "failed" && outcome.fault.code === OTHER_COMMITMENT) {
          this.events.laneIsOdd(action.lane.id, "missing_packets");
        }
        return outcome;
      }
      const proofs = proven.map(({ proof }) => proof);
      this.events.proofSeen(this.course, proofs[0]!.length);
      return { proofs, height: proven[0]!.height, nextSequenceRecv: evidence.nextSequenceRecv };
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      const code: ChainFaultCode | undefined = chainFaultCode(error);
      if (code === "chain_pruned") this.client.forget();
      return code === "chain_refused" || code === "chain_bad_answer"
        ? { tag: "failed", fault: faultOf(error) }
        : { tag: "later", untilMs: this.core.nowMs + LATER_MS.unreachable, fault: faultOf(error) };
    }
  }

  /** Submits the group, and what is left of it after a refusal, until each action has an outcome. */
  async #submitAll(group: readonly Ready[]): Promise<void> {
    if (this.isOver()) return;
    if (this.#refusals > REFUSALS_MAX) {
      const fault = { code: "many_refusals", message: "submit: too many refusals of one batch" };
      return this.#allLater(group.map(({ action }) => action), fault, LATER_MS.unreachable);
    }
    const again = await this.#submit(group);
    // What is good in one part need not wait until the fault in the other is found, unless there is an order.
    if (group.some(({ action }) => action.lane.ordered)) {
      for (const part of again) await this.#submitAll(part);
    } else await Promise.all(again.map((part) => this.#submitAll(part)));
  }

  /** Answers the groups that are to be tried again. */
  async #submit(group: readonly Ready[]): Promise<(readonly Ready[])[]> {
    const { core, course } = this;
    const update = this.#update;
    const kinds = kindsOf(group);
    const started = core.nowMs;
    // What was refused or failed before is looked at before it costs anything.
    const isFresh = this.#refusals === 0 && group.every(({ action }) => action.record.attempts === 0);
    const gasUsed = isFresh ? this.gas.guess(kinds) : undefined;
    const build = (signer: string): readonly Message[] => [
      ...(update?.messages(signer) ?? []),
      ...group.map(({ action, proof }) => messageOf(action, proof, signer)),
    ];
    const submission = await course.target.submitter!.submit(build, gasUsed === undefined ? {} : { gasUsed });
    if (this.isOver()) return [];
    this.#tell(kinds, submission, core.nowMs - started);
    if (submission.tag === "included") this.gas.learn(kinds, submission.gasUsed);
    else if (gasUsed !== undefined) this.gas.forget();
    switch (submission.tag) {
      case "included":
        this.#onIncluded(group, submission);
        return [];
      case "lost": {
        const fault = { code: "lost", message: `submit: transaction ${submission.hash} was not seen in a block` };
        this.client.forget();
        this.#allLater(group.map(({ action }) => action), fault, LATER_MS.lost);
        return [];
      }
      case "refused":
        this.#refusals++;
        return await this.#onRefused(group, submission);
    }
  }

  #tell(kinds: BatchKinds, submission: Submission, durationMs: number): void {
    this.core.world.hooks.batchEnded?.({
      chain: this.course.target.name,
      pathId: this.course.pathId,
      kinds,
      outcome: submission.tag,
      code: submission.tag === "refused" ? `${submission.codespace}/${submission.code}` : undefined,
      updated: this.#update !== undefined,
      durationMs,
    });
  }

  #onIncluded(group: readonly Ready[], { hash, height, events }: Extract<Submission, { tag: "included" }>): void {
    const { core, course } = this;
    if (this.#update !== undefined) {
      this.client.onUpdated(this.#height);
      const near = course.legs[0]!.near;
      const asked = {
        revisionNumber: core.heads.get(course.prover.name)?.revision ?? 0n,
        revisionHeight: this.#height,
      };
      if (this.#update.count > 0) {
        core.world.hooks.clientUpdated?.({
          chain: near.chain,
          clientId: near.clientId,
          height: this.#update.height ?? asked,
          txHash: hash,
          refresh: false,
        });
      }
      this.#update = undefined;
    }
    const head = core.heads.get(course.target.name);
    const timeNanos = head?.height === height ? head.timeNanos : undefined;
    for (const { action, proof } of group) {
      this.#end(action, { tag: "done", step: { height, txHash: hash, proofHeight: proof.height, timeNanos } });
    }
    // The acknowledgements are in it: no need to wait until the block is read.
    noteEvents(
      core,
      { chain: course.target.name, height, txHash: hash, timeNanos, backlog: false },
      parseEvents(events),
    );
  }

  async #onRefused(
    group: readonly Ready[],
    refusal: Extract<Submission, { tag: "refused" }>,
  ): Promise<(readonly Ready[])[]> {
    const { codespace, code, log, messageIndex, stage } = refusal;
    const fault = { code: `${codespace}/${code}`, message: `submit: ${log}` };
    const meaning = stage === "limits" ? limitMeaning(code) : meaningOf(codespace, code);
    const at = messageIndex === undefined ? undefined : messageIndex - (this.#update?.count ?? 0);
    const actions = group.map(({ action }) => action);
    if (meaning === "wallet") {
      this.core.world.hooks.fault?.({ ...fault, chain: this.course.target.name });
      this.#allLater(actions, fault, LATER_MS.wallet);
      return [];
    }
    if (meaning === "client" || (at !== undefined && at < 0)) {
      this.client.forget();
      this.events.courseFailed(this.course, fault);
      this.#allLater(actions, fault, LATER_MS.course);
      return [];
    }
    if (fault.code === DELAYED) {
      await this.#waitForDelay();
      this.#allLater(actions, fault, LATER_MS.early);
      return [];
    }
    // Codespace `channel`, code 22: every message of the transaction is of no use any more.
    if (meaning === "redundant" && at === undefined) {
      for (const action of actions) this.#end(action, { tag: "done", step: undefined });
      return [];
    }
    if (meaning === "proof") this.client.forget();
    if (at !== undefined && group[at] !== undefined && meaning !== "size") {
      this.#endRefused(group[at].action, meaning, fault);
      return groupsWithout(group, at);
    }
    if (group.length === 1) {
      this.#endRefused(group[0]!.action, meaning, fault);
      return [];
    }
    const half = Math.ceil(group.length / 2);
    return [group.slice(0, half), group.slice(half)];
  }

  /** The update alone, so that the time begins to run. */
  async #waitForDelay(): Promise<void> {
    this.client.onDelayed?.();
    const update = this.#update;
    if (update === undefined) return;
    const submission = await this.course.target.submitter!.submit((signer) => update.messages(signer));
    if (submission.tag === "included" && !this.isOver()) this.client.onUpdated(this.#height);
  }

  #endRefused(action: Action, meaning: RefusalMeaning, fault: Fault): void {
    const later = (ms: number): Outcome => ({ tag: "later", untilMs: this.core.nowMs + ms, fault });
    switch (meaning) {
      case "redundant":
        // A timeout of a packet that was received: its acknowledgement is to be found.
        return this.#end(action, fault.code === "channel/19" ? { tag: "received" } : { tag: "done", step: undefined });
      case "too_late":
      case "too_early":
        return this.#end(action, later(LATER_MS.early));
      case "out_of_order":
        this.events.laneIsOdd(action.lane.id, "missing_packets");
        return this.#end(action, later(LATER_MS.order));
      case "channel":
        this.events.laneIsOdd(action.lane.id, "channel");
        return this.#end(action, { tag: "failed", fault });
      case "size":
        return this.#end(action, { tag: "failed", fault, final: fault.code.startsWith("submit/") });
      default:
        return this.#end(action, { tag: "failed", fault });
    }
  }

  #end({ lane, record, kind }: Action, outcome: Outcome): void {
    if (this.isOver()) return;
    const { core } = this;
    const state = core.state.lanes.get(lane.id);
    // What was seen in the meantime counts more than what a try came to.
    const now = state?.packets.get(record.sequence);
    if (state === undefined || now === undefined || isSettled(now)) return;
    if (now.stage !== record.stage) {
      if (outcome.tag === "done") this.#addProof(state, now, kind, outcome);
      return;
    }
    core.setPacket(state, settle(now, kind, outcome, core.nowMs, core.world.policy));
  }

  /** The block was read before our own answer came: the step is there, but for what only we know. */
  #addProof(
    state: Parameters<WorkerCore["setPacket"]>[0],
    now: Action["record"],
    kind: ActionKind,
    outcome: Extract<Outcome, { tag: "done" }>,
  ): void {
    const { step } = outcome;
    if (kind !== "recv" || step === undefined || now.received?.txHash !== step.txHash) return;
    if (now.received.proofHeight !== undefined) return;
    this.core.setPacket(state, { ...now, received: { ...now.received, proofHeight: step.proofHeight } });
  }

  #allLater(actions: readonly Action[], fault: Fault, ms: number): void {
    const untilMs = this.core.nowMs + ms;
    for (const action of actions) this.#end(action, { tag: "later", untilMs, fault });
  }
}

type BatchKinds = Readonly<Partial<Record<ActionKind, number>>>;

function kindsOf(group: readonly Ready[]): BatchKinds {
  const kinds: Partial<Record<ActionKind, number>> = {};
  for (const { action: { kind } } of group) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
}

/** The rest of a group without one; on an ordered lane what comes behind it stays out too, for another try. */
function groupsWithout(group: readonly Ready[], at: number): (readonly Ready[])[] {
  const { lane, kind } = group[at]!.action;
  const rest = group.filter(({ action }, i) =>
    i !== at && !(lane.ordered && i > at && action.lane.id === lane.id && action.kind === kind)
  );
  return rest.length === 0 ? [] : [rest];
}

/** Our own refusals before anything was offered (`submit`). */
function limitMeaning(code: number): RefusalMeaning {
  // 2 messages, 3 bytes, 4 gas; 5 no such account, 6 the node would not say.
  return code >= 2 && code <= 4 ? "size" : "wallet";
}

const faultOf = (error: IoError): Fault => ({ code: error.code, message: error.message });

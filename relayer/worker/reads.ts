/** Answering proven reads: the values that chains ask for of their neighbours, several in one transaction. @module */
import { IoError } from "../../node/core/errors.ts";
import { QueryReadsRequestCodec, QueryReadsResponseCodec } from "../../node/core/ibc/mod.ts";
import { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import {
  afterFailure,
  newReadJob,
  PENDING_READS,
  planRead,
  type ReadEvent,
  type ReadJob,
  requestsOf,
  submitReadMessage,
} from "../calls/mod.ts";
import { chainFaultCode, type Message, type Proven, type Submission } from "../chain/mod.ts";
import type { Fault } from "../packet/mod.ts";
import type { WorkerCore } from "./core.ts";
import type { Course } from "./course.ts";
import type { CourseClient } from "./ports.ts";
import { ask } from "./queries.ts";

/** Reads that are kept for one chain: whoever asks pays little, and the relayer pays the answer. */
const READS_MAX = 1_000;
/** Answers in one transaction. */
const BATCH = 20;
/** Codespace `calls`: 13 unknown, 14 expired, 15 answered. Nobody waits any more. */
const OVER: ReadonlySet<string> = new Set(["calls/13", "calls/14", "calls/15"]);

const decoder = new TextDecoder();

export function noteRead(core: WorkerCore, chain: string, said: ReadEvent): void {
  if (said.tag === "answered") return core.state.setRead(chain, said.id, undefined);
  const { request } = said;
  if (core.state.reads.has(`${chain}/${request.id}`) || pathOfClient(core, chain, request.clientId) === undefined) {
    return;
  }
  if (core.state.reads.values().filter((one) => one.chain === chain).reduce((sum) => sum + 1, 0) >= READS_MAX) return;
  core.state.setRead(chain, request.id, newReadJob(request));
}

const pathOfClient = (core: WorkerCore, chain: string, clientId: string) =>
  core.paths.paths.find(({ a, b }) => [a, b].some((end) => end.chain === chain && end.clientId === clientId));

/** Reads that wait on a chain, asked of it. Chains without the module have none. */
export async function findReads(
  core: WorkerCore,
  chain: string,
  clientId: string,
  isOver: () => boolean,
): Promise<void> {
  const endpoint = core.chain(chain)?.endpoint;
  if (endpoint === undefined || !core.world.policy.answersReads) return;
  let key: Uint8Array = new Uint8Array();
  for (let found = 0; found < READS_MAX;) {
    const pagination = PageRequest.fromPartial({ key, limit: 100n });
    let answer;
    try {
      answer = await ask(
        endpoint,
        PENDING_READS,
        [QueryReadsRequestCodec, { pagination }],
        QueryReadsResponseCodec,
      );
    } catch (error) {
      if (chainFaultCode(error) === "chain_refused") return;
      throw error;
    }
    if (isOver()) return;
    const requests = requestsOf(answer);
    for (const request of requests) {
      if (request.clientId === clientId) noteRead(core, chain, { tag: "requested", request });
    }
    found += requests.length;
    key = answer.pagination?.nextKey ?? new Uint8Array();
    if (key.length === 0 || requests.length === 0) return;
  }
}

/** One client's reads that can be answered now. */
interface Due {
  readonly course: Course;
  readonly jobs: ReadJob[];
}

export class Reads {
  readonly #busy = new Set<string>();

  constructor(
    readonly core: WorkerCore,
    readonly client: (course: Course) => CourseClient,
    readonly isOver: () => boolean,
  ) {}

  /** Starts what can be answered; says when to come again. */
  start(start: (task: () => Promise<void>) => void): number | undefined {
    const { core } = this;
    let wakeMs: number | undefined;
    const due = new Map<string, Due>();
    for (const [name, { chain, job }] of core.state.reads) {
      const course = this.#courseOf(chain, job.clientId);
      if (course === undefined || this.#busy.has(course.id)) continue;
      const step = planRead(job, core.heads.get(chain), core.heads.get(course.prover.name), core.nowMs);
      if (step.tag === "over") core.state.setRead(chain, job.id, undefined);
      if (step.tag === "wait" && step.untilMs !== undefined) wakeMs = Math.min(wakeMs ?? Infinity, step.untilMs);
      if (step.tag !== "answer") continue;
      const group = due.get(course.id) ?? { course, jobs: [] };
      due.set(course.id, group);
      if (group.jobs.length >= BATCH || this.#busy.has(name)) continue;
      group.jobs.push(job);
    }
    for (const { course, jobs } of due.values()) {
      this.#busy.add(course.id);
      start(async () => {
        try {
          await this.#answer(course, jobs);
        } finally {
          this.#busy.delete(course.id);
        }
      });
    }
    return wakeMs;
  }

  /** From the chain that asks, over the path of the client, to the one that is asked. */
  #courseOf(chain: string, clientId: string): Course | undefined {
    const { core } = this;
    const path = pathOfClient(core, chain, clientId);
    if (path === undefined || path.paused) return undefined;
    const [near, far] = path.a.chain === chain ? [path.a, path.b] : [path.b, path.a];
    const target = core.chain(near.chain);
    const prover = core.chain(far.chain);
    if (target?.submitter === undefined || prover === undefined) return undefined;
    const legs = [{ pathId: path.id, near, far }];
    return { id: `${near.chain}/${near.clientId}`, target, prover, legs, pathId: path.id };
  }

  async #answer(course: Course, jobs: readonly ReadJob[]): Promise<void> {
    const client = this.client(course);
    try {
      // What the client knows already would do, but who asks wants the value of now.
      const height = this.core.heads.get(course.prover.name)!.height;
      const update = await client.known(height) >= height ? undefined : await client.update(height);
      if (update?.ok === false) return this.#failed(course, jobs, update.error);
      const proven = await Promise.all(jobs.map(async (job) => ({
        job,
        proven: (await client.prove([job.key], height, decoder.decode(job.store)))[0]!,
      })));
      const fault = { code: "bad_proof", message: `answer a read: the proof does not lead to the header at ${height}` };
      this.#failed(course, proven.filter(({ proven }) => !proven.believed).map(({ job }) => job), fault);
      let good = proven.filter(({ proven }) => proven.believed);
      while (good.length > 0 && !this.isOver()) {
        const before = (signer: string): readonly Message[] => update?.value.messages(signer) ?? [];
        const submission = await course.target.submitter!.submit((signer) => [
          ...before(signer),
          ...good.map(({ job, proven }) => submitReadMessage(job, proven, signer)),
        ]);
        good = this.#settle(course, good, submission, update?.value.count ?? 0);
        if (submission.tag === "included" && update !== undefined) client.onUpdated(height);
        if (submission.tag !== "included") client.forget();
      }
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      this.#failed(course, jobs, { code: error.code, message: error.message });
    }
  }

  /** Answers those that are to be tried again at once. */
  #settle(
    course: Course,
    answers: readonly { readonly job: ReadJob; readonly proven: Proven }[],
    submission: Submission,
    updates: number,
  ): { readonly job: ReadJob; readonly proven: Proven & { readonly believed: boolean } }[] {
    if (this.isOver()) return [];
    const chain = course.target.name;
    const jobs = answers.map(({ job }) => job);
    if (submission.tag === "included") {
      for (const { id } of jobs) this.core.state.setRead(chain, id, undefined);
      return [];
    }
    const fault = submission.tag === "lost"
      ? { code: "lost", message: `answer a read: transaction ${submission.hash} was not seen in a block` }
      : { code: `${submission.codespace}/${submission.code}`, message: `answer a read: ${submission.log}` };
    const index = submission.tag === "refused" ? submission.messageIndex : undefined;
    const at = index === undefined ? -1 : index - updates;
    const culprit = jobs[at] ?? (jobs.length === 1 ? jobs[0] : undefined);
    if (culprit === undefined) {
      this.#failed(course, jobs, fault);
      return [];
    }
    if (OVER.has(fault.code)) this.core.state.setRead(chain, culprit.id, undefined);
    else this.#failed(course, [culprit], fault);
    return answers.filter(({ job }) => job !== culprit).map(({ job, proven }) => ({
      job,
      proven: { ...proven, believed: true },
    }));
  }

  #failed(course: Course, jobs: readonly ReadJob[], fault: Fault): void {
    if (this.isOver()) return;
    const { core } = this;
    const chain = course.target.name;
    for (const job of jobs) {
      if (!core.state.reads.has(`${chain}/${job.id}`)) continue;
      const next = afterFailure(job, fault, core.nowMs, core.world.policy);
      if (next === undefined) core.world.hooks.fault?.({ ...fault, chain, path: course.pathId });
      core.state.setRead(chain, job.id, next);
    }
  }
}

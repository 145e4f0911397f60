/** Starts threads that stand still for what they read. @module */
import type { Reply } from "./core/work.ts";
import { answerStanding, endStanding, standingMemory } from "./runtime/mod.ts";

/** What such a thread does: it is told first, with the memory for answers. */
export type StandingRole = "queries" | "aside";

export interface StandingStart {
  readonly role: StandingRole;
  readonly memory: SharedArrayBuffer;
}

export function startStanding<From>(
  role: StandingRole,
  onMessage: (message: From) => void,
  onFailure: (error: unknown) => void,
): { post(message: unknown): void; answer(reply: Reply): void; end(): void } {
  const worker = new Worker(new URL("./query_worker.ts", import.meta.url), { type: "module", name: role });
  worker.onmessage = ({ data }) => onMessage(data);
  worker.onerror = (event) => {
    event.preventDefault();
    onFailure(new Error(`run contracts in a thread (${role}): ${event.message}`));
  };
  const memory = standingMemory();
  const start: StandingStart = { role, memory };
  worker.postMessage(start);
  return {
    post: (message) => worker.postMessage(message),
    answer: (reply) => answerStanding(memory, reply),
    end() {
      worker.terminate();
      endStanding(memory);
    },
  };
}

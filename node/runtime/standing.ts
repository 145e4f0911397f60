/**
 * Loads for which a thread stands still. Whoever computes over a state that is not all in memory otherwise begins anew for each thing
 * it lacks. Its question goes as a message; the answer comes in shared memory, because a thread that stands still hears no messages.
 * @module
 */
import { IoError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import type { Entries, LoadKeys, LoadNodes, LoadRange, Reply, Values, Work } from "../core/work.ts";

export type StandingLoad = LoadKeys | LoadRange | LoadNodes;

/** Whether the answer is there, how many numbers and bytes it has, and whether the thread is to end. Then the lengths, then the bytes. */
const HEAD_WORDS = 4;
const ENDED_AT = 3;
const WORD_BYTES = 4;
const ASKED = 0;
const ANSWERED = 1;
const ENDED = 2;
/**
 * More than any answer has: a page of a thousand values of 64 KiB. Only addresses are reserved: memory is taken as answers need it, and
 * kept for the next.
 */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;
const ANSWER_BYTES_MIN = 64 * 1024;
export const standingMemory = (): SharedArrayBuffer =>
  new SharedArrayBuffer(ANSWER_BYTES_MIN, { maxByteLength: ANSWER_BYTES_MAX });

/** In the thread: asks, and stands still until the answer is there. */
export function standingLoad(
  memory: SharedArrayBuffer,
  ask: (request: StandingLoad) => void,
): (request: StandingLoad) => Reply {
  const head = new Int32Array(memory, 0, HEAD_WORDS);
  return (request) => {
    Atomics.store(head, 0, ASKED);
    ask(request);
    while (Atomics.load(head, 0) === ASKED && !standingEnded(memory)) Atomics.wait(head, 0, ASKED);
    if (standingEnded(memory)) throw new IoError("thread_ended", "load in a thread: nobody waits for it any more");
    const count = head[1]!;
    const lengths = new Uint32Array(memory, HEAD_WORDS * WORD_BYTES, count);
    const bytes = new Uint8Array(memory, (HEAD_WORDS + count) * WORD_BYTES, head[2]!);
    let at = 0;
    const parts = Array.from(lengths, (length) => length === 0 ? undefined : bytes.slice(at, at += length - 1));
    return request.type === "load_range" ? pairs(parts) : parts;
  };
}

/** Runs work in a thread that stands still for what it loads. */
export function standing<T>(work: Work<T>, load: (request: StandingLoad) => Reply): T {
  let step = work.next(undefined);
  while (!step.done) {
    const request = step.value;
    invariant(request.type !== "wait", "work in a thread: it waits for another");
    step = work.next(request.type === "pause" ? undefined : load(request));
  }
  return step.value;
}

/** On the other side: what the thread asked for. */
export function answerStanding(memory: SharedArrayBuffer, reply: Reply): void {
  const parts = (reply ?? []).flatMap((one) => one === undefined || one instanceof Uint8Array ? [one] : one) as Values;
  const head = new Int32Array(memory, 0, HEAD_WORDS);
  const from = (HEAD_WORDS + parts.length) * WORD_BYTES;
  const size = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
  invariant(from + size <= ANSWER_BYTES_MAX, `answer a thread that stands still: ${size} bytes`);
  if (from + size > memory.byteLength) memory.grow(from + size);
  const lengths = new Uint32Array(memory, HEAD_WORDS * WORD_BYTES, parts.length);
  const bytes = new Uint8Array(memory, from, size);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    lengths[i] = part === undefined ? 0 : part.length + 1;
    if (part === undefined) continue;
    bytes.set(part, at);
    at += part.length;
  }
  head[1] = parts.length;
  head[2] = size;
  Atomics.store(head, 0, ANSWERED);
  Atomics.notify(head, 0);
}

/**
 * Tells a thread to end, wherever it is: `terminate()` ends none that computes or stands still. Its next load throws an IoError
 * (`thread_ended`); between its own steps it looks at {@linkcode standingEnded}.
 */
export function endStanding(memory: SharedArrayBuffer): void {
  const head = new Int32Array(memory, 0, HEAD_WORDS);
  Atomics.store(head, ENDED_AT, 1);
  // It may be about to stand still for an answer; this is none, and is looked at after the end.
  Atomics.store(head, 0, ENDED);
  Atomics.notify(head, 0);
}

/** In the thread: whether it is to end. */
export const standingEnded = (memory: SharedArrayBuffer): boolean =>
  Atomics.load(new Int32Array(memory, 0, HEAD_WORDS), ENDED_AT) === 1;

function pairs(parts: Values): Entries {
  const entries: Entries[number][] = [];
  for (let i = 0; i < parts.length; i += 2) entries.push([parts[i]!, parts[i + 1]!]);
  return entries;
}

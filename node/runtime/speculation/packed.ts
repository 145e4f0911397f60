/**
 * What a thread has done, as few things: cloned one by one, the hundred objects of a transaction take longer than running it.
 * All bytes are in one array, their lengths in another, and events are JSON.
 * @module
 */
import type { Speculation } from "../../app/ports.ts";
import { invariant } from "../../core/invariant.ts";
import { wholePages } from "./messages.ts";

type Outcome = Speculation["outcome"];
type Pages = Speculation["reads"]["pages"];
type Entry = Speculation["changes"][number];

/** Plain data: it goes from one thread to another. */
export interface PackedSpeculations {
  /** By speculation: its place in the block, and where its numbers and bytes begin. */
  readonly places: Uint32Array;
  /** By speculation: the rest of the outcome, and its events as JSON. */
  readonly outcomes: readonly Omit<Outcome, "data" | "events">[];
  readonly events: readonly string[];
  /** Names of stores that `numbers` counts. */
  readonly stores: readonly string[];
  /**
   * By speculation: bytes of data; number of reads and of changes; and of each of these the store, bytes of the key, bytes of
   * the value and one more, 0: absent.
   */
  readonly numbers: Uint32Array;
  readonly bytes: Uint8Array;
  /** By speculation that read some: almost none. */
  readonly pages: ReadonlyMap<number, Pages>;
}

/** Numbers of one speculation in `places`. */
const PLACE = 3;

export function packSpeculations(made: readonly Speculation[]): PackedSpeculations {
  const places = new Uint32Array(made.length * PLACE);
  const stores = new Map<string, number>();
  const numbers: number[] = [];
  const parts: Uint8Array[] = [];
  const pages = new Map<number, Pages>();
  let at = 0;
  const put = (bytes: Uint8Array) => {
    parts.push(bytes);
    at += bytes.length;
  };
  const entry = ({ store, key, value }: Entry) => {
    let number = stores.get(store);
    if (number === undefined) stores.set(store, number = stores.size);
    numbers.push(number, key.length, value === undefined ? 0 : value.length + 1);
    put(key);
    if (value !== undefined) put(value);
  };
  const events: string[] = [];
  const outcomes = made.map(({ index, outcome: { data, events: told, ...outcome }, reads, changes }, i) => {
    places.set([index, numbers.length, at], i * PLACE);
    numbers.push(data.length, reads.keys.length, changes.length);
    put(data);
    reads.keys.forEach(entry);
    changes.forEach(entry);
    if (reads.pages.length > 0) pages.set(i, wholePages(reads.pages));
    events.push(JSON.stringify(told));
    return outcome;
  });
  const bytes = new Uint8Array(at);
  let to = 0;
  for (const part of parts) {
    bytes.set(part, to);
    to += part.length;
  }
  return { places, outcomes, events, stores: [...stores.keys()], numbers: Uint32Array.from(numbers), bytes, pages };
}

/** The places in the block of what is in there, in order. */
export const indicesOf = ({ places, outcomes }: PackedSpeculations): number[] =>
  outcomes.map((_, i) => places[i * PLACE]!);

/** The `i`-th. What it read are views; what it writes stays longer, and has buffers of its own. */
export function unpackSpeculation(packed: PackedSpeculations, i: number): Speculation {
  const { places, outcomes, events, stores, numbers, bytes, pages } = packed;
  invariant(i < outcomes.length, `unpack what a thread has done: ${i} of ${outcomes.length}`);
  const index = places[i * PLACE]!;
  let [number, at] = [places[i * PLACE + 1]!, places[i * PLACE + 2]!];
  const take = (length: number) => bytes.subarray(at, at += length);
  const dataBytes = numbers[number++]!, readCount = numbers[number++]!, changeCount = numbers[number++]!;
  const entries = (count: number, own: boolean): Entry[] => {
    const list: Entry[] = [];
    for (let k = 0; k < count; k++) {
      const store = stores[numbers[number++]!]!;
      const key = take(numbers[number++]!);
      const length = numbers[number++]!;
      const value = length === 0 ? undefined : take(length - 1);
      list.push(own ? { store, key: key.slice(), value: value?.slice() } : { store, key, value });
    }
    return list;
  };
  const data = take(dataBytes).slice();
  const keys = entries(readCount, false);
  const changes = entries(changeCount, true);
  const outcome: Outcome = { ...outcomes[i]!, data, events: JSON.parse(events[i]!) };
  return { index, outcome, reads: { keys, pages: pages.get(i) ?? [] }, changes };
}

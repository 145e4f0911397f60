/** What the threads say to each other. Plain data; bytes are whole buffers, because a view would take along all it is a view of. */
import type { BlockContext, SpeculatedTx, Speculation } from "../../app/ports.ts";
import type { LoadKeys, LoadRange, Reply } from "../../core/work.ts";
import type { StateWrite } from "../../state/commit.ts";
import type { PackedSpeculations } from "./packed.ts";

/** To the thread that runs transactions. */
export type ToWorker<Setup = unknown> =
  | { readonly type: "set_up"; readonly setup: Setup; readonly version: bigint }
  | { readonly type: "follow"; readonly version: bigint; readonly changes: readonly StateWrite[] }
  | { readonly type: "reset"; readonly version: bigint }
  | { readonly type: "run"; readonly run: number; readonly block: BlockContext; readonly txs: readonly SpeculatedTx[] }
  | { readonly type: "loaded"; readonly reply: Reply };

/** From it. It asks for one thing at a time. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "load"; readonly request: LoadKeys | LoadRange }
  /** `report`: what whoever started the threads wants to hear of each run. */
  | {
    readonly type: "ran";
    readonly run: number;
    readonly made: PackedSpeculations;
    readonly report?: unknown;
  };

/** The bytes with a buffer of their own. */
export const whole = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();

const wholeOrNot = (bytes: Uint8Array | undefined) => bytes && whole(bytes);

export const wholePages = (pages: Speculation["reads"]["pages"]): Speculation["reads"]["pages"] =>
  pages.map(({ store, page, entries }) => ({
    store,
    page: { ...page, start: wholeOrNot(page.start), end: wholeOrNot(page.end) },
    entries: entries.map(([key, value]) => [whole(key), whole(value)] as const),
  }));

export const wholeWrites = (writes: readonly StateWrite[]): StateWrite[] =>
  writes.map(([key, value]): StateWrite => [whole(key), wholeOrNot(value)]);

export function wholeReply(reply: Reply): Reply {
  return reply?.map((one) =>
    one === undefined || one instanceof Uint8Array
      ? wholeOrNot(one)
      : [whole((one as readonly Uint8Array[])[0]!), whole((one as readonly Uint8Array[])[1]!)]
  ) as Reply;
}

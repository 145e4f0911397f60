/** What the threads say to each other. Plain data; bytes are whole buffers, because a view would take along all it is a view of. */
import type { BlockContext } from "../../app/ports.ts";
import type { LoadKeys, LoadRange, Reply } from "../../core/work.ts";
import type { StateWrite } from "../../state/commit.ts";

/** To the thread that runs transactions. */
export type ToWorker<Setup = unknown> =
  /** `log`: where it writes what it has run. */
  | { readonly type: "set_up"; readonly setup: Setup; readonly version: bigint; readonly log: SharedArrayBuffer }
  /** `changes`, `txs`: see `packed.ts`. */
  | { readonly type: "follow"; readonly version: bigint; readonly changes: ArrayBuffer }
  | { readonly type: "reset"; readonly version: bigint }
  | { readonly type: "run"; readonly run: number; readonly block: BlockContext; readonly txs: ArrayBuffer }
  /** Nobody needs that run any more. */
  | { readonly type: "stop"; readonly run: number }
  | { readonly type: "loaded"; readonly run: number; readonly reply: Reply };

/** From it. It asks for one thing at a time. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "load"; readonly run: number; readonly request: LoadKeys | LoadRange }
  /** The log is not written to until the next run. `report`: what whoever started the threads wants to hear of each run. */
  | { readonly type: "ran"; readonly run: number; readonly report?: unknown };

/** The bytes with a buffer of their own. */
export const whole = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();

export const wholeWrites = (writes: readonly StateWrite[]): StateWrite[] =>
  writes.map(([key, value]): StateWrite => [whole(key), value && whole(value)]);

export function wholeReply(reply: Reply): Reply {
  return reply?.map((one) =>
    one === undefined || one instanceof Uint8Array
      ? one && whole(one)
      : [whole((one as readonly Uint8Array[])[0]!), whole((one as readonly Uint8Array[])[1]!)]
  ) as Reply;
}

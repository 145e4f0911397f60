import { invariant } from "../core/invariant.ts";
import { IoError } from "../core/errors.ts";
import { storeClosed } from "./_checks.ts";
import { ChunkSpace } from "./_chunks.ts";
import { denoKvPort } from "./_deno_kv.ts";
import { Journal } from "./_journal.ts";
import { metaKey } from "./_kv_layout.ts";
import type { KvPort } from "./_kv_port.ts";
import { LargeKeys } from "./_large_keys.ts";
import { type PlainParts, PlainSpace } from "./_plain_kv.ts";
import { ReadGate } from "./_read_gate.ts";
import { subStore } from "./_sub.ts";
import { VersionedKv } from "./_versioned_kv.ts";
import { WriteQueue } from "./_write_queue.ts";
import type { Entry, IterateOptions, KeyRange, Store, StorePart, VersionedStore, Write } from "./store.ts";

const FORMAT_KEY = metaKey("format");
const FORMAT = "catenary-store/2";
/** Recent versioned changes kept in memory before they move into their records; while they move, up to twice this. */
const RECENT_BYTES_MAX = 96 * 1024 * 1024;

/**
 * The durable store, over a Deno KV file. All writes go through one queue, so commits are in the order of the calls;
 * what is passed in must not change before the call resolves. After a failed write every later one is refused with an
 * IoError `store_failed`; what was acknowledged before is safe.
 */
export class DenoKvStore implements Store {
  readonly #port: KvPort;
  readonly #gate: ReadGate;
  readonly #queue = new WriteQueue();
  readonly #plain: PlainSpace;
  readonly #versioned: VersionedKv;
  readonly versioned: VersionedStore;
  #closed: Promise<void> | undefined;

  private constructor(parts: PlainParts, recentBytesMax: number) {
    this.#port = parts.port;
    this.#gate = parts.gate;
    this.#plain = new PlainSpace(parts);
    this.#versioned = new VersionedKv(parts, this.#plain, this.#queue, recentBytesMax);
    this.versioned = this.#versioned;
  }

  /** Opens the store in the file at `path` (created when absent; its folder must exist), or in memory for ":memory:". */
  static async open(path: string, recentBytesMax?: number): Promise<DenoKvStore> {
    return await DenoKvStore.over(denoKvPort(await Deno.openKv(path)), recentBytesMax);
  }

  /** Opens the store over an engine: finishes or takes back what a crash interrupted. Closes the engine on failure. */
  static async over(engine: KvPort, recentBytesMax = RECENT_BYTES_MAX): Promise<DenoKvStore> {
    const port = guarded(engine);
    const gate = new ReadGate();
    try {
      await checkFormat(port);
      const journal = new Journal(port, gate);
      // The journal may hold a publication; chunks may belong to it: this order.
      await journal.open();
      const chunks = new ChunkSpace(port);
      await chunks.open();
      const large = new LargeKeys();
      await large.open(port);
      const store = new DenoKvStore({ port, gate, chunks, large, journal }, recentBytesMax);
      await store.#versioned.open();
      return store;
    } catch (error) {
      engine.close();
      throw error;
    }
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#plain.get(key);
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#plain.getMany(keys);
  }

  iterate(range: KeyRange, options?: IterateOptions): AsyncIterable<Entry> {
    return this.#plain.iterate(range, options);
  }

  batch(writes: readonly Write[]): Promise<void> {
    return this.#queue.run(() => this.#plain.writeAtomic(writes));
  }

  bulk(writes: readonly Write[]): Promise<void> {
    return this.#queue.run(() => this.#plain.writeOrdered(writes));
  }

  sub(prefix: string): StorePart {
    return subStore(this, prefix);
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#queue.close();
      await this.#gate.exclusive(() => Promise.resolve(this.#port.close()));
    })();
    return this.#closed;
  }
}

async function checkFormat(port: KvPort): Promise<void> {
  const [format] = await port.getMany([FORMAT_KEY]);
  if (format === undefined) return await port.commit([[FORMAT_KEY, FORMAT]]);
  if (format !== FORMAT) {
    const found = typeof format === "string" ? format.slice(0, 40) : "bytes";
    throw new IoError("store_format", `open the store: its format is ${found}, this version reads ${FORMAT}`);
  }
}

/** The engine behind its closing: a clear error after it, and the engine's own failures as IoErrors. */
function guarded(engine: KvPort): KvPort {
  let closed = false;
  const call = async <T>(what: string, action: () => Promise<T>): Promise<T> => {
    if (closed) throw storeClosed();
    try {
      return await action();
    } catch (cause) {
      if (cause instanceof IoError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new IoError("store_failed", `${what} the store: ${reason}`, { cause });
    }
  };
  return {
    limits: engine.limits,
    getMany: (keys) => call("read", () => engine.getMany(keys)),
    list: (start, end, options) => call("list", () => engine.list(start, end, options)),
    commit: (mutations) => call("write to", () => engine.commit(mutations)),
    close() {
      invariant(!closed, "close the store: it is closed");
      closed = true;
      engine.close();
    },
  };
}

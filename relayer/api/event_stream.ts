/** `/events`: server-sent events (WHATWG HTML, "Server-sent events"), resumable by `Last-Event-ID`. @module */
import type { EventLog, LoggedEvent } from "./event_log.ts";
import { ANSWER_HEADERS, type Fault } from "./fault.ts";

/** Comments that keep proxies from closing a silent connection. */
const KEEPALIVE_MS = 15_000;
/** Events that a reader may be behind. One that is further behind is dropped: it can come again and resume. */
const BEHIND_MAX = 1000;
/** What a browser waits before it comes again. */
const RETRY_MS = 2000;

export interface EventStreamOptions {
  readonly clientsMax: number;
  readonly keepaliveMs?: number;
  readonly behindMax?: number;
}

const encoder = new TextEncoder();

/** The open streams of one log. */
export class EventStreams {
  readonly #log: EventLog;
  readonly #options: Required<EventStreamOptions>;
  readonly #clients = new Set<Client>();
  #keepalive: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor(log: EventLog, options: EventStreamOptions) {
    this.#log = log;
    this.#options = { keepaliveMs: KEEPALIVE_MS, behindMax: BEHIND_MAX, ...options };
  }

  get size(): number {
    return this.#clients.size;
  }

  /** A stream of events of `types` (all when undefined), from after `lastId` on when there is one. */
  open(types: ReadonlySet<string> | undefined, lastId: string | undefined): Response | Fault {
    if (this.#closed) return { code: "not_ready", message: "open events: the relayer stops" };
    if (this.#clients.size >= this.#options.clientsMax) {
      return { code: "too_many_clients", message: `open events: ${this.#clients.size} clients listen already` };
    }
    const client = new Client(this.#log, types, this.#options.behindMax, () => this.#left(client));
    this.#clients.add(client);
    this.#keepalive ??= setInterval(() => {
      for (const one of [...this.#clients]) one.send(": keepalive\n\n");
    }, this.#options.keepaliveMs);
    return new Response(client.open(lastId), {
      headers: { "content-type": "text/event-stream", ...ANSWER_HEADERS, "x-accel-buffering": "no" },
    });
  }

  close(): void {
    this.#closed = true;
    for (const client of [...this.#clients]) client.close();
  }

  #left(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#keepalive);
    this.#keepalive = undefined;
  }
}

class Client {
  readonly #log: EventLog;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #behindMax: number;
  readonly #onEnd: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #unlisten = () => {};

  constructor(log: EventLog, types: ReadonlySet<string> | undefined, behindMax: number, onEnd: () => void) {
    this.#log = log;
    this.#types = types;
    this.#behindMax = behindMax;
    this.#onEnd = onEnd;
  }

  open(lastId: string | undefined): ReadableStream<Uint8Array> {
    const missed = lastId === undefined ? undefined : this.#log.since(lastId);
    const room = this.#behindMax + (missed?.events.length ?? 0) + 2;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      cancel: () => this.#end(),
    }, new CountQueuingStrategy({ highWaterMark: room }));
    this.send(`retry: ${RETRY_MS}\n\n`);
    // Told apart from what happened: it has no id, so that a client that comes again asks from where it was.
    if (missed?.gap) this.send('event: gap\ndata: {"type":"gap","message":"events before these are gone"}\n\n');
    for (const event of missed?.events ?? []) this.#event(event);
    this.#unlisten = this.#log.listen((event) => this.#event(event));
    return stream;
  }

  send(text: string): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    if ((controller.desiredSize ?? 0) <= 0) return this.#drop(controller);
    controller.enqueue(encoder.encode(text));
  }

  /** Ends the stream after what is queued. */
  close(): void {
    this.#controller?.close();
    this.#end();
  }

  /** Not closed: what is queued for a reader that does not read must not stay. */
  #drop(controller: ReadableStreamDefaultController<Uint8Array>): void {
    controller.error(new Error(`send events: the reader is ${this.#behindMax} behind`));
    this.#end();
  }

  #event(event: LoggedEvent): void {
    if (this.#types !== undefined && !this.#types.has(event.type)) return;
    this.send(`id: ${this.#log.idOf(event)}\nevent: ${event.type}\ndata: ${event.data}\n\n`);
  }

  #end(): void {
    this.#controller = undefined;
    this.#unlisten();
    this.#onEnd();
  }
}

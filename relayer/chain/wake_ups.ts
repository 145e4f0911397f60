/**
 * Hints that a chain may have a new block: a websocket subscription to CometBFT's headers, and a timer for when that is
 * silent. Nothing that is heard is used.
 * @module
 */
import type { Clock } from "./clock.ts";

export interface WakeUpOptions {
  /** `ws://…/websocket`, tried in turn. Empty: the timer alone. */
  readonly sockets: readonly string[];
  /** Silence after which listeners are woken anyway. */
  readonly pollMs: number;
  readonly clock: Clock;
  /** Stands in for `new WebSocket`. */
  readonly connect?: (url: string) => WebSocket;
}

/** Pause before a socket is opened again; doubled with each failure. */
const RECONNECT_FIRST_MS = 250;
const RECONNECT_MAX_MS = 30_000;
/** How long a socket is kept for the next listener. */
const LINGER_MS = 5_000;
/** A header has about two thousand characters. */
const MESSAGE_CHARACTERS_MAX = 1 << 20;
/** Headers, not blocks: those would be sent whole. */
const SUBSCRIBE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "subscribe",
  params: { query: "tm.event='NewBlockHeader'" },
});

/** `ws://host/websocket` of `http://host`; undefined where the address needs a header, which browsers' sockets lack. */
export function socketOf(address: string): string | undefined {
  const url = new URL(address);
  if (url.username !== "") return undefined;
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.pathname = url.pathname.replace(/\/$/, "") + "/websocket";
  return url.href;
}

/** Works while somebody listens, and a little longer: who waits for one block after the other comes and goes. */
export class WakeUps {
  readonly #listeners = new Set<() => void>();
  #socket: WebSocket | undefined;
  #callOffPoll: (() => void) | undefined;
  #callOffReconnect: (() => void) | undefined;
  #callOffEnd: (() => void) | undefined;
  #failures = 0;
  #next = 0;
  #ended = false;

  constructor(readonly options: WakeUpOptions) {}

  /** Returns how to end it. */
  add(wake: () => void): () => void {
    // Whoever comes after the end would keep a timer and a socket that nobody frees.
    if (this.#ended) return () => {};
    const listener = () => wake();
    this.#listeners.add(listener);
    if (this.#callOffEnd !== undefined) {
      this.#callOffEnd();
      this.#callOffEnd = undefined;
    } else if (this.#listeners.size === 1) this.#start();
    return () => {
      if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
      this.#callOffEnd = this.options.clock.after(LINGER_MS, () => this.#pause());
    };
  }

  /** For good. */
  close(): void {
    this.#ended = true;
    this.#pause();
  }

  #pause(): void {
    this.#listeners.clear();
    this.#callOffPoll?.();
    this.#callOffReconnect?.();
    this.#callOffEnd?.();
    this.#callOffPoll = this.#callOffReconnect = this.#callOffEnd = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined && socket.readyState <= WebSocket.OPEN) socket.close();
  }

  #start(): void {
    this.#poll();
    this.#open();
  }

  #poll(): void {
    this.#callOffPoll?.();
    this.#callOffPoll = this.options.clock.after(this.options.pollMs, () => this.#wake());
  }

  #wake(): void {
    this.#poll();
    for (const listener of [...this.#listeners]) listener();
  }

  #open(): void {
    const { sockets, connect = (url: string) => new WebSocket(url) } = this.options;
    if (sockets.length === 0) return;
    const socket = connect(sockets[this.#next % sockets.length]!);
    this.#socket = socket;
    socket.onopen = () => {
      if (this.#socket === socket) socket.send(SUBSCRIBE);
      else socket.close();
    };
    socket.onmessage = ({ data }) => this.#onMessage(socket, data);
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = () => this.#onClose(socket);
  }

  #onMessage(socket: WebSocket, data: unknown): void {
    if (this.#socket !== socket) return;
    if (typeof data !== "string" || data.length > MESSAGE_CHARACTERS_MAX) return socket.close();
    this.#failures = 0;
    this.#wake();
  }

  #onClose(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#next++;
    const pause = Math.min(RECONNECT_MAX_MS, RECONNECT_FIRST_MS * 2 ** this.#failures++);
    this.#callOffReconnect = this.options.clock.after(pause, () => this.#open());
  }
}

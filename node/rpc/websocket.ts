import type { Dispatcher } from "./dispatcher.ts";
import { answerText } from "./dispatcher.ts";
import { RPC_CODE, RpcFault } from "./fault.ts";
import type { Caller, Subscriber } from "./method.ts";
import type { EventClient, SubscriptionHub } from "./subscriptions.ts";

/** Requests of one websocket that run at once; what comes on top is refused. */
const RUNNING_MAX = 64;
/** RFC 6455 section 7.4.1. */
const CLOSE = { goingAway: 1001, policy: 1008, tooBig: 1009 } as const;

/** Bounds of one connection. */
export interface SocketLimits {
  readonly bodyBytesMax: number;
  /** Bytes handed over but not yet taken by the client. */
  readonly socketBufferBytesMax: number;
}

/** One websocket: requests in, answers and events out. */
export class RpcSocket implements EventClient, Subscriber {
  readonly #caller: Caller;
  #running = 0;
  #closed = false;

  constructor(
    readonly socket: WebSocket,
    remote: string,
    readonly hub: SubscriptionHub,
    readonly dispatcher: Dispatcher,
    readonly limits: SocketLimits,
    readonly allow: (requests: number) => boolean,
  ) {
    this.#caller = { remote, subscriber: this };
    socket.onmessage = ({ data }) => this.#onMessage(data);
  }

  subscribe(query: string, idText: string): RpcFault | undefined {
    return this.hub.subscribe(this, query, idText);
  }
  unsubscribe(query: string): RpcFault | undefined {
    return this.hub.unsubscribe(this, query);
  }
  unsubscribeAll(): RpcFault | undefined {
    return this.hub.unsubscribeAll(this);
  }

  /** Drops the client when it does not take what it is sent. */
  send(text: string): void {
    if (this.#closed || this.socket.readyState !== WebSocket.OPEN) return;
    if (this.socket.bufferedAmount + text.length > this.limits.socketBufferBytesMax) {
      return this.close(CLOSE.policy, "too slow: events were not taken");
    }
    this.socket.send(text);
  }

  /** Leaves the hub at once; nothing is sent any more. */
  close(code: number = CLOSE.goingAway, reason = "the node stops"): void {
    if (this.#closed) return;
    this.#closed = true;
    this.hub.forget(this);
    if (this.socket.readyState <= WebSocket.OPEN) this.socket.close(code, reason);
  }

  #onMessage(data: unknown): void {
    if (this.#closed) return;
    if (typeof data !== "string") return this.close(CLOSE.policy, "text messages only");
    if (data.length > this.limits.bodyBytesMax) return this.close(CLOSE.tooBig, "message too large");
    if (!this.allow(1) || this.#running >= RUNNING_MAX) {
      return this.send(answerText("null", new RpcFault(RPC_CODE.rateLimited)));
    }
    const reply = this.dispatcher.dispatch(data, this.#caller, this.allow);
    if (!(reply instanceof Promise)) return this.#reply(reply);
    this.#running++;
    reply.then((text) => {
      this.#running--;
      this.#reply(text);
    });
  }

  #reply(text: string | undefined): void {
    if (text !== undefined) this.send(text);
  }
}

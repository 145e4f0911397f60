/** Two ends and what opens clients, connections and channels between them; and the relaying of what they send. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { End } from "./end.ts";
import { eventValue } from "./events.ts";
import {
  chanOpenAck,
  chanOpenConfirm,
  chanOpenInit,
  chanOpenTry,
  type ClientOptions,
  connOpenAck,
  connOpenConfirm,
  connOpenInit,
  connOpenTry,
} from "./messages.ts";
import type { IbcChain } from "./ports.ts";

export interface PathOptions {
  /** Of both ends. */
  readonly client?: ClientOptions;
  readonly ordered?: boolean;
  /** Port and version of both ends; `transfer` and `ics20-1` unless said. */
  readonly port?: string;
  readonly version?: string;
  /** Nanoseconds, of the connection. */
  readonly delayPeriod?: bigint;
}

export class Path {
  readonly a: End;
  readonly b: End;
  readonly ends: readonly [End, End];
  /** How much of each chain's history {@linkcode Path.relay} has seen. */
  readonly #seen = new Map<End, number>();

  constructor(a: IbcChain, b: IbcChain, private readonly options: PathOptions = {}) {
    this.a = new End(a);
    this.b = new End(b);
    this.a.other = this.b;
    this.b.other = this.a;
    this.ends = [this.a, this.b];
    for (const end of this.ends) {
      end.ordered = options.ordered ?? false;
      end.portId = options.port ?? end.portId;
      end.version = options.version ?? end.version;
      end.delayPeriod = options.delayPeriod ?? 0n;
    }
  }

  /** Clients, connection and channel. */
  open(): this {
    this.openClients();
    this.openConnection();
    this.openChannel();
    return this;
  }

  openClients(): this {
    for (const end of this.ends) end.createClient(this.options.client);
    return this;
  }

  openConnection(): this {
    const { a, b } = this;
    a.connectionId = eventValue(a.do(connOpenInit(a)), "connection_open_init", "connection_id");
    b.updateClient();
    b.connectionId = eventValue(b.do(connOpenTry(b)), "connection_open_try", "connection_id");
    a.updateClient();
    a.do(connOpenAck(a));
    b.updateClient();
    b.do(connOpenConfirm(b));
    return this;
  }

  openChannel(): this {
    const { a, b } = this;
    a.channelId = eventValue(a.do(chanOpenInit(a)), "channel_open_init", "channel_id");
    a.version = a.channel().version;
    b.updateClient();
    b.channelId = eventValue(b.do(chanOpenTry(b)), "channel_open_try", "channel_id");
    b.version = b.channel().version;
    a.updateClient();
    a.do(chanOpenAck(a));
    b.updateClient();
    b.do(chanOpenConfirm(b));
    return this;
  }

  /** Another channel over the same connection. */
  another(options: Omit<PathOptions, "client" | "delayPeriod"> = {}): Path {
    const path = new Path(this.a.chain, this.b.chain, { ...this.options, ...options });
    for (const [i, end] of path.ends.entries()) {
      const { clientId, clientHeight, connectionId } = this.ends[i]!;
      Object.assign(end, { clientId, clientHeight, connectionId });
    }
    return path;
  }

  /** The same path between forks of its chains. */
  over(a: IbcChain, b: IbcChain): Path {
    const path = new Path(a, b, this.options);
    for (const [i, end] of path.ends.entries()) {
      const { chain: _chain, other: _other, ...state } = this.ends[i]!;
      Object.assign(end, state);
      path.#seen.set(end, this.#seen.get(this.ends[i]!) ?? 0);
    }
    return path;
  }

  /** Receives, acknowledges and times out what is new since the last call; answers how many packets moved. */
  relay(): number {
    let moved = 0;
    for (const end of this.ends) {
      const { history } = end.chain;
      const from = this.#seen.get(end) ?? 0;
      this.#seen.set(end, history.length);
      const fresh = history.slice(from).filter(({ code }) => code === 0);
      for (const packet of fresh.flatMap((tx) => end.sent(tx))) {
        if (this.isLate(end, packet)) end.timeout(packet);
        else end.other.recv(packet);
        moved++;
      }
      for (const { packet, ack } of fresh.flatMap((tx) => end.acked(tx))) {
        end.other.acknowledge(packet, ack);
        moved++;
      }
    }
    return moved;
  }

  /** The chain that would receive the packet is past its timeout already. */
  isLate({ other: { chain } }: End, { timeoutHeight, timeoutTimestamp }: Packet): boolean {
    const { revisionHeight } = timeoutHeight;
    return (revisionHeight > 0n && chain.height >= revisionHeight) ||
      (timeoutTimestamp > 0n && chain.time >= timeoutTimestamp);
  }
}

/** Relays on all paths until nothing moves any more. */
export function relayAll(...paths: readonly Path[]): void {
  for (let round = 0; paths.some((path) => path.relay() > 0); round++) {
    if (round > 100) throw new Error("relay: packets move for ever");
  }
}

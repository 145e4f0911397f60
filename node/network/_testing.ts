/** Nodes on 127.0.0.1 for the tests of this room. @module */
import type { GossipVerdict } from "../core/peer.ts";
import { createLibp2pNetwork } from "./libp2p_network.ts";
import type { Libp2pNetworkOptions, P2pSettings } from "./options.ts";
import type { NetworkHandlers, NetworkObserver, PeerNetwork, PeerView } from "./ports.ts";

export const seedOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

export const P2P: P2pSettings = {
  listen: ["/ip4/127.0.0.1/tcp/0"],
  announce: [],
  bootstrap: [],
  peers_max: 50,
  peers_wanted: 12,
  peers_per_address_max: 64,
  dht: false,
  relay: false,
  nat: false,
  ban_ms: 600_000,
};

/** What never comes fails after this, in milliseconds. */
const PATIENCE_MS = 300_000;

/** A node, what it was told and what it reported. */
export class TestNode implements NetworkHandlers {
  readonly net: PeerNetwork;
  readonly peers: PeerView[] = [];
  readonly published: string[] = [];
  readonly messages: Uint8Array[] = [];
  readonly reports: string[] = [];
  readonly problems: string[] = [];
  judge: (bytes: Uint8Array) => GossipVerdict | Promise<GossipVerdict> = () => "accept";
  handle: () => void | Promise<void> = () => {};
  readonly #waiters = new Set<() => void>();

  constructor(n: number, p2p: Partial<P2pSettings> = {}, options: Partial<Libp2pNetworkOptions> = {}) {
    const observer: NetworkObserver = {
      sent: () => {},
      received: () => {},
      verdict: () => {},
      reported: (code) => this.#note(this.reports, code),
      banned: ({ reason }) => this.#note(this.reports, `banned for ${reason.split(":")[0]}`),
    };
    this.net = createLibp2pNetwork({
      nodeKeySeed: seedOf(n),
      chainId: "test-1",
      moniker: `node ${n}`,
      version: "0.1.0",
      p2p: { ...P2P, ...p2p },
      observer,
      timings: { redialMs: 20, redialMaxMs: 200, discoveryMs: 200, upkeepMs: 200 },
      onProblem: ({ code, message }) => this.#note(this.problems, `${code}: ${message}`),
      ...options,
    });
  }

  static async start(
    n: number,
    p2p: Partial<P2pSettings> = {},
    options: Partial<Libp2pNetworkOptions> = {},
  ): Promise<TestNode> {
    const node = new TestNode(n, p2p, options);
    await node.net.start(node);
    return node;
  }

  get address(): string {
    return this.net.addresses[0]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.net.stop();
  }

  onTopic(_topic: string, _from: string, bytes: Uint8Array): GossipVerdict | Promise<GossipVerdict> {
    this.#note(this.published, new TextDecoder().decode(bytes.subarray(0, 100)));
    return this.judge(bytes);
  }
  onMessage(_channel: string, _from: string, bytes: Uint8Array): void | Promise<void> {
    this.#note(this.messages, bytes);
    return this.handle();
  }
  async *onRequest(_protocol: string, _from: string, body: Uint8Array): AsyncIterable<Uint8Array> {
    yield await Promise.resolve(body);
  }
  onPeerJoined(peer: PeerView): void {
    this.#note(this.peers, peer);
  }
  onPeerLeft(peer: string): void {
    this.peers.splice(this.peers.findIndex(({ id }) => id === peer), 1);
    this.#look();
  }

  /** Resolves once `condition` holds; looked at whenever something happened, and twice a second. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!condition()) {
      if (Date.now() > end) throw new Error(`never came: ${what}; reports ${this.reports}; problems ${this.problems}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        this.#waiters.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #note<T>(list: T[], item: T): void {
    list.push(item);
    this.#look();
  }

  #look(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }
}

/** A running node, an honest peer beside it, and what is to be seen of it from outside. @module */
import { assert, assertEquals } from "@std/assert";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { createLibp2pNetwork, type P2pSettings } from "../../node/network/mod.ts";
import type { PeerBan, PeerNetwork } from "../../node/network/ports.ts";
import { type CatenaryNode, createNode, type NodeOptions } from "../../node/node.ts";
import { ended, HostilePeer } from "./peer.ts";

/** What never comes fails after this, in milliseconds. */
const PATIENCE_MS = 300_000;
const LOOK_MS = 10;

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!await holds()) {
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Numbers of a metrics page by name and labels, as they are written there. */
export function figuresOf(page: string): Map<string, number> {
  const lines = page.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

const HONEST: P2pSettings = {
  listen: [],
  announce: [],
  bootstrap: [],
  peers_max: 10,
  peers_wanted: 1,
  peers_per_address_max: 10,
  dht: false,
  relay: false,
  nat: false,
  ban_ms: 600_000,
};

export class Scene {
  readonly node: CatenaryNode;
  readonly honest: PeerNetwork;
  readonly log: readonly string[];
  #halted: string | undefined;

  private constructor(node: CatenaryNode, honest: PeerNetwork, log: readonly string[]) {
    this.node = node;
    this.honest = honest;
    this.log = log;
    node.events.addEventListener("halt", (event) => {
      this.#halted = (event as CustomEvent<{ reason: string }>).detail.reason;
    });
  }

  /** A validator that is alone unless its home says otherwise, and an honest peer that is connected to it. */
  static async open(options: NodeOptions = {}): Promise<Scene> {
    const log: string[] = [];
    const node = createNode({
      rpcListen: "127.0.0.1:0",
      metricsListen: "127.0.0.1:0",
      p2pListen: "/ip4/127.0.0.1/tcp/0",
      blockTimeMs: 20,
      log: (line) => void log.push(line),
      ...options,
    });
    await node.start();
    const honest = createLibp2pNetwork({
      nodeKeySeed: new Uint8Array(32).fill(9),
      chainId: node.chainId,
      moniker: "honest",
      version: "0.1.0",
      p2p: { ...HONEST, bootstrap: [node.p2pAddresses[0]!] },
    });
    await honest.start({
      onTopic: () => "ignore",
      onMessage: () => {},
      async *onRequest() {},
      onPeerJoined: () => {},
      onPeerLeft: () => {},
    });
    await until("the honest peer", () => honest.peers.length === 1);
    return new Scene(node, honest, log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.honest.stop();
    await this.node.stop();
  }

  get address(): string {
    return this.node.p2pAddresses[0]!;
  }

  /** A peer with a node key of its own, not connected yet. */
  peer(name: string): Promise<HostilePeer> {
    return HostilePeer.start(this.address, this.node.chainId, sha256(utf8ToBytes(name)));
  }

  /** The same, connected and greeted. */
  async guest(name: string): Promise<HostilePeer> {
    const peer = await this.peer(name);
    await peer.greet();
    return peer;
  }

  /** How often peers were reported with a code. */
  async reports(code: string): Promise<number> {
    const page = await (await fetch(this.node.metricsAddress!)).text();
    return figuresOf(page).get(`catenary_p2p_reports_total{code="${code}"}`) ?? 0;
  }

  banOf({ id }: HostilePeer): PeerBan | undefined {
    return this.node.bans.find(({ peer }) => peer === id);
  }

  /** Waits for the ban of a peer, with a reason that says what it did, in the log too; and it may not come back. */
  async untilBanned(peer: HostilePeer, reason: RegExp): Promise<void> {
    await until(`the ban of a peer for ${reason}`, () => this.banOf(peer) !== undefined);
    const ban = this.banOf(peer)!;
    assert(reason.test(ban.reason), ban.reason);
    const [code] = ban.reason.split(":");
    assert(await this.reports(code!) > 0, `no report of ${code}`);
    const line = this.log.find((line) => line.includes("peer banned") && line.includes(peer.id));
    assert(line?.includes(code!), line);
    await until("the end of its connections", () => peer.connections.length === 0);
    const back = await peer.greet().catch(() => undefined);
    if (back !== undefined) await ended(back);
    assert(!this.node.peers.some(({ id }) => id === peer.id), "it came back");
  }

  /** Blocks go on, and nobody else is the worse for what happened. */
  async goesOn(): Promise<void> {
    const { height } = this.node;
    await until("two more blocks", () => this.#halted !== undefined || this.node.height >= height + 2n);
    assertEquals(this.#halted, undefined);
    assertEquals(this.honest.peers.length, 1);
    const seen = this.node.peers.find(({ id }) => id === this.honest.self);
    assertEquals([seen?.moniker, seen?.score], ["honest", 0]);
    assert(!this.node.bans.some(({ peer }) => peer === this.honest.self));
    const internal = this.log.filter((line) => line.includes("internal") || line.includes("halted"));
    assertEquals(internal, []);
  }
}

/**
 * Two hosts behind NAT meet through a relay. Needs root, iproute2 and nftables; says what is missing elsewhere.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { peerIdOfSeed } from "../../node/network/mod.ts";
import type { PeerEvent, PeerSettings } from "./peer.ts";

const SCRIPT = fileURLToPath(new URL("./nat.sh", import.meta.url));
const PEER = fileURLToPath(new URL("./peer.ts", import.meta.url));
/** Two kernels' worth of patience: nothing here passes by waiting. */
const PATIENCE_MS = 60_000;
/** A peer that has not ended by then is killed. */
const STOP_MS = 10_000;

async function nat(...args: string[]): Promise<{ ok: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(SCRIPT, { args, stdout: "piped", stderr: "piped" })
    .output();
  return { ok: success, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** A peer inside a network namespace. */
class NamespacePeer {
  readonly id: string;
  readonly events: PeerEvent[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #wake = () => {};

  constructor(namespace: string, settings: PeerSettings) {
    this.id = peerIdOfSeed(new Uint8Array(32).fill(settings.seed));
    this.#child = new Deno.Command("ip", {
      args: [
        "netns",
        "exec",
        namespace,
        Deno.execPath(),
        ...["run", "--quiet", "--no-check", "--allow-net", "--allow-sys", "--allow-env", "--allow-read"],
        PEER,
        JSON.stringify(settings),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.events.push(JSON.parse(line) as PeerEvent);
      this.#wake();
    }
    this.#wake();
  }

  publish(text: string): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(text + "\n"));
  }

  /** The first event that `wanted` takes; throws when none comes. */
  async first<E extends PeerEvent>(what: string, wanted: (event: PeerEvent) => event is E): Promise<E> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = this.events.find(wanted);
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`never came: ${what}; so far ${JSON.stringify(this.events)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async stop(): Promise<void> {
    await this.#writer.close().catch(() => {});
    const late = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await this.#child.status;
    clearTimeout(late);
    await this.#reading;
  }
}

const joined = (peer: string) => (event: PeerEvent): event is PeerEvent & { type: "joined" } =>
  event.type === "joined" && event.peer === peer;
const published = (text: string) => (event: PeerEvent): event is PeerEvent & { type: "published" } =>
  event.type === "published" && event.text === text;
const relayAddress = (event: PeerEvent): event is PeerEvent & { type: "addresses" } =>
  event.type === "addresses" && event.addresses.some((address) => address.includes("/p2p-circuit"));

Deno.test("two hosts behind NAT meet through a relay and gossip", async () => {
  const possible = await nat("check");
  if (!possible.ok) return console.log(`skipped: ${possible.text.trim()}`);
  const name = `cat${Deno.pid}`;
  const peers: NamespacePeer[] = [];
  const start = (namespace: string, seed: number, p2p: Partial<PeerSettings["p2p"]>) => {
    const peer = new NamespacePeer(`${name}-${namespace}`, {
      seed,
      p2p: {
        listen: [],
        announce: [],
        bootstrap: [],
        peers_max: 20,
        peers_wanted: 4,
        peers_per_address_max: 20,
        dht: true,
        relay: false,
        nat: true,
        ban_ms: 60_000,
        ...p2p,
      },
    });
    peers.push(peer);
    return peer;
  };
  try {
    const up = await nat("up", name);
    assert(up.ok, up.text);
    const relay = start("relay", 1, { listen: ["/ip4/203.0.113.1/tcp/26656"], relay: true, nat: false });
    const bootstrap = [`/ip4/203.0.113.1/tcp/26656/p2p/${relay.id}`];
    // Both listen, on addresses that nobody outside can reach.
    const a = start("a", 2, { listen: ["/ip4/10.201.1.2/tcp/26656"], bootstrap });
    await a.first("a reservation at the relay", relayAddress);
    const b = start("b", 3, { listen: ["/ip4/10.201.2.2/tcp/26656"], bootstrap });
    const met = await Promise.all([a.first("b", joined(b.id)), b.first("a", joined(a.id))]);
    console.log(`met: ${met.map(({ address, relayed }) => `${address}${relayed ? " (relayed)" : ""}`).join(", ")}`);
    // The relay knows both, so what they gossip would also go by way of it; a message between the two alone may not.
    assertEquals(a.events.filter(({ type }) => type === "problem"), []);
    await a.publish("from a");
    await b.publish("from b");
    await Promise.all([
      b.first("a's message", published("from a")),
      a.first("b's message", published("from b")),
      relay.first("a's message", published("from a")),
    ]);
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
    await nat("down", name);
  }
});

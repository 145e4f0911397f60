/**
 * A peer in a process of its own: `peer.ts '{"seed":1,"p2p":{…}}'`. Prints one JSON object a line for what it is told, and
 * publishes the lines it reads. Ends with its input.
 * @module
 */
import { createLibp2pNetwork, type P2pSettings } from "../../node/network/mod.ts";

/** What a peer is told on its command line. */
export interface PeerSettings {
  readonly seed: number;
  readonly p2p: P2pSettings;
}

/** What it prints. */
export type PeerEvent =
  | { readonly type: "addresses"; readonly addresses: readonly string[] }
  | { readonly type: "joined"; readonly peer: string; readonly address: string; readonly relayed: boolean }
  | { readonly type: "left"; readonly peer: string }
  | { readonly type: "published"; readonly from: string; readonly text: string }
  | { readonly type: "problem"; readonly message: string };

const say = (event: PeerEvent) => console.log(JSON.stringify(event));

async function run({ seed, p2p }: PeerSettings): Promise<void> {
  const net = createLibp2pNetwork({
    nodeKeySeed: new Uint8Array(32).fill(seed),
    chainId: "nat-1",
    moniker: `peer ${seed}`,
    version: "0.1.0",
    p2p,
    timings: { redialMs: 200, redialMaxMs: 2000, discoveryMs: 2000 },
    onProblem: ({ code, message }) => say({ type: "problem", message: `${code}: ${message}` }),
  });
  await net.start({
    onTopic(_topic, from, bytes) {
      say({ type: "published", from, text: new TextDecoder().decode(bytes) });
      return "accept";
    },
    onMessage: () => {},
    onRequest: async function* () {},
    onPeerJoined: ({ id, address, relayed }) => say({ type: "joined", peer: id, address, relayed }),
    onPeerLeft: (peer) => say({ type: "left", peer }),
  });
  let told = "";
  const watch = setInterval(() => {
    const now = net.addresses.join(" ");
    if (now !== told) say({ type: "addresses", addresses: net.addresses });
    told = now;
  }, 100);
  let rest = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) net.publish("transactions", new TextEncoder().encode(line));
  }
  clearInterval(watch);
  await net.stop();
}

if (import.meta.main) await run(JSON.parse(Deno.args[0]!) as PeerSettings);

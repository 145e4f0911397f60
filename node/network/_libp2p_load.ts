/** libp2p, loaded when a network starts and not before: commands that need none stay quick. @module */
import { BroadcastChannel } from "node:worker_threads";

async function load() {
  // Deno's own BroadcastChannel, which libp2p's lock library opens on import, keeps the process alive for ever.
  Object.assign(globalThis, { BroadcastChannel });
  const [node, keys, ids, addresses, tcp, ws, noise, yamux, identify, ping, gossip, dht, relay, dcutr, autonat] =
    await Promise.all([
      import("libp2p"),
      import("@libp2p/crypto/keys"),
      import("@libp2p/peer-id"),
      import("@multiformats/multiaddr"),
      import("@libp2p/tcp"),
      import("@libp2p/websockets"),
      import("@libp2p/noise"),
      import("@libp2p/yamux"),
      import("@libp2p/identify"),
      import("@libp2p/ping"),
      import("@libp2p/gossipsub"),
      import("@libp2p/kad-dht"),
      import("@libp2p/circuit-relay-v2"),
      import("@libp2p/dcutr"),
      import("@libp2p/autonat"),
    ]);
  return {
    createLibp2p: node.createLibp2p,
    privateKeyFromRaw: keys.privateKeyFromRaw,
    peerIdFromString: ids.peerIdFromString,
    multiaddr: addresses.multiaddr,
    tcp: tcp.tcp,
    webSockets: ws.webSockets,
    noise: noise.noise,
    yamux: yamux.yamux,
    identify: identify.identify,
    ping: ping.ping,
    gossipsub: gossip.gossipsub,
    kadDHT: dht.kadDHT,
    passthroughMapper: dht.passthroughMapper,
    circuitRelayTransport: relay.circuitRelayTransport,
    circuitRelayServer: relay.circuitRelayServer,
    dcutr: dcutr.dcutr,
    autoNAT: autonat.autoNAT,
  };
}

export type Libp2pParts = Awaited<ReturnType<typeof load>>;

let loading: Promise<Libp2pParts> | undefined;

/** The parts of libp2p that we use. */
export function libp2pParts(): Promise<Libp2pParts> {
  return loading ??= load();
}

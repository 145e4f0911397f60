/** libp2p, loaded when a network starts and not before: commands that need none stay quick. @module */

async function load() {
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
    identifyPush: identify.identifyPush,
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

/** Answers nothing and holds nothing. */
class SilentChannel {
  addEventListener(): void {}
  removeEventListener(): void {}
  postMessage(): void {}
  close(): void {}
}

/**
 * Runs `make` while a BroadcastChannel is nothing. The lock library of libp2p's peer store opens one with its first lock, for
 * workers that we do not have; it would keep the process alive for ever.
 */
export async function withoutChannels<T>(make: () => Promise<T>): Promise<T> {
  const real = globalThis.BroadcastChannel;
  Object.assign(globalThis, { BroadcastChannel: SilentChannel });
  try {
    return await make();
  } finally {
    Object.assign(globalThis, { BroadcastChannel: real });
  }
}

/** libp2p put together from our options. @module */
import type { ConnectionGater, ServiceMap } from "@libp2p/interface";
import type { GossipSub } from "@libp2p/gossipsub";
import type { KadDHT } from "@libp2p/kad-dht";
import type { Libp2p, Libp2pOptions } from "libp2p";
import { concatBytes } from "../core/bytes.ts";
import { ed25519KeyFromSeed } from "../core/crypto/mod.ts";
import type { PeerId } from "../core/peer.ts";
import { boundedDatastore } from "./_datastore.ts";
import { CONNECTIONS_OVER_MAX } from "./_gater.ts";
import { gossipService } from "./_gossip.ts";
import { type Libp2pParts, withoutChannels } from "./_libp2p_load.ts";
import { TOPICS, type wireNames } from "./channels.ts";
import { CONNECTIONS_PENDING_MAX, STREAMS_PER_CONNECTION_MAX } from "./limits.ts";
import { type Libp2pNetworkOptions, TIMINGS_DEFAULT } from "./options.ts";

const MIB = 1024 * 1024;
/** Silence between two looks whether a peer is alive, and how long it may take to answer: a busy node takes seconds. */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 15_000;
/** Window of a stream: how much one that is paused may hold. Below libp2p's read buffer, which resets what is over. */
const STREAM_WINDOW_BYTES_MAX = 2 * MIB;
const READ_BUFFER_BYTES_MAX = 4 * MIB;
/** Peers behind NAT that one relay carries, and for how long without renewal. */
const RELAYED_MAX = 64;
const RELAYED_MS = 3_600_000;

/** The services that we call. */
export interface Services extends ServiceMap {
  readonly pubsub: GossipSub;
  readonly dht: KadDHT;
}
export type Node = Libp2p<Services>;

/** No logging: libp2p formats a good deal even for a log that goes nowhere. */
function silence() {
  const log = Object.assign(() => {}, { enabled: false, trace: () => {}, error: () => {}, newScope: () => log });
  return log;
}

export interface NodeInit {
  readonly parts: Libp2pParts;
  readonly options: Libp2pNetworkOptions;
  readonly names: ReturnType<typeof wireNames>;
  readonly gater: ConnectionGater;
  readonly scoreOf: (peer: PeerId) => number;
  /** Whether the peer of this datastore key is connected. */
  readonly pinned: (key: string) => boolean;
}

/** A libp2p node, not started. */
export async function buildNode(init: NodeInit): Promise<Node> {
  const { parts } = init;
  return await withoutChannels(async () => {
    const node = await parts.createLibp2p(libp2pInit(init));
    // Takes the first lock, whether or not the peer is there.
    await node.peerStore.has(node.peerId);
    return node as unknown as Node;
  });
}

function libp2pInit(init: NodeInit): Libp2pOptions {
  const { parts, options, gater } = init;
  const { nodeKeySeed, p2p, version } = options;
  const log = silence();
  return {
    start: false,
    nodeInfo: { name: "catenary", version, userAgent: `catenary/${version}` },
    privateKey: parts.privateKeyFromRaw(concatBytes(nodeKeySeed, ed25519KeyFromSeed(nodeKeySeed).publicKey)),
    addresses: {
      // A host behind NAT asks the relays it meets to take calls for it.
      listen: p2p.nat ? [...p2p.listen, "/p2p-circuit"] : [...p2p.listen],
      announce: [...p2p.announce],
    },
    transports: [
      // No timer for each packet: pings find dead connections, and those that never finish their handshake time out.
      parts.tcp({ inboundSocketInactivityTimeout: 0, outboundSocketInactivityTimeout: 0 }),
      parts.webSockets(),
      parts.circuitRelayTransport(),
    ],
    connectionEncrypters: [parts.noise()],
    streamMuxers: [parts.yamux({
      maxInboundStreams: STREAMS_PER_CONNECTION_MAX,
      streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX, maxReadBufferLength: READ_BUFFER_BYTES_MAX },
    })],
    connectionGater: gater,
    connectionManager: {
      // The gater counts; this is the outer bound, with room for dials and relayed connections on their way.
      maxConnections: p2p.peers_max + CONNECTIONS_OVER_MAX + CONNECTIONS_PENDING_MAX,
      maxIncomingPendingConnections: CONNECTIONS_PENDING_MAX,
      inboundUpgradeTimeout: options.timings?.handshakeMs ?? TIMINGS_DEFAULT.handshakeMs,
      inboundConnectionThreshold: Math.max(16, p2p.peers_per_address_max),
    },
    connectionMonitor: { pingInterval: PING_INTERVAL_MS, pingTimeout: { minTimeout: PING_TIMEOUT_MS } },
    datastore: boundedDatastore(init.pinned),
    logger: { forComponent: () => log } as never,
    services: services(init) as never,
  };
}

function services({ parts, options: { p2p }, names, scoreOf }: NodeInit): Record<string, unknown> {
  return {
    identify: parts.identify(),
    // Tells of addresses that come later, as those at a relay.
    identifyPush: parts.identifyPush(),
    ping: parts.ping(),
    pubsub: gossipService(parts, TOPICS.map(names.topic), scoreOf),
    ...p2p.dht
      ? {
        dht: parts.kadDHT({
          protocol: names.dht,
          clientMode: false,
          // Chains of one machine or one house live on private addresses.
          peerInfoMapper: parts.passthroughMapper,
          allowQueryWithZeroPeers: true,
        }),
      }
      : {},
    ...p2p.relay
      ? {
        relay: parts.circuitRelayServer({
          // Without libp2p's limit of 128 KiB: gossip goes on for hours.
          reservations: { maxReservations: RELAYED_MAX, reservationTtl: RELAYED_MS, applyDefaultLimit: false },
        }),
      }
      : {},
    ...p2p.nat ? { dcutr: parts.dcutr(), autonat: parts.autoNAT() } : {},
  };
}

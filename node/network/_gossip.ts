/** How gossipsub is set up: small networks are fully meshed, nothing is signed twice, scores are ours. @module */
import type { GossipSub, GossipsubOpts } from "@libp2p/gossipsub";
import { sha256 } from "../core/crypto/mod.ts";
import type { PeerId } from "../core/peer.ts";
import type { Libp2pParts } from "./_libp2p_load.ts";
import { GOSSIP_QUEUE_BYTES_MAX } from "./limits.ts";
import { TOPIC_BYTES_MAX } from "./ports.ts";

/** Room for a topic name and protobuf around the largest message. */
const RPC_OVERHEAD_BYTES = 64 * 1024;
/** Length of message ids: half a hash tells messages apart. */
const MESSAGE_ID_BYTES = 16;
/** How long a message is known as seen, in milliseconds; later it is for those above to ignore it. */
export const SEEN_MS = 30_000;

/** What a message without signature is called by: its content, after the byte that tells who sends it. */
function messageId(message: { readonly data: Uint8Array }): Uint8Array {
  return sha256(message.data.subarray(1)).subarray(0, MESSAGE_ID_BYTES);
}

/** Two bytes a character, written out: thirty times quicker than spreading, and it is asked several times a message. */
function messageIdToString(id: Uint8Array): string {
  const pair = (i: number) => id[i]! << 8 | id[i + 1]!;
  return String.fromCharCode(pair(0), pair(2), pair(4), pair(6), pair(8), pair(10), pair(12), pair(14));
}

/** The service. `scoreOf` is 0 or less, -100 for a ban. */
export function gossipService(
  parts: Libp2pParts,
  topics: readonly string[],
  scoreOf: (peer: PeerId) => number,
): (components: never) => GossipSub {
  const options: Partial<GossipsubOpts> & { seenTTL: number } = {
    globalSignaturePolicy: "StrictNoSign",
    msgIdFn: messageId,
    msgIdToStrFn: messageIdToString,
    allowedTopics: [...topics],
    fallbackToFloodsub: false,
    floodPublish: true,
    batchPublish: true,
    emitSelf: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    doPX: false,
    tagMeshPeers: false,
    runOnLimitedConnection: true,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxOutboundBufferSize: 2 * GOSSIP_QUEUE_BYTES_MAX,
    maxInboundDataLength: Math.max(...Object.values(TOPIC_BYTES_MAX)) + RPC_OVERHEAD_BYTES,
    maxTopicBytesPerPeer: 16 * 1024,
    decodeRpcLimits: {
      maxSubscriptions: 16,
      maxMessages: 1024,
      maxIhaveMessageIDs: 5000,
      maxIwantMessageIDs: 5000,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 512,
      maxPeerInfos: 16,
    },
    // A network of up to seven nodes is a full mesh; what we publish goes to all who are connected anyway.
    D: 8,
    Dlo: 6,
    Dhi: 12,
    Dscore: 4,
    Dout: 2,
    Dlazy: 6,
    // Below that the warning costs as much as the message that it saves.
    idontwantMinDataSize: 16 * 1024,
    seenTTL: SEEN_MS,
    scoreParams: {
      // Topics are scored by our reports only: how much a peer delivers says nothing where all hear it from its author.
      topics: {},
      topicScoreCap: 1,
      appSpecificScore: scoreOf,
      appSpecificWeight: 1,
      // Addresses are counted when they connect; a testnet has all its nodes on one.
      IPColocationFactorWeight: 0,
      behaviourPenaltyWeight: -1,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: 0.8,
      decayInterval: 1000,
      decayToZero: 0.1,
      retainScore: 600_000,
    },
    scoreThresholds: { gossipThreshold: -20, publishThreshold: -50, graylistThreshold: -80 },
  };
  return parts.gossipsub(options as Partial<GossipsubOpts>) as unknown as (components: never) => GossipSub;
}

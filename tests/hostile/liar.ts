/** A member of the network in memory that serves lies about the chain of an honest node. @module */
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import type { PeerId } from "../../node/core/peer.ts";
import { encodeStatus } from "../../node/gossip/wire.ts";
import type { MemoryHub } from "../../node/network/mod.ts";
import type { PeerNetwork, Protocol } from "../../node/network/ports.ts";
import { VERSION } from "../../node/version.ts";

/** What becomes of the frames of an honest answer. Undefined: nothing is answered. */
export type Lie = (protocol: Protocol, frames: readonly Uint8Array[]) => readonly Uint8Array[] | undefined;

export interface LiarOptions {
  readonly hub: MemoryHub;
  readonly chainId: string;
  readonly name: string;
  /** Where the truth comes from. */
  readonly honest: PeerId;
  /** What it says to decide; undefined: it says nothing. */
  readonly height?: bigint;
  readonly lie: Lie;
}

const LIMITS = { frameBytesMax: 24 * 1024 * 1024, framesMax: 100, timeoutMs: 20_000 };

/** Joins; whoever meets it is told how far it is. */
export async function startLiar({ hub, chainId, name, honest, height, lie }: LiarOptions): Promise<PeerNetwork> {
  const network = hub.join({ nodeKeySeed: sha256(utf8ToBytes(name)), chainId, moniker: name, version: VERSION });
  const tell = (peer: PeerId) => {
    if (height !== undefined) network.send(peer, "consensus", encodeStatus({ height, round: 0, base: 1n }));
  };
  await network.start({
    onTopic: () => "ignore",
    onMessage: () => {},
    async *onRequest(protocol, from, body) {
      if (from === honest) return;
      const truth = await Array.fromAsync(network.request(honest, protocol, body, LIMITS)).catch(() => []);
      const frames = lie(protocol, truth);
      if (frames === undefined) await new Promise(() => {});
      yield* frames ?? [];
    },
    onPeerJoined: ({ id }) => id === honest ? undefined : tell(id),
    onPeerLeft: () => {},
  });
  return network;
}

/** The connected peers as `net_info` shows them. @module */
import { bytesToHex } from "./core/bytes.ts";
import { ed25519Address } from "./core/crypto/mod.ts";
import type { PeerNetwork } from "./network/ports.ts";
import type { NetInfo } from "./rpc/ports.ts";

/** What a multiaddr says of the host: `/ip4/1.2.3.4/tcp/…` or `/dns4/name/…`; empty: nothing. */
const hostOf = (address: string): string => /^\/(?:ip4|ip6|dns[46]?)\/([^/]+)/.exec(address)?.[1] ?? "";

export function netInfoOf({ addresses, peers }: Pick<PeerNetwork, "addresses" | "peers">): NetInfo {
  const now = Date.now();
  return {
    listeners: addresses,
    peers: peers.map((peer) => ({
      nodeId: bytesToHex(ed25519Address(peer.nodeKey)),
      moniker: peer.moniker,
      version: peer.version,
      outbound: peer.outbound,
      address: peer.address,
      remoteIp: hostOf(peer.address),
      connectedMs: Math.max(0, now - peer.connectedAt),
      bytesSent: peer.bytesSent,
      bytesReceived: peer.bytesReceived,
    })),
  };
}

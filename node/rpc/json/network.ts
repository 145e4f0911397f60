/** `net_info` in the JSON of CometBFT v0.38 (`rpc/core/types`, `p2p/conn`, `libs/flowrate`). @module */
import { nanosToRfc3339 } from "../../core/time.ts";
import type { NetInfo, NodeStatus } from "../ports.ts";
import { BLOCK_PROTOCOL, CHANNELS, P2P_PROTOCOL } from "../versions.ts";
import { int64 } from "./scalars.ts";

const NANOS_PER_MS = 1_000_000n;
type Peer = NetInfo["peers"][number];

/** `flowrate.Status`: bytes in all and their average; nothing else of it is measured here. */
function monitorJson(bytes: number, connectedMs: number, nowNanos: bigint) {
  const age = BigInt(Math.max(0, Math.round(connectedMs))) * NANOS_PER_MS;
  const rate = connectedMs > 0 ? Math.round(bytes / connectedMs * 1000) : 0;
  return {
    Start: nanosToRfc3339(nowNanos - age),
    Bytes: int64(bytes),
    Samples: "0",
    InstRate: "0",
    CurRate: "0",
    AvgRate: int64(rate),
    PeakRate: "0",
    BytesRem: "0",
    Duration: int64(age),
    Idle: "0",
    TimeRem: "0",
    Progress: 0,
    Active: true,
  };
}

const peerJson = (peer: Peer, network: string, nowNanos: bigint) => ({
  node_info: {
    protocol_version: { p2p: int64(P2P_PROTOCOL), block: int64(BLOCK_PROTOCOL), app: "0" },
    id: peer.nodeId,
    listen_addr: peer.address,
    network,
    version: peer.version,
    channels: CHANNELS,
    moniker: peer.moniker,
    other: { tx_index: "", rpc_address: "" },
  },
  is_outbound: peer.outbound,
  connection_status: {
    Duration: int64(BigInt(Math.max(0, Math.round(peer.connectedMs))) * NANOS_PER_MS),
    SendMonitor: monitorJson(peer.bytesSent, peer.connectedMs, nowNanos),
    RecvMonitor: monitorJson(peer.bytesReceived, peer.connectedMs, nowNanos),
    Channels: [],
  },
  remote_ip: peer.remoteIp,
});

/** Without a network there is nobody, and the address is the one in the configuration. */
export function netInfoJson(info: NetInfo | undefined, status: NodeStatus, nowNanos: bigint) {
  const listeners = info?.listeners ?? [status.listenAddress];
  const peers = info?.peers ?? [];
  return {
    listening: listeners.length > 0,
    listeners: listeners.map((address) => `Listener(@${address})`),
    n_peers: int64(peers.length),
    peers: peers.map((peer) => peerJson(peer, status.chainId, nowNanos)),
  };
}

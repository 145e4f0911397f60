/**
 * What the HTTP interface and the command line need of a relayer: contracts only. `relayer/control.ts` implements them.
 *
 * Everything here is plain data. Protocol integers are `bigint`, bytes are `Uint8Array`, a height on another chain is an
 * {@linkcode IbcHeight}; the doors write them as decimal strings, base64 and `<revision>-<height>`. Chains go by the names
 * of the configuration, not by chain ids. Undefined: not known yet, or there is none.
 * @module
 */
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import type { Result } from "../../node/core/result.ts";

/** Why a request was not done. Append-only; the doors map each to a status. */
export type RefusalCode =
  /** Nothing of that name: chain, path, client, connection, channel, packet. */
  | "unknown_chain"
  | "unknown_path"
  | "unknown_client"
  | "unknown_connection"
  | "unknown_channel"
  | "unknown_packet"
  /** No open and unpaused paths lead there. */
  | "no_route"
  /** A field that cannot be what it says; the message names it. */
  | "invalid_request"
  /** The path is there already, with other content. */
  | "path_exists"
  /** The chain has no wallet to sign with, or not one of that address. */
  | "no_wallet"
  /** The chain refused the transaction; the message has its words. */
  | "chain_refused"
  /** The chain does not answer; try again later. */
  | "chain_unreachable"
  /** Sent and not seen in a block in time: it may still happen. The message has the hash. */
  | "transaction_lost"
  /** The relayer is starting or stopping. */
  | "not_ready";

/** A request that was not done, and why. `message` reads "action attempted: state found". */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

/** What came of a request. Failures of the world below may also be thrown, as an `IoError`. */
export type Answer<T> = Promise<Result<T, Refusal>>;

/** A chain as the relayer sees it. */
export interface ChainView {
  readonly name: string;
  readonly chainId: string;
  /** RPC addresses as configured, without credentials. */
  readonly rpc: readonly string[];
  readonly addressPrefix: string;
  /** For example `0.025ucat`. */
  readonly gasPrice: string;
  readonly reachable: boolean;
  /** Newest block seen, and its time in nanoseconds since the Unix epoch. */
  readonly height: bigint | undefined;
  readonly timeNanos: bigint | undefined;
  /** Events up to this height are in the store: the durable cursor. */
  readonly scannedHeight: bigint | undefined;
  /** Addresses of the wallets, in the order of the configuration. */
  readonly wallets: readonly string[];
  /** The latest trouble, while it lasts. */
  readonly fault: string | undefined;
}

/** One end of a path. */
export interface PathEnd {
  /** Name of the chain. */
  readonly chain: string;
  /** The client on this chain, of the other one. */
  readonly clientId: string | undefined;
  readonly connectionId: string | undefined;
}

/**
 * Which channels of a path are served. Entries are `port/channel` of the end `a`, `*` for any run of characters:
 * `transfer/channel-0`, `transfer/*`. `allow` serves only what an entry matches, `deny` all but that.
 */
export interface PathFilter {
  readonly policy: "allow" | "deny";
  readonly channels: readonly string[];
}

export type ChannelOrder = "unordered" | "ordered";

/** A channel that a path should have. */
export interface ChannelSpec {
  readonly portA: string;
  readonly portB: string;
  readonly order: ChannelOrder;
  /** Empty: the default of the applications. */
  readonly version: string;
}

/** A channel that is to be opened now. */
export interface ChannelRequest extends ChannelSpec {
  /** Paths over which it goes on behind the first, in their order (ICS-33); empty: it ends with that one. */
  readonly hops: readonly string[];
}

/** The two ends of an open channel of a path. */
export interface ChannelPair {
  readonly a: { readonly portId: string; readonly channelId: string };
  readonly b: { readonly portId: string; readonly channelId: string };
  readonly order: ChannelOrder;
  readonly version: string;
}

/** `opening`: clients, connection or channels are being made; `failed`: that was given up, see `fault`. */
export type PathState = "opening" | "open" | "failed";

/** Two chains and what joins them. */
export interface PathView {
  readonly id: string;
  readonly a: PathEnd;
  readonly b: PathEnd;
  readonly state: PathState;
  /** Packets are noticed and kept, and not carried. */
  readonly paused: boolean;
  readonly filter: PathFilter;
  readonly channels: readonly ChannelPair[];
  /** Packets that are not settled, both directions. */
  readonly pendingPackets: number;
  readonly fault: string | undefined;
}

/**
 * A path to be served. Ends without a client get a new client, ends without a connection a new connection; `channels`
 * are opened where the path has none such.
 */
export interface PathSpec {
  /** Letters, digits, `-`, `_` and `.`, at most 64; absent: `<a>-<b>`, with a number when that is taken. */
  readonly id: string | undefined;
  readonly a: PathEnd;
  readonly b: PathEnd;
  readonly channels: readonly ChannelSpec[];
  readonly filter: PathFilter;
  readonly paused: boolean;
}

/** What changes on a path; absent fields stay. */
export interface PathPatch {
  readonly paused?: boolean;
  readonly filter?: PathFilter;
}

/** `Active`, `Expired`, `Frozen`, `Unknown` or `Unauthorized`, as ibc-go says it. */
export type ClientStatusText = string;

export interface ClientView {
  /** The chain that keeps it. */
  readonly chain: string;
  readonly clientId: string;
  /** `07-tendermint` … */
  readonly clientType: string;
  /** Chain id of the chain it follows, and its name here. */
  readonly followsChainId: string;
  readonly follows: string | undefined;
  readonly latestHeight: IbcHeight;
  readonly status: ClientStatusText;
  readonly trustingPeriodMs: number | undefined;
  /** When its latest consensus state stops being trusted; nanoseconds since the Unix epoch. */
  readonly expiresNanos: bigint | undefined;
}

/** States as ICS-03 and ICS-04 name them. */
export type EndState = "UNINITIALIZED" | "INIT" | "TRYOPEN" | "OPEN" | "CLOSED" | "FLUSHING" | "FLUSHCOMPLETE";

export interface ConnectionView {
  readonly chain: string;
  readonly connectionId: string;
  readonly clientId: string;
  readonly state: EndState;
  readonly counterpartyClientId: string;
  /** Empty before the other end is known. */
  readonly counterpartyConnectionId: string;
  readonly delayNanos: bigint;
  /** The path that serves it. */
  readonly path: string | undefined;
}

export interface ChannelView {
  readonly chain: string;
  readonly portId: string;
  readonly channelId: string;
  readonly state: EndState;
  readonly order: ChannelOrder;
  readonly version: string;
  /** One connection, or those of a multi-hop channel (ICS-33), the own one first. */
  readonly connectionHops: readonly string[];
  readonly counterpartyPortId: string;
  /** Empty before the other end is known. */
  readonly counterpartyChannelId: string;
  /** Name of the chain at the other end. */
  readonly counterpartyChain: string | undefined;
  readonly path: string | undefined;
}

/** Names a packet: the end that sent it, and its sequence there. */
export interface PacketKey {
  readonly chain: string;
  readonly portId: string;
  readonly channelId: string;
  readonly sequence: bigint;
}

/**
 * `sent`: committed to on the source; `received`: the destination has it, its acknowledgement is not back (or not written
 * yet); `acknowledged` and `timed_out`: settled on the source; `skipped`: the filter or a limit leaves it alone.
 */
export type PacketState = "sent" | "received" | "acknowledged" | "timed_out" | "skipped";

/** Where a step of a packet's life happened. */
export interface PacketStep {
  readonly chain: string;
  /** Block of the transaction. */
  readonly height: bigint;
  /** Upper-case hexadecimal. */
  readonly txHash: string;
  /** The height on the other chain that the proof was against; undefined for the sending, which needs none. */
  readonly proofHeight: IbcHeight | undefined;
  /** Time of that block, nanoseconds since the Unix epoch. */
  readonly timeNanos: bigint | undefined;
}

/** The content of an ICS-20 packet. */
export interface TransferView {
  /** With its hops, as the packet has it. */
  readonly denom: string;
  readonly amount: bigint;
  readonly sender: string;
  readonly receiver: string;
  readonly memo: string;
}

export interface PacketView {
  readonly source: PacketKey;
  /** `chain` is undefined when no configured chain is at the other end. */
  readonly destination: {
    readonly chain: string | undefined;
    readonly portId: string;
    readonly channelId: string;
  };
  readonly path: string | undefined;
  readonly state: PacketState;
  /** Zero height: no timeout by height. */
  readonly timeoutHeight: IbcHeight;
  /** 0: no timeout by time. */
  readonly timeoutNanos: bigint;
  readonly sent: PacketStep | undefined;
  readonly received: PacketStep | undefined;
  /** Acknowledged or timed out. */
  readonly settled: PacketStep | undefined;
  /** What the acknowledgement says, once it is known. */
  readonly acknowledgement: { readonly success: boolean; readonly text: string } | undefined;
  /** Undefined when the data are no ICS-20 transfer. */
  readonly transfer: TransferView | undefined;
  /** Packet that the destination sent on because of this one (packet-forward). */
  readonly forwardedAs: PacketKey | undefined;
  /** Tries that failed since the last step. */
  readonly attempts: number;
  /** Why the last try failed. */
  readonly fault: string | undefined;
}

export interface PacketQuery {
  readonly path?: string;
  /** Source chain. */
  readonly chain?: string;
  readonly portId?: string;
  readonly channelId?: string;
  readonly states?: readonly PacketState[];
  /** What the page before answered as `next`. */
  readonly after?: string;
  /** At least 1. */
  readonly limit: number;
}

/** One page; newest first. */
export interface PacketPage {
  readonly packets: readonly PacketView[];
  /** Opaque; undefined on the last page. */
  readonly next: string | undefined;
}

/** One step over a channel. */
export interface RouteHop {
  readonly from: string;
  readonly to: string;
  readonly path: string;
  /** The channel end on `from`. */
  readonly portId: string;
  readonly channelId: string;
  readonly counterpartyPortId: string;
  readonly counterpartyChannelId: string;
}

/** A way for tokens. */
export interface RouteView {
  readonly hops: readonly RouteHop[];
  /** What the denom asked for is called on the last chain; undefined when none was asked for or it is not known. */
  readonly denom: string | undefined;
  /** Its path with hops there, `transfer/channel-1/transfer/channel-0/ucat`. */
  readonly denomPath: string | undefined;
}

export interface RouteQuery {
  readonly from: string;
  readonly to: string;
  /** As `from` calls it: a token that came from somewhere prefers its way back. */
  readonly denom?: string;
  /** Chains to pass, in order. */
  readonly via?: readonly string[];
}

export interface TransferRequest extends RouteQuery {
  readonly denom: string;
  /** In [1, 2^256). */
  readonly amount: bigint;
  /** On `to`. */
  readonly receiver: string;
  /** Absent: the first wallet of `from`. An address that is not one of ours: the transaction is answered unsigned. */
  readonly sender?: string;
  /** Memo for the last hop. */
  readonly memo?: string;
  /** Of each hop, from the time of the newest block. */
  readonly timeoutMs?: number;
}

/** A transaction for somebody else to sign. */
export interface UnsignedTransfer {
  readonly chainId: string;
  /** `typeUrl` and encoded value. */
  readonly messages: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
  /** An encoded `TxBody` of those messages. */
  readonly bodyBytes: Uint8Array;
  /** Estimated by simulation; undefined when the chain would not. */
  readonly gasLimit: bigint | undefined;
  /** At the configured gas price; undefined without a gas limit. */
  readonly fee: { readonly denom: string; readonly amount: bigint } | undefined;
}

export type TransferAnswer =
  | {
    readonly tag: "sent";
    readonly route: RouteView;
    readonly txHash: string;
    readonly height: bigint;
    /** The first packet; the others follow as `forwardedAs`. */
    readonly packet: PacketKey;
  }
  | { readonly tag: "unsigned"; readonly route: RouteView; readonly transaction: UnsignedTransfer };

/** Which packets to look for and carry now; absent fields: all. */
export interface ClearRequest {
  readonly path?: string;
  readonly chain?: string;
  readonly portId?: string;
  readonly channelId?: string;
  readonly sequences?: readonly bigint[];
}

/** What a clearing found by asking the chains; they are carried in bounded batches from here on. */
export interface ClearAnswer {
  /** Packets sent and not received. */
  readonly unreceived: number;
  /** Packets received whose acknowledgement is not back. */
  readonly unacknowledged: number;
  /** Packets that are past their timeout. */
  readonly expired: number;
}

/** What one client says about the chain it follows. */
export interface MisbehaviourReport {
  readonly chain: string;
  readonly clientId: string;
  readonly checkedHeights: number;
  /** Undefined: each header it holds is one that the chain still serves. */
  readonly conflict: { readonly height: IbcHeight; readonly reason: string } | undefined;
  /** Of the transaction that froze it. */
  readonly txHash: string | undefined;
}

/** A step in the making of clients, connections and channels. */
export interface HandshakeStep {
  /** `create_client`, `connection_open_init`, `channel_open_ack` … */
  readonly step: string;
  readonly chain: string;
  /** The client, connection or channel on that chain. */
  readonly id: string;
  readonly height: bigint;
  readonly txHash: string;
  /** Undefined where no proof is needed. */
  readonly proofHeight: IbcHeight | undefined;
}

/** What happened, as subscribers see it. `atMs`: milliseconds since the Unix epoch, of the relayer's clock. */
export type RelayerEvent =
  & { readonly atMs: number }
  & (
    | { readonly type: "packet"; readonly packet: PacketView }
    | { readonly type: "path"; readonly path: PathView }
    | ({ readonly type: "handshake"; readonly path: string } & HandshakeStep)
    | {
      readonly type: "client";
      readonly action: "updated" | "refreshed" | "frozen" | "expired";
      readonly chain: string;
      readonly clientId: string;
      readonly height: IbcHeight;
      readonly txHash: string | undefined;
    }
    | ({ readonly type: "misbehaviour" } & MisbehaviourReport)
    | {
      readonly type: "chain";
      readonly chain: string;
      readonly reachable: boolean;
      readonly fault: string | undefined;
    }
    | {
      readonly type: "fault";
      readonly code: string;
      readonly message: string;
      readonly chain: string | undefined;
      readonly path: string | undefined;
    }
  );

export interface RelayerStatus {
  readonly version: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedMs: number | undefined;
  readonly ready: boolean;
  /** What is missing while it is not ready. */
  readonly waitingFor: readonly string[];
  readonly chains: number;
  readonly paths: { readonly open: number; readonly opening: number; readonly paused: number; readonly failed: number };
  readonly packets: { readonly pending: number; readonly settled: number; readonly skipped: number };
}

/** Everything that can be asked of a relayer. Listings are of the moment and in a steady order. */
export interface RelayerControl {
  status(): Promise<RelayerStatus>;
  chains(): Promise<readonly ChainView[]>;

  paths(): Promise<readonly PathView[]>;
  /** Persisted before it resolves; the handshake goes on afterwards and is told through events. */
  addPath(spec: PathSpec): Answer<PathView>;
  /** Persisted before it resolves. */
  patchPath(id: string, patch: PathPatch): Answer<PathView>;

  /** The following ask the chain, all of them when `chain` is undefined. */
  clients(chain?: string): Answer<readonly ClientView[]>;
  connections(chain?: string): Answer<readonly ConnectionView[]>;
  channels(chain?: string): Answer<readonly ChannelView[]>;

  packets(query: PacketQuery): Answer<PacketPage>;
  packet(key: PacketKey): Answer<PacketView>;
  /** Brings the chains up to date about the packets meant and puts them in front of the work. */
  clear(request: ClearRequest): Answer<ClearAnswer>;

  routes(query: RouteQuery): Answer<readonly RouteView[]>;
  /** Resolves when the transaction is in a block of the first chain, or could not be. */
  transfer(request: TransferRequest): Answer<TransferAnswer>;

  /** Makes one client on `chain` that follows `follows`. Resolves when it is there. */
  createClient(request: { readonly chain: string; readonly follows: string }): Answer<HandshakeStep>;
  /** Opens a connection for a path (and clients where it has none). Resolves when both ends are open. */
  createConnection(path: string): Answer<PathView>;
  /** Opens one more channel on a path, or over several. Resolves when both ends are open. */
  createChannel(path: string, channel: ChannelRequest): Answer<ChannelPair>;

  /** Compares what clients hold with what the chains serve, and freezes liars when `submit` says so. */
  checkMisbehaviour(
    request: { readonly chain?: string; readonly clientId?: string; readonly submit: boolean },
  ): Answer<readonly MisbehaviourReport[]>;

  /** Calls `listener` for what happens from now on; it must not throw. Returns how to end it. */
  subscribe(listener: (event: RelayerEvent) => void): () => void;
  /** The numbers for Prometheus, in its text format. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

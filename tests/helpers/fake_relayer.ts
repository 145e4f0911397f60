/** A relayer that only answers: three chains in a row and a few packets, for tests of its doors. @module */
import { err, ok } from "../../node/core/result.ts";
import type {
  ChannelPair,
  ChannelRequest,
  HandshakeStep,
  PacketQuery,
  PacketView,
  PathSpec,
  PathView,
  Refusal,
  RelayerControl,
  RelayerEvent,
  RouteView,
  TransferRequest,
} from "../../relayer/api/ports.ts";

const refuse = (code: Refusal["code"], message: string) => err<Refusal>({ code, message });
const CHAINS = ["a", "b", "c"];

const pairOf = (a: string, b: string): ChannelPair => ({
  a: { portId: "transfer", channelId: a },
  b: { portId: "transfer", channelId: b },
  order: "unordered",
  version: "ics20-1",
});

function pathOf(a: string, b: string, channelA: string, channelB: string): PathView {
  return {
    id: `${a}-${b}`,
    a: { chain: a, clientId: "07-tendermint-0", connectionId: "connection-0" },
    b: { chain: b, clientId: "07-tendermint-1", connectionId: "connection-1" },
    state: "open",
    paused: false,
    filter: { policy: "deny", channels: [] },
    channels: [pairOf(channelA, channelB)],
    pendingPackets: 0,
    fault: undefined,
  };
}

const HEIGHT = { revisionNumber: 0n, revisionHeight: 42n };
const STEP: HandshakeStep = {
  step: "create_client",
  chain: "a",
  id: "07-tendermint-9",
  height: 12n,
  txHash: "AB".repeat(32),
  proofHeight: undefined,
};

/** The nth packet from a to b. */
export function packetOf(sequence: bigint): PacketView {
  const step = { chain: "a", height: 40n, txHash: "CD".repeat(32), proofHeight: undefined, timeNanos: 1n };
  return {
    source: { chain: "a", portId: "transfer", channelId: "channel-0", sequence },
    destination: { chain: "b", portId: "transfer", channelId: "channel-0" },
    path: "a-b",
    state: "received",
    timeoutHeight: { revisionNumber: 0n, revisionHeight: 0n },
    timeoutNanos: 1_800_000_000_000_000_000n,
    sent: step,
    received: { ...step, chain: "b", proofHeight: HEIGHT },
    settled: undefined,
    acknowledgement: { success: true, text: "AQ==" },
    transfer: { denom: "ucat", amount: 1000n, sender: "cat1sender", receiver: "cat1receiver", memo: "" },
    forwardedAs: undefined,
    attempts: 0,
    fault: undefined,
  };
}

const hopOf = (from: string, to: string) => ({
  from,
  to,
  path: `${from}-${to}`,
  portId: "transfer",
  channelId: "channel-0",
  counterpartyPortId: "transfer",
  counterpartyChannelId: "channel-0",
});

export class FakeRelayer implements RelayerControl {
  ready = true;
  readonly paths_: PathView[] = [
    pathOf("a", "b", "channel-0", "channel-0"),
    pathOf("b", "c", "channel-1", "channel-0"),
  ];
  readonly transfers: TransferRequest[] = [];
  /** Answers instead of a transfer when set. */
  onTransfer: ((request: TransferRequest) => ReturnType<RelayerControl["transfer"]>) | undefined;
  readonly #listeners = new Set<(event: RelayerEvent) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }
  emit(event: RelayerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  status() {
    return Promise.resolve({
      version: "0.1.0",
      startedMs: 1_767_225_600_000,
      ready: this.ready,
      waitingFor: this.ready ? [] : ["chain c does not answer"],
      chains: CHAINS.length,
      paths: { open: this.paths_.length, opening: 0, paused: 0, failed: 0 },
      packets: { pending: 1, settled: 2, skipped: 0 },
    });
  }
  chains() {
    return Promise.resolve(CHAINS.map((name, index) => ({
      name,
      chainId: `catenary-${name}`,
      rpc: [`http://127.0.0.1:${26657 + index}`],
      addressPrefix: "cat",
      gasPrice: "0ucat",
      reachable: true,
      height: 41n,
      timeNanos: 1_767_225_600_123_456_789n,
      scannedHeight: 40n,
      wallets: ["cat1wallet"],
      fault: undefined,
    })));
  }
  paths() {
    return Promise.resolve(this.paths_);
  }
  addPath(spec: PathSpec) {
    const missing = [spec.a.chain, spec.b.chain].find((name) => !CHAINS.includes(name));
    if (missing !== undefined) return Promise.resolve(refuse("unknown_chain", `add a path: no chain ${missing}`));
    const id = spec.id ?? `${spec.a.chain}-${spec.b.chain}`;
    if (this.paths_.some((path) => path.id === id)) {
      return Promise.resolve(refuse("path_exists", `add path ${id}: it is there already`));
    }
    const path: PathView = {
      ...pathOf("a", "c", "channel-7", "channel-8"),
      ...spec,
      id,
      channels: [],
      state: "opening",
    };
    this.paths_.push(path);
    return Promise.resolve(ok(path));
  }
  patchPath(id: string, patch: { paused?: boolean; filter?: PathView["filter"] }) {
    const at = this.paths_.findIndex((path) => path.id === id);
    if (at < 0) return Promise.resolve(refuse("unknown_path", `change path ${id}: there is none of that id`));
    this.paths_[at] = { ...this.paths_[at]!, ...patch };
    return Promise.resolve(ok(this.paths_[at]!));
  }
  clients(chain?: string) {
    if (chain !== undefined && !CHAINS.includes(chain)) {
      return Promise.resolve(refuse("unknown_chain", `list clients: no chain ${chain}`));
    }
    return Promise.resolve(ok([{
      chain: "a",
      clientId: "07-tendermint-0",
      clientType: "07-tendermint",
      followsChainId: "catenary-b",
      follows: "b",
      latestHeight: HEIGHT,
      status: "Active",
      trustingPeriodMs: 1_209_600_000,
      expiresNanos: 1_768_435_200_000_000_000n,
    }]));
  }
  connections() {
    return Promise.resolve(ok([{
      chain: "a",
      connectionId: "connection-0",
      clientId: "07-tendermint-0",
      state: "OPEN" as const,
      counterpartyClientId: "07-tendermint-0",
      counterpartyConnectionId: "connection-0",
      delayNanos: 0n,
      path: "a-b",
    }]));
  }
  channels() {
    return Promise.resolve(ok([{
      chain: "a",
      portId: "transfer",
      channelId: "channel-0",
      state: "OPEN" as const,
      order: "unordered" as const,
      version: "ics20-1",
      connectionHops: ["connection-0"],
      counterpartyPortId: "transfer",
      counterpartyChannelId: "channel-0",
      counterpartyChain: "b",
      path: "a-b",
    }]));
  }
  packets(query: PacketQuery) {
    if (!/^\d{1,3}$/.test(query.after ?? "3")) {
      return Promise.resolve(refuse("invalid_request", "list packets: after is not what a page gave"));
    }
    const first = BigInt(query.after ?? "3");
    const sequences = [first, first - 1n, first - 2n].filter((sequence) => sequence > 0n).slice(0, query.limit);
    const last = sequences.at(-1) ?? 0n;
    return Promise.resolve(ok({ packets: sequences.map(packetOf), next: last > 1n ? String(last - 1n) : undefined }));
  }
  packet(key: PacketView["source"]) {
    if (key.sequence > 3n) return Promise.resolve(refuse("unknown_packet", `show packet ${key.sequence}: not seen`));
    return Promise.resolve(ok(packetOf(key.sequence)));
  }
  clear() {
    return Promise.resolve(ok({ unreceived: 2, unacknowledged: 1, expired: 0 }));
  }
  routes({ from, to }: { from: string; to: string }) {
    if (!CHAINS.includes(from)) return Promise.resolve(refuse("unknown_chain", `find a route: no chain ${from}`));
    const route: RouteView = {
      hops: from === "a" && to === "c" ? [hopOf("a", "b"), hopOf("b", "c")] : [hopOf(from, to)],
      denom: `ibc/${"AB".repeat(32)}`,
      denomPath: "transfer/channel-0/ucat",
    };
    return Promise.resolve(ok([route]));
  }
  async transfer(request: TransferRequest): ReturnType<RelayerControl["transfer"]> {
    this.transfers.push(request);
    if (this.onTransfer !== undefined) return await this.onTransfer(request);
    const routes = await this.routes(request);
    if (!routes.ok) return routes;
    const route = routes.value[0]!;
    if (request.sender !== undefined && request.sender !== "cat1wallet") {
      const messages = [{ typeUrl: "/ibc.applications.transfer.v1.MsgTransfer", value: Uint8Array.of(1, 2, 3) }];
      return ok({
        tag: "unsigned",
        route,
        transaction: {
          chainId: "catenary-a",
          messages,
          bodyBytes: Uint8Array.of(4, 5),
          gasLimit: 200_000n,
          fee: { denom: "ucat", amount: 5000n },
        },
      });
    }
    const packet = packetOf(BigInt(this.transfers.length)).source;
    return ok({ tag: "sent", route, txHash: "EF".repeat(32), height: 43n, packet });
  }
  createClient() {
    return Promise.resolve(ok(STEP));
  }
  createConnection(id: string) {
    return this.patchPath(id, {});
  }
  createChannel(_path: string, { hops }: ChannelRequest) {
    return Promise.resolve(
      ok(pairOf("channel-5", hops.length === 0 ? "channel-6" : `channel-7-over-${hops.join("-")}`)),
    );
  }
  checkMisbehaviour() {
    const conflict = undefined;
    return Promise.resolve(
      ok([{ chain: "a", clientId: "07-tendermint-0", checkedHeights: 5, conflict, txHash: undefined }]),
    );
  }
  subscribe(listener: (event: RelayerEvent) => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  metrics() {
    return Promise.resolve({ contentType: "text/plain; version=0.0.4; charset=utf-8", text: "up 1\n" });
  }
}

/** The commands that ask a relayer and change little things: status, paths, packets, clear, misbehaviour. @module */
import { CommandError, print, standardOutput, table } from "../output.ts";
import { openDoor, type RelayerDoor } from "../relayer_door.ts";
import type { ChainWire, PacketWire, PathWire, StatusWire } from "../relayer_wire.ts";

export interface AskOptions {
  readonly config?: string;
  readonly api?: string;
  readonly json: boolean;
}

/** Runs `use` with a relayer, and closes it. */
export async function withRelayer<T>(options: AskOptions, use: (relayer: RelayerDoor) => Promise<T>): Promise<T> {
  const relayer = await openDoor(options);
  try {
    return await use(relayer);
  } finally {
    await relayer.close();
  }
}

/** `key=value` pairs of a query, without what is absent. */
function queryOf(fields: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

export async function status(options: AskOptions): Promise<void> {
  await withRelayer(options, async (relayer) => {
    const state = await relayer.ask<StatusWire>("GET", "/status");
    const chains = await relayer.ask<ChainWire[]>("GET", "/chains");
    const lines = [
      ...(relayer.url === undefined
        ? ["not running: packets wait until it is started (catenary relayer start)"]
        : [`running at ${relayer.url}`, state.ready ? "ready" : `not ready: ${state.waitingFor.join("; ")}`]),
      `paths    ${state.paths.open} open, ${state.paths.opening} opening, ${state.paths.paused} paused, ` +
      `${state.paths.failed} failed`,
      `packets  ${state.packets.pending} under way, ${state.packets.settled} settled, ${state.packets.skipped} left alone`,
      table(chains.map(chainRow)),
    ];
    print(standardOutput(options.json), { url: relayer.url, ...state, chainList: chains }, lines.join("\n"));
  });
}

const chainRow = (chain: ChainWire): string[] => [
  `chain ${chain.name}`,
  chain.chainId,
  chain.reachable ? `block ${chain.height ?? "?"}` : "cannot be read",
  chain.scannedHeight === null ? "not read yet" : `read up to ${chain.scannedHeight}`,
  `${chain.wallets.length} wallet${chain.wallets.length === 1 ? "" : "s"}`,
  chain.fault ?? "",
];

export async function paths(options: AskOptions & { pause?: string; resume?: string }): Promise<void> {
  await withRelayer(options, async (relayer) => {
    for (const [id, paused] of [[options.pause, true], [options.resume, false]] as const) {
      if (id !== undefined) await relayer.ask("PATCH", `/paths/${encodeURIComponent(id)}`, { paused });
    }
    const list = await relayer.ask<PathWire[]>("GET", "/paths");
    const none = "no paths; make one with: catenary relayer create path A B";
    print(standardOutput(options.json), { paths: list }, list.length === 0 ? none : list.map(pathText).join("\n"));
  });
}

/** A path in a few lines. */
export function pathText(path: PathWire): string {
  const end = ({ chain, clientId, connectionId }: PathWire["a"]) =>
    `${chain} (${clientId ?? "no client"}, ${connectionId ?? "no connection"})`;
  const state = path.paused ? `${path.state}, paused` : path.state;
  const { policy, channels } = path.filter;
  const filtered = policy === "deny" && channels.length === 0
    ? []
    : [`  ${policy} ${channels.join(", ") || "nothing"}`];
  return [
    `${path.id}  ${state}  ${end(path.a)} - ${end(path.b)}  ${path.pendingPackets} packets under way`,
    ...path.channels.map(({ a, b, order, version }) =>
      `  ${a.portId}/${a.channelId} - ${b.portId}/${b.channelId}  ${order}  ${version}`
    ),
    ...filtered,
    ...(path.fault === null ? [] : [`  ${path.fault}`]),
  ].join("\n");
}

export async function packets(
  options: AskOptions & { path?: string; chain?: string; channel?: string; state?: string; limit: string },
): Promise<void> {
  await withRelayer(options, async (relayer) => {
    const { path, chain, channel, state, limit } = options;
    const query = queryOf({ path, chain, channel, state, limit });
    const page = await relayer.ask<{ packets: PacketWire[]; next: string | null }>("GET", `/packets${query}`);
    const text = page.packets.length === 0 ? "no packets" : table(page.packets.map(packetRow));
    print(standardOutput(options.json), page, text);
  });
}

const stepText = (what: string, step: PacketWire["sent"]): string => {
  if (step === null) return "";
  return `${what} ${step.chain} ${step.height}${step.proofHeight === null ? "" : ` by proof ${step.proofHeight}`}`;
};

function packetRow(packet: PacketWire): string[] {
  const { source, destination, transfer } = packet;
  return [
    `${source.chain}/${source.portId}/${source.channelId} #${source.sequence}`,
    `to ${destination.chain ?? "?"}`,
    packet.state,
    stepText("sent", packet.sent),
    stepText("received", packet.received),
    stepText("settled", packet.settled),
    transfer === null ? "" : `${transfer.amount} ${transfer.denom}`,
    packet.fault ?? "",
  ];
}

export async function clear(
  options: AskOptions & { path?: string; chain?: string; port: string; channel?: string; sequences?: string },
): Promise<void> {
  const { path, chain, port, channel, sequences } = options;
  if (channel !== undefined && chain === undefined) {
    throw new CommandError("clear: --channel needs --chain, the name of the chain that sent", "usage");
  }
  await withRelayer(options, async (relayer) => {
    const body = {
      ...(path !== undefined && { path }),
      ...(chain !== undefined && { chain }),
      ...(channel !== undefined && { portId: port, channelId: channel }),
      ...(sequences !== undefined && { sequences: sequences.split(",").map((one) => one.trim()) }),
    };
    const found = await relayer.ask<{ unreceived: number; unacknowledged: number; expired: number }>(
      "POST",
      "/packets/clear",
      body,
    );
    const text =
      `${found.unreceived} not received, ${found.unacknowledged} not acknowledged, ${found.expired} expired` +
      (relayer.url === undefined ? "; start the relayer to carry them" : "; they are being carried");
    print(standardOutput(options.json), found, text);
  });
}

interface MisbehaviourWire {
  readonly chain: string;
  readonly clientId: string;
  readonly checkedHeights: number;
  readonly conflict: { readonly height: string; readonly reason: string } | null;
  readonly txHash: string | null;
}

export async function misbehaviour(
  options: AskOptions & { chain?: string; client?: string; submit: boolean },
): Promise<void> {
  const { chain, client, submit } = options;
  if (client !== undefined && chain === undefined) {
    throw new CommandError("misbehaviour: --client needs --chain, the name of the chain that keeps it", "usage");
  }
  await withRelayer(options, async (relayer) => {
    const body = { submit, ...(chain !== undefined && { chain }), ...(client !== undefined && { clientId: client }) };
    const reports = await relayer.ask<MisbehaviourWire[]>("POST", "/misbehaviour/check", body);
    print(
      standardOutput(options.json),
      { reports },
      reports.length === 0 ? "no clients" : table(reports.map(reportRow)),
    );
    const conflicts = reports.filter(({ conflict }) => conflict !== null);
    if (conflicts.length > 0) {
      const advice = submit ? "" : "; freeze them with --submit";
      throw new CommandError(
        `misbehaviour: ${conflicts.length} clients hold what their chains deny${advice}`,
        "conflict",
      );
    }
  });
}

const reportRow = ({ chain, clientId, checkedHeights, conflict, txHash }: MisbehaviourWire): string[] => [
  `${chain}/${clientId}`,
  `${checkedHeights} heights compared`,
  conflict === null ? "no conflict" : `conflict at ${conflict.height}: ${conflict.reason}`,
  txHash === null ? "" : `frozen by ${txHash}`,
];

/** The relayer of `catenary up`. @module */
import { join } from "node:path";
import { parseRelayerConfig, type RelayerConfig } from "../../relayer/config/mod.ts";
import type { PathView, RelayerControl, RelayerEvent } from "../../relayer/api/ports.ts";
import { CommandError } from "../output.ts";
import type { UpChain } from "./chains.ts";
import type { Report } from "./report.ts";

/** The configuration that joins each chain with the next. */
export function upRelayerConfig(chains: readonly UpChain[], home: string | undefined, apiPort: number): RelayerConfig {
  const parsed = parseRelayerConfig({
    relayer: { store: home === undefined ? "" : join(home, "relayer.db"), log_level: "warn" },
    api: { listen: `127.0.0.1:${apiPort}` },
    chains: chains.map(({ name, chainId, node }) => ({
      name,
      chain_id: chainId,
      rpc: [node.rpcAddress],
      account_prefix: "cat",
      gas_price: "0ucat",
      wallets: [{ development_account: 9 }, { development_account: 8 }],
      development: true,
    })),
    paths: chains.slice(1).map(({ name }, index) => ({
      a: { chain: chains[index]!.name },
      b: { chain: name },
      channels: [{ port_a: "transfer", port_b: "transfer" }],
    })),
  }, "the relayer's options");
  if (!parsed.ok) throw new CommandError(parsed.error.message, "internal");
  return parsed.value;
}

/** How long clients, connections and channels may take; some seconds are usual. */
const OPENING_WAIT_MS = 120_000;
/** Events tell when to look; this is for one that got lost. */
const LOOK_MS = 500;

/** Tells each step of handshakes as it happens; answers how to end it. To be called before the relayer starts. */
export const tellHandshakes = (control: RelayerControl, report: Report): () => void =>
  control.subscribe((event) => event.type === "handshake" && tellHandshake(report, event));

/** Resolves when every path is open and has a channel; tells each of them. */
export async function pathsOpened(control: RelayerControl, report: Report): Promise<readonly PathView[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly PathView[]>();
  const told = new Set<string>();
  const look = async () => {
    const paths = await control.paths();
    for (const path of paths) {
      if (isOpen(path) && !told.has(path.id)) tellPath(report, path), told.add(path.id);
      if (path.state === "failed") reject(new CommandError(`open the path ${path.id}: ${path.fault}`, "path_failed"));
    }
    if (paths.length > 0 && paths.every(isOpen)) resolve(paths);
  };
  const quietly = () => void look().catch(reject);
  const unsubscribe = control.subscribe((event) => event.type === "path" && quietly());
  const timer = setInterval(quietly, LOOK_MS);
  const late = setTimeout(
    () => reject(new CommandError("open the paths: no end in sight", "path_slow")),
    OPENING_WAIT_MS,
  );
  try {
    quietly();
    return await promise;
  } finally {
    unsubscribe();
    clearInterval(timer);
    clearTimeout(late);
  }
}

/**
 * Resolves when no packet is under way: a run that was cut off leaves some, and what they bring must not be taken for this
 * run's.
 */
export async function packetsSettled(control: RelayerControl, report: Report): Promise<void> {
  const heads = new Map((await control.chains()).map(({ name, height }) => [name, height ?? 0n]));
  const until = performance.now() + OPENING_WAIT_MS;
  let told = 0;
  for (;;) {
    const chains = await control.chains();
    const isRead = chains.every(({ name, scannedHeight }) => (scannedHeight ?? -1n) >= heads.get(name)!);
    const { pending } = (await control.status()).packets;
    if (isRead && pending === 0) return;
    if (performance.now() > until) {
      throw new CommandError(`carry what was left: ${pending} packets stay`, "packets_left");
    }
    if (pending !== told) {
      report.say("left", { pending }, `${pending} packet${pending === 1 ? "" : "s"} of before under way`);
    }
    told = pending;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS / 5));
  }
}

const isOpen = ({ state, channels }: PathView) => state === "open" && channels.length > 0;

function tellPath(report: Report, path: PathView): void {
  const { id, a, b, channels } = path;
  const channel = channels.map((pair) => `${pair.a.portId}/${pair.a.channelId} - ${pair.b.portId}/${pair.b.channelId}`);
  report.say(
    "path",
    { path },
    `path ${id} open: ${a.chain} ${a.clientId} ${a.connectionId}, ${b.chain} ${b.clientId} ${b.connectionId}; ` +
      channel.join(", "),
  );
}

function tellHandshake(report: Report, event: Extract<RelayerEvent, { type: "handshake" }>): void {
  const { path, step, chain, id, height, proofHeight, txHash } = event;
  const proof = proofHeight === undefined ? null : `${proofHeight.revisionNumber}-${proofHeight.revisionHeight}`;
  report.say(
    "handshake",
    { path, step, chain, id, height, txHash, proofHeight: proof },
    `  ${chain}  block ${height}`.padEnd(16) + `  ${step.padEnd(24)}  ${id}` +
      (proof === null ? "" : `  proof height ${proof}`),
  );
}

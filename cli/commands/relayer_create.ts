/** `catenary relayer create`: clients, connections, channels, whole paths. @module */
import { CommandError, print, standardOutput } from "../output.ts";
import type { RelayerDoor } from "../relayer_door.ts";
import type { ChannelPairWire, HandshakeStepWire, PathWire } from "../relayer_wire.ts";
import { type AskOptions, pathText, withRelayer } from "./relayer_ask.ts";

interface ChannelOptions extends AskOptions {
  readonly portA: string;
  readonly portB: string;
  readonly order: "unordered" | "ordered";
  readonly channelVersion: string;
}

const channelOf = ({ portA, portB, order, channelVersion }: ChannelOptions) => ({
  portA,
  portB,
  order,
  version: channelVersion,
});

/** A path that is being opened is asked this often. */
const OPENING_POLL_MS = 250;
/** How long a path may take to open: some dozens of blocks on each chain. */
const OPENING_WAIT_MS = 10 * 60_000;

export async function client(chain: string, follows: string, options: AskOptions): Promise<void> {
  await withRelayer(options, async (relayer) => {
    const made = await relayer.ask<HandshakeStepWire>("POST", "/clients", { chain, follows });
    print(standardOutput(options.json), made, `${made.id} on ${chain} follows ${follows} (block ${made.height})`);
  });
}

export async function connection(path: string, options: AskOptions): Promise<void> {
  await withRelayer(options, async (relayer) => {
    const made = await relayer.ask<PathWire>("POST", `/paths/${encodeURIComponent(path)}/connection`);
    print(standardOutput(options.json), made, pathText(made));
  });
}

export async function channel(
  path: string,
  options: ChannelOptions & { readonly hops?: readonly string[] },
): Promise<void> {
  await withRelayer(options, async (relayer) => {
    const made = await openChannel(relayer, path, options, options.hops);
    const { a, b } = made;
    print(
      standardOutput(options.json),
      made,
      `${a.portId}/${a.channelId} - ${b.portId}/${b.channelId}  ${made.order}  ${made.version}`,
    );
  });
}

const openChannel = (relayer: RelayerDoor, path: string, options: ChannelOptions, hops: readonly string[] = []) =>
  relayer.ask<ChannelPairWire>("POST", `/paths/${encodeURIComponent(path)}/channels`, { ...channelOf(options), hops });

export async function path(
  a: string,
  b: string,
  options: ChannelOptions & { readonly id?: string; readonly channel: boolean },
): Promise<void> {
  await withRelayer(options, async (relayer) => {
    const channels = options.channel ? [channelOf(options)] : [];
    const body = { a: { chain: a }, b: { chain: b }, channels, ...(options.id !== undefined && { id: options.id }) };
    const { id } = await relayer.ask<PathWire>("POST", "/paths", body);
    const made = relayer.url === undefined ? await openHere(relayer, id, options) : await opened(relayer, id);
    print(standardOutput(options.json), made, pathText(made));
  });
}

/** No relayer runs that would open the path: this command does it, step by step. */
async function openHere(
  relayer: RelayerDoor,
  id: string,
  options: ChannelOptions & { readonly channel: boolean },
): Promise<PathWire> {
  await relayer.ask("POST", `/paths/${encodeURIComponent(id)}/connection`);
  if (options.channel) await openChannel(relayer, id, options);
  return await relayer.ask<PathWire>("GET", `/paths/${encodeURIComponent(id)}`);
}

/** Waits until the running relayer has opened the path. */
async function opened(relayer: RelayerDoor, id: string): Promise<PathWire> {
  const until = performance.now() + OPENING_WAIT_MS;
  for (;;) {
    const path = await relayer.ask<PathWire>("GET", `/paths/${encodeURIComponent(id)}`);
    if (path.state === "open") return path;
    if (path.state === "failed") {
      throw new CommandError(`create path ${id}: ${path.fault ?? "the relayer gave up"}`, "path_failed");
    }
    if (performance.now() > until) {
      throw new CommandError(
        `create path ${id}: still opening after ${OPENING_WAIT_MS / 60_000} minutes; see: catenary relayer paths`,
        "path_slow",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, OPENING_POLL_MS));
  }
}

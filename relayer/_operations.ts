/** What an operator can have done: clearing, handshakes, checks. @module */
import { err, ok, type Result } from "../node/core/result.ts";
import type {
  ChannelPair,
  ChannelRequest,
  ClearAnswer,
  ClearRequest,
  HandshakeStep,
  MisbehaviourReport,
  Refusal,
} from "./api/ports.ts";
import type { Clock } from "./chain/mod.ts";
import { hasElapsed, type Lane } from "./packet/mod.ts";
import { legsOf, type Path, WAY_CODE } from "./path/mod.ts";
import type { RelayerStore } from "./store/mod.ts";
import {
  checkClient,
  createClient,
  type HandshakeFault,
  keptClients,
  leaveOrder,
  listAll,
  openChannel,
  openMultihopChannel,
  packetsOf,
  type PathBook,
  pathOf,
  queryCommitments,
  queryUnreceived,
  readPacket,
  SEQUENCES_MAX,
  type WorkerCore,
} from "./worker/mod.ts";
import { allLanes } from "./_packet_pages.ts";
import type { RelayerChain } from "./_parts.ts";

type Chains = ReadonlyMap<string, RelayerChain>;

const refuse = (code: Refusal["code"], message: string): Result<never, Refusal> => err({ code, message });

/** A fault of a handshake as the doors tell it. */
export function refusalOf(fault: HandshakeFault): Refusal {
  const { code, message } = fault;
  switch (code) {
    case "no_wallet":
    case "chain_refused":
    case "chain_unreachable":
    case "transaction_lost":
      return { code, message };
    case "impossible":
      return { code: "invalid_request", message };
    case "unbelievable":
      return { code: "chain_refused", message };
    case "stalled":
      return { code: "chain_unreachable", message };
    case "aborted":
      return { code: "not_ready", message };
  }
}

/** Lanes that a request means; a refusal when it names something that is not there. */
async function lanesOf(
  store: RelayerStore,
  chains: Chains,
  paths: PathBook,
  request: ClearRequest,
): Promise<Result<readonly Lane[], Refusal>> {
  const { path, chain, portId, channelId } = request;
  if (chain !== undefined && !chains.has(chain)) {
    return refuse("unknown_chain", `clear packets: there is no chain ${chain}`);
  }
  if (path !== undefined && paths.get(path) === undefined) {
    return refuse("unknown_path", `clear packets: there is no path ${path}`);
  }
  const lanes = (await allLanes(store)).filter((lane) =>
    (path === undefined || lane.pathIds.includes(path)) && (chain === undefined || lane.source.chain === chain) &&
    (portId === undefined || lane.source.portId === portId) &&
    (channelId === undefined || lane.source.channelId === channelId)
  );
  if (lanes.length === 0 && channelId !== undefined) {
    return refuse("unknown_channel", `clear packets: there is no channel ${channelId} on a path`);
  }
  return ok(lanes);
}

/** Counts what is to be cleared, and leaves the order for the worker. */
export async function clearPackets(
  store: RelayerStore,
  chains: Chains,
  paths: PathBook,
  core: WorkerCore,
  request: ClearRequest,
): Promise<Result<ClearAnswer, Refusal>> {
  await paths.refresh();
  const found = await lanesOf(store, chains, paths, request);
  if (!found.ok) return found;
  const lanes = found.value;
  const wanted = request.sequences === undefined ? undefined : new Set(request.sequences);
  const counts = await Promise.all(lanes.map((lane) => countLane(store, chains, core, lane, wanted)));
  const isWhole = request.channelId === undefined && request.portId === undefined && wanted === undefined;
  const pathIds = paths.paths.filter(({ id, a, b }) =>
    (request.path === undefined || id === request.path) &&
    (request.chain === undefined || a.chain === request.chain || b.chain === request.chain)
  ).map(({ id }) => id);
  await leaveOrder(store, crypto.randomUUID(), {
    tag: "clear",
    laneIds: lanes.map(({ id }) => id),
    // Channels that nobody has seen yet are looked up, unless one channel is meant.
    pathIds: isWhole ? pathIds : [],
    sequences: wanted === undefined ? null : [...wanted].map(String),
  });
  const sum = (name: keyof ClearAnswer) => counts.reduce((total, count) => total + count[name], 0);
  return ok({ unreceived: sum("unreceived"), unacknowledged: sum("unacknowledged"), expired: sum("expired") });
}

/** Packets of one lane that are looked at for a count. */
const COUNTED_MAX = 10_000;

async function countLane(
  store: RelayerStore,
  chains: Chains,
  core: WorkerCore,
  lane: Lane,
  wanted: ReadonlySet<bigint> | undefined,
): Promise<ClearAnswer> {
  const [source, destination] = [chains.get(lane.source.chain), chains.get(lane.destination.chain)];
  const count = { unreceived: 0, unacknowledged: 0, expired: 0 };
  if (source === undefined || destination === undefined) return count;
  let key: Uint8Array = new Uint8Array();
  let looked = 0;
  do {
    const { portId, channelId } = lane.source;
    const page = await queryCommitments(source.endpoint, portId, channelId, key, SEQUENCES_MAX);
    const sequences = page.sequences.filter((sequence) => wanted?.has(sequence) ?? true);
    if (sequences.length > 0) {
      const { portId, channelId } = lane.destination;
      const unreceived = await queryUnreceived(destination.endpoint, portId, channelId, sequences);
      count.unreceived += sequences.filter((sequence) => unreceived.has(sequence)).length;
      count.unacknowledged += sequences.filter((sequence) => !unreceived.has(sequence)).length;
    }
    key = page.nextKey;
    looked += page.sequences.length;
  } while (key.length > 0 && looked < COUNTED_MAX);
  const head = core.heads.get(lane.destination.chain);
  for (const { value } of await listAll(store, packetsOf(lane.id))) {
    const record = await readPacket(store, lane.id, value);
    if (!(wanted?.has(record.sequence) ?? true) || record.stage !== "sent" || head === undefined) continue;
    if (hasElapsed(record, head)) count.expired++;
  }
  return count;
}

export async function makeClient(
  chains: Chains,
  clock: Clock,
  { chain, follows }: { readonly chain: string; readonly follows: string },
): Promise<Result<HandshakeStep, Refusal>> {
  const [keeper, followed] = [chains.get(chain), chains.get(follows)];
  if (keeper === undefined || followed === undefined) {
    return refuse("unknown_chain", `create a client: there is no chain ${keeper === undefined ? chain : follows}`);
  }
  if (keeper === followed) return refuse("invalid_request", `create a client: ${chain} cannot follow itself`);
  const made = await createClient(keeper, followed, { clock });
  return made.ok ? made : err(refusalOf(made.error));
}

export async function makeChannel(
  chains: Chains,
  paths: PathBook,
  clock: Clock,
  id: string,
  spec: ChannelRequest,
  onStep: (step: HandshakeStep) => void,
): Promise<Result<ChannelPair, Refusal>> {
  await paths.refresh();
  if (spec.hops.length > 0) {
    return await makeMultihopChannel(chains, paths.paths, clock, [id, ...spec.hops], spec, onStep);
  }
  const record = paths.get(id);
  if (record === undefined) return refuse("unknown_path", `open a channel: there is no path ${id}`);
  const path = pathOf(record);
  const [a, b] = [chains.get(record.a.chain), chains.get(record.b.chain)];
  if (path === undefined || a === undefined || b === undefined) {
    return refuse("invalid_request", `open a channel: path ${id} has no connection yet`);
  }
  const opened = await openChannel(a, b, path, spec, { clock, onStep });
  if (!opened.ok) return err(refusalOf(opened.error));
  const channel = opened.value;
  await paths.update(id, (now) => ({
    ...now,
    channels: [
      ...now.channels.filter(({ a }) => a.portId !== channel.a.portId || a.channelId !== channel.a.channelId),
      channel,
    ],
  }));
  const { order, version } = channel;
  return ok({ a: channel.a, b: channel.b, order, version });
}

/** Over several paths. They do not list it: the channel belongs to none of them. */
async function makeMultihopChannel(
  chains: Chains,
  paths: readonly Path[],
  clock: Clock,
  pathIds: readonly string[],
  spec: ChannelRequest,
  onStep: (step: HandshakeStep) => void,
): Promise<Result<ChannelPair, Refusal>> {
  const first = paths.find(({ id }) => id === pathIds[0]);
  if (first === undefined) return refuse("unknown_path", `open a channel: no path ${pathIds[0]} has a connection`);
  // It leads away from the chain at which the next path begins.
  const fromA = legsOf(paths, pathIds, first.a.chain);
  const legs = fromA.ok ? fromA : legsOf(paths, pathIds, first.b.chain);
  if (!legs.ok) {
    const code = fromA.ok || fromA.error.code !== WAY_CODE.unknownPath ? "invalid_request" : "unknown_path";
    return refuse(code, `open a channel: ${legs.error.message}`);
  }
  const names = [legs.value[0]!.near.chain, ...legs.value.map(({ far }) => far.chain)];
  const found = names.map((name) => chains.get(name));
  if (!found.every((chain) => chain !== undefined)) {
    return refuse("unknown_chain", `open a channel: there is no chain ${names[found.indexOf(undefined)]}`);
  }
  const opened = await openMultihopChannel(found, legs.value, spec, { clock, onStep });
  if (!opened.ok) return err(refusalOf(opened.error));
  const { a, b, order, version } = opened.value;
  return ok({ a, b, order, version });
}

/** Heights of a client that are compared when somebody asks. */
const HEIGHTS_MAX = 500;

export async function checkClients(
  core: WorkerCore,
  request: { readonly chain?: string; readonly clientId?: string; readonly submit: boolean },
): Promise<Result<readonly MisbehaviourReport[], Refusal>> {
  const { chain, clientId, submit } = request;
  if (chain !== undefined && !core.world.chains.has(chain)) {
    return refuse("unknown_chain", `check misbehaviour: there is no chain ${chain}`);
  }
  const kept = keptClients(core).filter(({ keeper, clientId: id }) =>
    (chain === undefined || keeper.name === chain) && (clientId === undefined || id === clientId)
  );
  if (kept.length === 0 && clientId !== undefined) {
    return refuse("unknown_client", `check misbehaviour: no path has client ${clientId}`);
  }
  const reports = await Promise.all(kept.map(async (one): Promise<MisbehaviourReport> => {
    const check = await checkClient(core, one, { after: 0n, heightsMax: HEIGHTS_MAX, submit });
    const { checkedHeights, conflict, txHash } = check;
    const report = { chain: one.keeper.name, clientId: one.clientId, checkedHeights, conflict, txHash };
    core.world.hooks.clientChecked?.(report);
    return report;
  }));
  return ok(reports);
}

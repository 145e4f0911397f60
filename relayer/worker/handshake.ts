/**
 * Opening paths: clients, a connection and channels between two chains, step by step. Each step is planned from what both
 * chains hold, so it does not matter where an earlier try was stopped, and two relayers at once do no harm. Every header
 * and proof is verified here before it is sent.
 * @module
 */
import { Channel } from "cosmjs-types/ibc/core/channel/v1/channel";
import { State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { channelPath } from "../../node/core/ibc/mod.ts";
import type { Result } from "../../node/core/result.ts";
import { chainFault } from "../chain/mod.ts";
import {
  channelCloseConfirm,
  channelCloseInit,
  type ChannelEnd,
  type ChannelGoal,
  type PathChannel,
  type Pins,
  planClosing,
  type Side,
} from "../path/mod.ts";
import { ensureClient } from "./handshake_client.ts";
import { channelKind, connectionKind } from "./handshake_kinds.ts";
import { type Chains, openEnds } from "./handshake_open.ts";
import type { ChannelWish, HandshakeChain, HandshakeFault, HandshakeOptions } from "./handshake_ports.ts";
import { queryChannels } from "./handshake_queries.ts";
import { end, HandshakeEnded, HandshakeRun, LOOKS_MAX, REFUSALS_MAX, settle } from "./handshake_run.ts";

/** What is known of one end of a path. */
export interface PathEndIds {
  readonly clientId?: string | undefined;
  readonly connectionId?: string | undefined;
}

/** The identifiers of a path, as far as they are known. */
export interface PathIds {
  readonly a: PathEndIds;
  readonly b: PathEndIds;
}

/** A path with clients and a connection. */
export interface OpenPath {
  readonly a: { readonly clientId: string; readonly connectionId: string };
  readonly b: { readonly clientId: string; readonly connectionId: string };
  readonly channels: readonly PathChannel[];
}

export interface OpenPathOptions extends HandshakeOptions {
  /** Nanoseconds, of a new connection; 0 unless said. */
  readonly delayNs?: bigint;
  /** Take a client that is there already and fits; true unless said. */
  readonly reuseClients?: boolean;
  /** Called whenever more is known, before the next step: whoever writes it down goes on from there. Must not throw. */
  readonly onProgress?: (ids: PathIds, channels: readonly PathChannel[]) => void | Promise<void>;
}

async function ensureClients(
  run: HandshakeRun,
  chains: Chains,
  ids: PathIds,
  options: OpenPathOptions,
): Promise<{ readonly a: string; readonly b: string }> {
  const reuse = options.reuseClients ?? true;
  let known = ids;
  for (const side of ["a", "b"] as const) {
    if (known[side].clientId !== undefined) continue;
    const other = side === "a" ? "b" : "a";
    const { clientId } = await ensureClient(run, chains[side], chains[other], reuse);
    known = { ...known, [side]: { ...known[side], clientId } };
    await options.onProgress?.(known, []);
  }
  return { a: known.a.clientId!, b: known.b.clientId! };
}

/** Makes what is missing of a path: clients, the connection, and a channel for each of `channels` that is not there. */
export function openPath(
  a: HandshakeChain,
  b: HandshakeChain,
  ids: PathIds,
  channels: readonly ChannelWish[],
  options: OpenPathOptions,
): Promise<Result<OpenPath, HandshakeFault>> {
  return settle(async () => {
    const run = new HandshakeRun(options);
    const chains = { a, b };
    const clients = await ensureClients(run, chains, ids, options);
    const pins: Pins = { a: ids.a.connectionId, b: ids.b.connectionId };
    const goal = { clients, pins, delayNs: options.delayNs ?? 0n };
    const connection = await openEnds(run, chains, connectionKind(chains, goal));
    const ends = {
      a: { clientId: clients.a, connectionId: connection.a.id },
      b: { clientId: clients.b, connectionId: connection.b.id },
    };
    await options.onProgress?.(ends, []);
    const opened: PathChannel[] = [];
    for (const wish of channels) {
      opened.push(await openOne(run, chains, ends, wish, new Set(opened.map(({ a }) => a.channelId))));
      await options.onProgress?.(ends, opened);
    }
    return { ...ends, channels: opened };
  });
}

async function openOne(
  run: HandshakeRun,
  chains: Chains,
  ends: Pick<OpenPath, "a" | "b">,
  wish: ChannelWish,
  others: ReadonlySet<string>,
  pins: Pins = { a: undefined, b: undefined },
): Promise<PathChannel> {
  const { portA, portB, order, version } = wish;
  const goal: ChannelGoal = {
    ports: { a: portA, b: portB },
    hops: { a: [ends.a.connectionId], b: [ends.b.connectionId] },
    order,
    version,
    pins,
    others,
  };
  const clients = { a: ends.a.clientId, b: ends.b.clientId };
  const opened = await openEnds(run, chains, channelKind(chains, clients, goal));
  return {
    a: { portId: portA, channelId: opened.a.id },
    b: { portId: portB, channelId: opened.b.id },
    order,
    version: opened.a.end.version,
    open: true,
  };
}

/** Opens one more channel on a path, whatever channels it has; one that was begun and not finished is finished. */
export function openChannel(
  a: HandshakeChain,
  b: HandshakeChain,
  ends: Pick<OpenPath, "a" | "b">,
  wish: ChannelWish,
  options: HandshakeOptions,
): Promise<Result<PathChannel, HandshakeFault>> {
  return settle(async () => {
    const run = new HandshakeRun(options);
    const { height } = await run.headAt(a, 1n);
    const there = await queryChannels(a.endpoint, ends.a.connectionId, height);
    const open = there.filter(({ state }) => state !== State.STATE_INIT && state !== State.STATE_TRYOPEN);
    return await openOne(run, { a, b }, ends, wish, new Set(open.map(({ channelId }) => channelId)));
  });
}

async function channelOf(chain: HandshakeChain, { portId, channelId }: ChannelEnd, height: bigint): Promise<Channel> {
  const key = utf8ToBytes(channelPath(portId, channelId));
  const { value } = await chain.endpoint.prove(chain.storePrefix, key, height);
  if (value === undefined) return end("impossible", `close channel: ${chain.name} has no ${portId}/${channelId}`);
  try {
    return Channel.decode(value);
  } catch (cause) {
    throw chainFault("chain_bad_answer", `read ${portId}/${channelId} of ${chain.name}`, "it does not decode", cause);
  }
}

/** Closes both ends of a channel, where its application allows it. */
export function closeChannel(
  a: HandshakeChain,
  b: HandshakeChain,
  path: Pick<OpenPath, "a" | "b">,
  channel: Pick<PathChannel, "a" | "b">,
  options: HandshakeOptions & { readonly first?: Side },
): Promise<Result<undefined, HandshakeFault>> {
  return settle(async () => {
    const run = new HandshakeRun(options);
    const chains: Chains = { a, b };
    const seen: Record<Side, bigint> = { a: 2n, b: 2n };
    let refusals = 0;
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      const heads = await Promise.all([run.headAt(a, seen.a), run.headAt(b, seen.b)]);
      const heights = { a: heads[0].height - 1n, b: heads[1].height - 1n };
      const [endA, endB] = await Promise.all([channelOf(a, channel.a, heights.a), channelOf(b, channel.b, heights.b)]);
      const move = planClosing({ a: endA, b: endB }, options.first);
      if (typeof move === "string") return end("impossible", move);
      if (move.tag === "done") return undefined;
      const { side } = move;
      const other = side === "a" ? "b" : "a";
      const { portId, channelId } = channel[side];
      const theirs = channelPath(channel[other].portId, channel[other].channelId);
      const prepared = move.tag === "close_init"
        ? undefined
        : await run.prepare(chains[side], path[side].clientId, chains[other], [theirs], heights[other]);
      const done = await run.submit(
        chains[side],
        (signer) =>
          prepared === undefined ? [channelCloseInit(portId, channelId, signer)] : [
            ...prepared.before(signer),
            channelCloseConfirm(
              portId,
              channelId,
              { proof: prepared.proofs[0]!.proof, proofHeight: prepared.proofHeight },
              signer,
            ),
          ],
      );
      if ("code" in done) {
        if (++refusals > REFUSALS_MAX) throw new HandshakeEnded(done);
        seen[side] = heights[side] + 2n;
        continue;
      }
      const { height, hash: txHash } = done;
      run.told({
        step: `channel_${move.tag}`,
        chain: chains[side].name,
        id: channelId,
        height,
        txHash,
        proofHeight: prepared?.proofHeight,
      });
      seen[side] = height + 1n;
    }
    return end("stalled", `close channel: it is not closed after ${LOOKS_MAX} looks`);
  });
}

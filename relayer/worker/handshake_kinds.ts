/** Connections and channels as kinds of ends that can be opened. @module */
import { Channel } from "cosmjs-types/ibc/core/channel/v1/channel";
import { ConnectionEnd } from "cosmjs-types/ibc/core/connection/v1/connection";
import { Any } from "cosmjs-types/google/protobuf/any";
import { channelPath, clientStatePath, connectionPath, consensusStatePath } from "../../node/core/ibc/mod.ts";
import { chainFault } from "../chain/mod.ts";
import { readClientState } from "../light/mod.ts";
import {
  channelFollowing,
  type ChannelGoal,
  channelInit,
  connectionFollowing,
  type ConnectionGoal,
  connectionInit,
  type Evidence,
  otherSide,
  planChannel,
  planConnection,
  type Side,
} from "../path/mod.ts";
import { queryClient } from "./clients.ts";
import type { Chains, OpeningKind } from "./handshake_open.ts";
import { queryChannels, queryConnections } from "./handshake_queries.ts";
import type { Prepared } from "./handshake_run.ts";

function decoded<T>(codec: { decode(bytes: Uint8Array): T }, value: Uint8Array | undefined): T | undefined {
  try {
    return value && codec.decode(value);
  } catch {
    return undefined;
  }
}

/** What chains before ibc-go v9 want beside the end; the first proof is the end's. */
function connectionEvidence({ proofs, proofHeight }: Prepared): Evidence {
  const [end, client, consensus] = proofs;
  const evidence: Evidence = { proof: end!.proof, proofHeight };
  if (client?.value === undefined || consensus?.value === undefined) return evidence;
  const state = Any.decode(client.value);
  const read = readClientState(state);
  if (!read.ok) return evidence;
  const consensusHeight = read.value.latestHeight;
  return { ...evidence, client: { state, proof: client.proof, consensusHeight, consensusProof: consensus.proof } };
}

/** Connections over the clients of the goal. */
export function connectionKind(chains: Chains, goal: ConnectionGoal): OpeningKind<ConnectionEnd> {
  return {
    name: "connection",
    async look(heights, options) {
      const [a, b] = await Promise.all([
        queryConnections(chains.a.endpoint, goal.clients.a, heights.a),
        queryConnections(chains.b.endpoint, goal.clients.b, heights.b),
      ]);
      return planConnection(goal, { a, b }, options);
    },
    async prepare(run, { tag, side, counterparty }, height) {
      const other = otherSide(side);
      const paths = [connectionPath(counterparty.id)];
      if (tag !== "confirm") {
        const clientId = goal.clients[other];
        const { latestHeight } = await queryClient(chains[other].endpoint, clientId);
        paths.push(clientStatePath(clientId), consensusStatePath(clientId, latestHeight));
      }
      return await run.prepare(chains[side], goal.clients[side], chains[other], paths, height);
    },
    isSame(move, value) {
      const end = decoded(ConnectionEnd, value);
      return end?.state === move.counterparty.end.state;
    },
    init: (side, signer) => connectionInit(goal, side, signer),
    following: (move, prepared, signer) => connectionFollowing(goal, move, connectionEvidence(prepared), signer),
  };
}

/** Channels over one connection. */
export function channelKind(
  chains: Chains,
  clients: Readonly<Record<Side, string>>,
  goal: ChannelGoal,
): OpeningKind<Channel> {
  return {
    name: "channel",
    async look(heights, options) {
      const [a, b] = await Promise.all(
        (["a", "b"] as const).map((side) => queryChannels(chains[side].endpoint, goal.hops[side][0]!, heights[side])),
      );
      if (a === undefined || b === undefined) throw chainFault("chain_bad_answer", "ask for channels", "no answer");
      return planChannel(goal, { a, b }, options);
    },
    prepare(run, { side, counterparty }, height) {
      const other = otherSide(side);
      const path = channelPath(goal.ports[other], counterparty.id);
      return run.prepare(chains[side], clients[side], chains[other], [path], height);
    },
    isSame: (move, value) => decoded(Channel, value)?.state === move.counterparty.end.state,
    init: (side, signer) => channelInit(goal, side, signer),
    following: (move, { proofs: [end], proofHeight }, signer) =>
      channelFollowing(goal, move, { proof: end!.proof, proofHeight }, signer),
  };
}

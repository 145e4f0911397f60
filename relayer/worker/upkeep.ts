/**
 * Looking after clients: news before they stop trusting, and whether what they believe is what their chains say.
 * @module
 */
import {
  QueryConsensusStateHeightsRequest,
  QueryConsensusStateHeightsResponse,
} from "cosmjs-types/ibc/core/client/v1/query";
import { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { compareHeights, type IbcHeight } from "../../node/core/ibc/mod.ts";
import { chainFaultCode, type Submission } from "../chain/mod.ts";
import { conflictOf, planRefresh, trustedBelow } from "../light/mod.ts";
import { BlockShelf, queryClient, queryTrusted, runUpdate, updateMessages } from "./clients.ts";
import type { WorkerCore } from "./core.ts";
import type { ClientUpdate, WorkerChain } from "./ports.ts";
import { ask } from "./queries.ts";

/** One end of a path: the client, the chain that keeps it and the one it follows. */
export interface KeptClient {
  readonly pathId: string;
  readonly keeper: WorkerChain;
  readonly followed: WorkerChain;
  readonly clientId: string;
}

/** Clients of all paths. */
export function keptClients(core: WorkerCore): KeptClient[] {
  return core.paths.paths.flatMap(({ id, a, b }) =>
    [[a, b], [b, a]].flatMap(([near, far]) => {
      const keeper = core.chain(near!.chain);
      const followed = core.chain(far!.chain);
      return keeper === undefined || followed === undefined
        ? []
        : [{ pathId: id, keeper, followed, clientId: near!.clientId }];
    })
  );
}

function keeperNanos(core: WorkerCore, keeper: WorkerChain): bigint {
  const head = core.heads.get(keeper.name);
  const passed = head === undefined ? 0 : Math.max(0, core.nowMs - head.seenMs);
  return (head?.timeNanos ?? 0n) + BigInt(Math.floor(passed)) * 1_000_000n;
}

async function submitUpdate(keeper: WorkerChain, update: ClientUpdate): Promise<Submission | undefined> {
  return await keeper.submitter?.submit((signer) => update.messages(signer));
}

/** Brings the client news when it is due. Answers why it is of no use any more, if so. Throws the endpoint's fault. */
export async function refreshClient(
  core: WorkerCore,
  kept: KeptClient,
  blocks: BlockShelf,
): Promise<string | undefined> {
  const { keeper, followed, clientId } = kept;
  const client = await queryClient(keeper.endpoint, clientId);
  const latest = await queryTrusted(keeper.endpoint, clientId, client.latestHeight);
  if (latest === undefined) return "it has no consensus state of its height";
  const nowNs = keeperNanos(core, keeper);
  const plan = planRefresh(client, latest.timestampNs, core.world.policy.refreshAt, nowNs);
  if (plan.tag === "frozen" || plan.tag === "expired") {
    core.world.hooks.clientEnded?.({
      chain: keeper.name,
      clientId,
      status: plan.tag,
      height: client.latestHeight,
    });
    return `it is ${plan.tag}`;
  }
  const head = core.heads.get(followed.name);
  if (plan.tag !== "due" || head === undefined || head.height <= latest.height.revisionHeight) return undefined;
  const done = await runUpdate(client, latest, head.height, blocks, () => keeperNanos(core, keeper));
  if (done.tag === "failed") return `it cannot be refreshed: ${done.reason}`;
  const submission = await submitUpdate(keeper, updateMessages(clientId, done.steps));
  if (submission?.tag === "included") {
    const height = { revisionNumber: head.revision, revisionHeight: head.height };
    core.world.hooks.clientUpdated?.({ chain: keeper.name, clientId, height, txHash: submission.hash, refresh: true });
  }
  return undefined;
}

/** Heights a client has consensus states of, the lowest first, at most `max` of the highest. */
export async function queryHeights(keeper: WorkerChain, clientId: string, max: number): Promise<IbcHeight[]> {
  const pagination = PageRequest.fromPartial({ limit: BigInt(max), reverse: true });
  const answer = await ask(
    keeper.endpoint,
    "/ibc.core.client.v1.Query/ConsensusStateHeights",
    [QueryConsensusStateHeightsRequest, { clientId, pagination }],
    QueryConsensusStateHeightsResponse,
  );
  return answer.consensusStateHeights.slice(0, max).sort(compareHeights);
}

export interface ClientCheck {
  readonly checkedHeights: number;
  /** Up to this height there is nothing to be compared again. */
  readonly highest: bigint | undefined;
  readonly conflict: { readonly height: IbcHeight; readonly reason: string } | undefined;
  /** Of the transaction that froze the client. */
  readonly txHash: string | undefined;
}

/**
 * Compares what a client believes, above `after`, with what its chain says now. When they differ and the chain's own header
 * is one the client would accept, its chain has sealed two histories: given that header, the client freezes itself
 * (ibc-go `07-tendermint` `CheckForMisbehaviour`). Throws the endpoint's fault.
 */
export async function checkClient(
  core: WorkerCore,
  { keeper, followed, clientId }: KeptClient,
  options: { readonly after: bigint; readonly heightsMax: number; readonly submit: boolean },
): Promise<ClientCheck> {
  const client = await queryClient(keeper.endpoint, clientId);
  const check: ClientCheck = { checkedHeights: 0, highest: undefined, conflict: undefined, txHash: undefined };
  if (client.feed !== "headers") return check;
  const all = await queryHeights(keeper, clientId, options.heightsMax);
  let checkedHeights = 0;
  for (const height of all) {
    if (height.revisionHeight <= options.after) continue;
    const trusted = await queryTrusted(keeper.endpoint, clientId, height);
    if (trusted === undefined) continue;
    const block = await blockOrNone(followed, height.revisionHeight);
    if (block === undefined) continue;
    checkedHeights++;
    const reason = conflictOf(trusted, block);
    if (reason === undefined) continue;
    const txHash = options.submit && !client.frozen
      ? await freeze(core, { keeper, followed, clientId }, client, all, height)
      : undefined;
    return { ...check, checkedHeights, conflict: { height, reason }, txHash };
  }
  return { ...check, checkedHeights, highest: all.at(-1)?.revisionHeight };
}

async function blockOrNone(followed: WorkerChain, height: bigint) {
  try {
    return await followed.endpoint.lightBlock(height);
  } catch (error) {
    const code = chainFaultCode(error);
    if (code === "chain_pruned" || code === "chain_refused") return undefined;
    throw error;
  }
}

async function freeze(
  core: WorkerCore,
  { keeper, followed, clientId }: Omit<KeptClient, "pathId">,
  client: Awaited<ReturnType<typeof queryClient>>,
  heights: readonly IbcHeight[],
  height: IbcHeight,
): Promise<string | undefined> {
  const base = trustedBelow(heights, height);
  const trusted = base && await queryTrusted(keeper.endpoint, clientId, base);
  if (trusted === undefined) return undefined;
  const blocks = new BlockShelf(followed.endpoint);
  const nowNs = () => keeperNanos(core, keeper);
  const done = await runUpdate(client, trusted, height.revisionHeight, blocks, nowNs);
  // Not signed by those the client trusts: then it is the node that lies, not the chain.
  if (done.tag === "failed") return undefined;
  const submission = await submitUpdate(keeper, updateMessages(clientId, done.steps));
  return submission?.tag === "included" ? submission.hash : undefined;
}

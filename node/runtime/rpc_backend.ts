/** The node as RPC sees it: reads of what is committed, and the way into the mempool. @module */
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import type { QueryInput } from "../app/ports.ts";
import { findValidator } from "../core/validators/mod.ts";
import { ed25519Address } from "../core/crypto/mod.ts";
import type { Query } from "../core/event_query/mod.ts";
import { chainError } from "../chain/mod.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { Nanos } from "../core/time.ts";
import { NANOS_PER_MS } from "../core/time.ts";
import type { RoundView } from "../core/round_view.ts";
import { hashOneEvidence } from "../core/types/mod.ts";
import type { IndexedTx, NetInfo, NodeStatus, RoundEvent, RpcBackend, SearchPage } from "../rpc/ports.ts";
import { decodeResults } from "./_results.ts";
import type { Chain } from "./open.ts";

/** What RPC tells about the node that the chain does not know. */
export interface NodeFacts {
  readonly moniker: string;
  readonly nodeId: string;
  readonly listenAddress: string;
  /** Known once the server is bound. */
  readonly rpcAddress: () => string;
  /** ed25519, 32 bytes; undefined for a node that only follows. */
  readonly validatorPubKey: Uint8Array | undefined;
  readonly catchingUp: () => boolean;
  readonly consensusState: () => { readonly height: bigint; readonly round: number; readonly step: string };
  /** The running height in full; absent: only its place is shown. */
  readonly roundView?: () => RoundView | undefined;
  /** What happens within heights; absent: nothing is told. */
  readonly onRound?: (listener: (event: RoundEvent) => void) => () => void;
  /** Absent: no network. */
  readonly netInfo?: () => NetInfo;
  /** The genesis document as in the file. */
  readonly genesis: unknown;
}

/** Everything is bounded by the published head: what is written for a block that is not real yet stays unseen. */
export function createRpcBackend(chain: Chain, facts: NodeFacts): RpcBackend {
  const { store, executor, mempool, gate, runner, app, bus, queries } = chain;
  const { blocks, index } = store;
  const latest = () => executor.state.lastHeight;
  const isPublished = (height: bigint) => height > 0n && height <= latest();
  const published = async <T>(height: bigint, load: () => Promise<T | undefined>): Promise<T | undefined> =>
    isPublished(height) ? await load() : undefined;

  const address = facts.validatorPubKey && ed25519Address(facts.validatorPubKey);
  return {
    status: () => statusOf(chain, facts, address),
    genesis: () => facts.genesis,
    loadBlock: (height) => published(height, () => blocks.loadBlock(height)),
    loadBlockByHash: async (hash) => {
      const height = await blocks.heightByHash(hash);
      return height === undefined ? undefined : await published(height, () => blocks.loadBlock(height));
    },
    loadBlockMeta: (height) => published(height, () => blocks.loadBlockMeta(height)),
    loadCommit: async (height) => {
      if (!isPublished(height)) return undefined;
      const canonical = height < latest() ? await blocks.loadCommit(height) : undefined;
      const commit = canonical ?? await blocks.loadSeenCommit(height);
      return commit && { commit, canonical: canonical !== undefined };
    },
    loadBlockResults: (height) =>
      published(height, async () => {
        const bytes = await blocks.loadBlockResults(height);
        return bytes && decodeResults(bytes);
      }),
    loadValidators: async (height) =>
      height > 0n && height <= executor.version + 1n ? await store.loadValidators(height) : undefined,
    loadConsensusParams: async (height) => {
      if (height <= 0n || height > executor.version + 1n) return undefined;
      const stored = await blocks.loadConsensusParams(height);
      return stored && ConsensusParams.decode(stored.bytes);
    },
    findTx: async (hash) => {
      const found = await index.findTx(hash);
      return found && isPublished(found.height) ? found : undefined;
    },
    searchTxs: async (query, page, perPage, descending) =>
      pageOf<IndexedTx>(await index.searchTxs(upTo(query, "tx.height", latest()), options(page, perPage, descending))),
    searchBlocks: async (query, page, perPage, descending) =>
      pageOf<bigint>(
        await index.searchBlocks(upTo(query, "block.height", latest()), options(page, perPage, descending)),
      ),
    query: (query) =>
      queries !== undefined && app.mayRunContracts?.(query) === true
        ? queries.ask(query)
        : gate.query(() => runner.run(app.query(query), versionOf(chain, query))),
    // As in CometBFT this is the check itself: it counts in the check state until the next block.
    checkTx: (tx) => gate.lane(() => runner.run(app.checkTx(tx, "new"), executor.version)),
    broadcastTx: (tx) => mempool.admit(tx),
    broadcastEvidence: async (evidence: Evidence) => {
      const { verdict, known, reason } = await chain.evidence.submit(evidence);
      if (verdict === "accept" || known) return ok(hashOneEvidence(evidence));
      return err(chainError("evidence", reason));
    },
    unconfirmed: (limit) => mempool.unconfirmed(limit),
    consensusState: facts.consensusState,
    ...(facts.roundView && { roundView: facts.roundView }),
    ...(facts.onRound && { onRound: facts.onRound }),
    ...(facts.netInfo && { netInfo: facts.netInfo }),
    onCommit: (listener) => bus.subscribe(listener),
    now,
  };
}

const now = (): Nanos => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * NANOS_PER_MS / 1000n;

const options = (page: number, perPage: number, descending: boolean) =>
  ({ page, perPage, order: descending ? "desc" : "asc" }) as const;

/** The version a query's work has to be bound to. An application that does not say takes what is asked about. */
function versionOf({ app, executor: { version } }: Chain, query: QueryInput): bigint {
  if (app.versionOf !== undefined) return app.versionOf(query);
  return query.height <= 0n || query.height > version ? version : query.height;
}

function statusOf(
  { executor, firstHeight, store }: Chain,
  facts: NodeFacts,
  address: Uint8Array | undefined,
): NodeStatus {
  const { state } = executor;
  const found = address && findValidator(state.validators, address);
  return {
    chainId: state.chainId,
    moniker: facts.moniker,
    nodeId: facts.nodeId,
    listenAddress: facts.listenAddress,
    rpcAddress: facts.rpcAddress(),
    earliestHeight: state.lastHeight === 0n ? 0n : firstHeight,
    latestHeight: state.lastHeight,
    catchingUp: facts.catchingUp(),
    validatorPubKey: facts.validatorPubKey,
    validatorPower: found?.validator.votingPower ?? 0n,
    ready: state.lastHeight > 0n,
    indexing: store.indexes,
  };
}

/** The query, asked of published heights only. */
const upTo = (query: Query, key: string, height: bigint): Query => ({
  ...query,
  conditions: [...query.conditions, { key, operator: "<=", operand: { type: "number", text: height.toString() } }],
});

/** A search that would read too much is an empty page that says why. */
function pageOf<T>(found: Result<SearchPage<T>>): SearchPage<T> {
  return found.ok ? found.value : { total: 0, items: [], refused: found.error };
}

/** Blocks, headers, commits, results and validators by height or hash. @module */
import type { BlockMeta } from "cosmjs-types/tendermint/types/types";
import { parseQuery } from "../core/event_query/mod.ts";
import { internalFault, RpcFault } from "./fault.ts";
import { heightRange, isDescending, pageOf, perPageOf, resolveHeight } from "./heights.ts";
import { blockResultsJson } from "./json/abci.ts";
import {
  BLOCK_ID_EMPTY,
  blockIdJson,
  blockJson,
  blockMetaJson,
  headerJson,
  signedHeaderJson,
  validatorJson,
} from "./json/block.ts";
import { int64 } from "./json/scalars.ts";
import { defineMethod, type Method } from "./method.ts";
import { HASH, HEX_BYTES, INT64, required, STRING } from "./params.ts";
import type { RpcBackend, StoredBlock } from "./ports.ts";

const BLOCKCHAIN_METAS_MAX = 20n;
/** Pages past this are past every index. */
const PAGE_MAX = 1_000_000_000n;

/** `block`; nulls where there is none. */
export const storedBlockJson = (stored: StoredBlock | undefined) => ({
  block_id: stored === undefined ? BLOCK_ID_EMPTY : blockIdJson(stored.blockId),
  block: stored === undefined ? null : blockJson(stored.block),
});

/** A page number for the index, which is checked against the total afterwards. */
export const indexPage = (page: bigint | undefined): number | RpcFault =>
  page === undefined
    ? 1
    : page <= 0n
    ? internalFault(`page should be within [1, 1] range, given ${page}`)
    : Number(page > PAGE_MAX ? PAGE_MAX : page);

function byHeight(
  backend: RpcBackend,
  answer: (height: bigint) => Promise<unknown>,
  ahead: 0n | 1n = 0n,
): Method {
  return defineMethod({ height: INT64 }, (args) => {
    const height = resolveHeight(backend, args.height, ahead);
    return height instanceof RpcFault ? height : answer(height);
  });
}

async function commitAnswer(backend: RpcBackend, height: bigint): Promise<unknown> {
  const [meta, found] = await Promise.all([backend.loadBlockMeta(height), backend.loadCommit(height)]);
  if (meta === undefined || found === undefined) return null;
  return { signed_header: signedHeaderJson(meta.header, found.commit), canonical: found.canonical };
}

async function blockchainAnswer(backend: RpcBackend, minHeight: bigint, maxHeight: bigint): Promise<unknown> {
  const { earliestHeight, latestHeight } = backend.status();
  const heights = heightRange(earliestHeight, latestHeight, minHeight, maxHeight, BLOCKCHAIN_METAS_MAX);
  if (heights instanceof RpcFault) return heights;
  const metas = await Promise.all(heights.map((height) => backend.loadBlockMeta(height)));
  return {
    last_height: int64(latestHeight),
    block_metas: metas.filter((meta): meta is BlockMeta => meta !== undefined).map(blockMetaJson),
  };
}

function validatorsMethod(backend: RpcBackend): Method {
  return defineMethod({ height: INT64, page: INT64, per_page: INT64 }, async (args) => {
    const height = resolveHeight(backend, args.height, 1n);
    if (height instanceof RpcFault) return height;
    const set = await backend.loadValidators(height);
    if (set === undefined) return internalFault(`could not find validator set for height #${height}`);
    const total = set.validators.length;
    const perPage = perPageOf(args.per_page);
    const page = pageOf(args.page, perPage, total);
    if (page instanceof RpcFault) return page;
    const validators = set.validators.slice((page - 1) * perPage, page * perPage).map(validatorJson);
    return { block_height: int64(height), validators, count: int64(validators.length), total: int64(total) };
  });
}

function blockSearchMethod(backend: RpcBackend, queryBytesMax: number): Method {
  const spec = { query: STRING, page: INT64, per_page: INT64, order_by: STRING };
  return defineMethod(spec, async (args) => {
    if (!backend.status().indexing) return internalFault("block indexing is disabled");
    const descending = isDescending(args.order_by, true);
    if (descending instanceof RpcFault) return descending;
    if (args.query.length > queryBytesMax) return internalFault("maximum query length exceeded");
    const query = parseQuery(args.query);
    if (!query.ok) return internalFault(`failed to parse query: ${query.error.message}`);
    const perPage = perPageOf(args.per_page);
    const wanted = indexPage(args.page);
    if (wanted instanceof RpcFault) return wanted;
    const { total, items, refused } = await backend.searchBlocks(query.value, wanted, perPage, descending);
    if (refused !== undefined) return internalFault(refused.message);
    const page = pageOf(args.page, perPage, total);
    if (page instanceof RpcFault) return page;
    const blocks: unknown[] = [];
    for (const height of items.slice(0, perPage)) {
      const stored = await backend.loadBlock(height);
      if (stored !== undefined) blocks.push(storedBlockJson(stored));
    }
    return { blocks, total_count: int64(total) };
  });
}

/** The methods about committed blocks. */
export function blockMethods(backend: RpcBackend, queryBytesMax: number): Record<string, Method> {
  return {
    block: byHeight(backend, async (height) => storedBlockJson(await backend.loadBlock(height))),
    block_by_hash: defineMethod(
      { hash: required(HASH) },
      async ({ hash }) => storedBlockJson(await backend.loadBlockByHash(hash)),
    ),
    header: byHeight(backend, async (height) => {
      const meta = await backend.loadBlockMeta(height);
      return { header: meta === undefined ? null : headerJson(meta.header) };
    }),
    header_by_hash: defineMethod({ hash: required(HEX_BYTES) }, async ({ hash }) => {
      const stored = await backend.loadBlockByHash(hash);
      return { header: stored === undefined ? null : headerJson(stored.block.header) };
    }),
    commit: byHeight(backend, (height) => commitAnswer(backend, height)),
    block_results: byHeight(backend, async (height) => {
      const results = await backend.loadBlockResults(height);
      if (results === undefined) return internalFault(`could not find results for height #${height}`);
      return blockResultsJson(height, results);
    }),
    blockchain: defineMethod(
      { minHeight: INT64, maxHeight: INT64 },
      ({ minHeight, maxHeight }) => blockchainAnswer(backend, minHeight ?? 0n, maxHeight ?? 0n),
    ),
    validators: validatorsMethod(backend),
    block_search: blockSearchMethod(backend, queryBytesMax),
  };
}

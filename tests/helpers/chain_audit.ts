/** Judges a chain from outside: whether all nodes have the same one. @module */
import { assert, assertEquals } from "@std/assert";
import { rpc, rpcBatch } from "./rpc_client.ts";

/** Calls in one batch. */
const BATCH = 50;

export interface AuditedNode {
  readonly name: string;
  readonly url: string;
}

interface Audited {
  readonly height: bigint;
  readonly hash: string;
  /** After the block; undefined: not known there. */
  readonly appHash: string | undefined;
  readonly lastHash: string;
}

/**
 * Asks every node for every block it has: the same hashes and app hashes everywhere, each block upon the one before. Answers
 * how many heights were compared.
 */
export async function auditChain(nodes: readonly AuditedNode[]): Promise<number> {
  const known = new Map<bigint, Audited & { readonly by: string }>();
  for (const { name, url } of nodes) {
    for (const block of await blocksOf(name, url)) {
      const same = known.get(block.height);
      if (same === undefined) known.set(block.height, { ...block, by: name });
      else {
        const where = `${name} and ${same.by} at height ${block.height}`;
        const appHash = block.appHash ?? same.appHash;
        assertEquals([block.hash, appHash, block.lastHash], [same.hash, same.appHash ?? appHash, same.lastHash], where);
      }
    }
  }
  for (const { height, lastHash, by } of known.values()) {
    const before = known.get(height - 1n);
    if (before !== undefined) assertEquals(lastHash, before.hash, `height ${height} of ${by} does not follow`);
  }
  return known.size;
}

async function blocksOf(name: string, url: string): Promise<Audited[]> {
  const { sync_info } = await rpc(url, "status");
  const [first, last] = [BigInt(sync_info.earliest_block_height), BigInt(sync_info.latest_block_height)];
  const blocks: Audited[] = [];
  for (let from = first; from <= last; from += BigInt(BATCH)) {
    const count = Math.min(BATCH, Number(last - from + 1n));
    const heights = Array.from({ length: count }, (_, index) => ({ height: `${from + BigInt(index)}` }));
    const found = await rpcBatch(url, "block", heights);
    const results = await rpcBatch(url, "block_results", heights);
    for (const [index, { height }] of heights.entries()) {
      const [block, result] = [found[index]!.result, results[index]!.result];
      assert(block !== undefined, `${name} has no block ${height}`);
      // Who began from a snapshot got the block of its height, and what that did as a state.
      const begun = from + BigInt(index) === first && first > 1n;
      assert(result !== undefined || begun, `${name} has no results of ${height}`);
      blocks.push({
        height: BigInt(height),
        hash: block.block_id.hash,
        appHash: result?.app_hash,
        lastHash: block.block.header.last_block_id.hash,
      });
    }
  }
  return blocks;
}

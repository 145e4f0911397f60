import { assertEquals, assertThrows } from "@std/assert";
import type { BlockID } from "cosmjs-types/tendermint/types/types";
import { hexToBytes } from "../bytes.ts";
import { nanosToTimestamp, rfc3339ToNanos } from "../time.ts";
import { commitVoteSignBytes, EMPTY_BLOCK_ID, proposalSignBytes, voteSignBytes, ZERO_TIME } from "./mod.ts";

interface Row {
  readonly source: string;
  readonly chain_id: string;
  readonly type: number;
  readonly height: number;
  readonly round: number;
  readonly pol_round: number;
  readonly timestamp: string;
  readonly block_id: { hash: string; part_set_header: { total: number; hash: string } } | null;
  readonly sign_bytes: string;
}

const { votes, proposals }: { votes: Row[]; proposals: Row[] } = JSON.parse(
  Deno.readTextFileSync(new URL("../../../tests/vectors/cometbft/sign_bytes.json", import.meta.url)),
);

const blockIdOf = (row: Row): BlockID | undefined =>
  row.block_id === null ? undefined : {
    hash: hexToBytes(row.block_id.hash),
    partSetHeader: { total: row.block_id.part_set_header.total, hash: hexToBytes(row.block_id.part_set_header.hash) },
  };

const common = (row: Row) => ({
  type: row.type,
  height: BigInt(row.height),
  round: row.round,
  timestamp: nanosToTimestamp(rfc3339ToNanos(row.timestamp)!),
});

Deno.test("voteSignBytes() gives Go's bytes, for nil with the empty id as without one", () => {
  assertEquals(votes.length, 8);
  for (const row of votes) {
    const blockId = blockIdOf(row);
    assertEquals(voteSignBytes(row.chain_id, { ...common(row), blockId }).toHex(), row.sign_bytes, row.source);
    if (blockId !== undefined) continue;
    const vote = { ...common(row), blockId: EMPTY_BLOCK_ID };
    assertEquals(voteSignBytes(row.chain_id, vote).toHex(), row.sign_bytes, row.source);
  }
});

Deno.test("proposalSignBytes() gives Go's bytes", () => {
  assertEquals(proposals.length, 2);
  for (const row of proposals) {
    const proposal = { ...common(row), polRound: row.pol_round, blockId: blockIdOf(row) };
    assertEquals(proposalSignBytes(row.chain_id, proposal).toHex(), row.sign_bytes, row.source);
  }
});

Deno.test("commitVoteSignBytes() rebuilds each validator's precommit: for the block, or for nil", () => {
  const row = votes[6]!;
  const blockId = blockIdOf(row)!;
  const timestamp = common(row).timestamp;
  const address = new Uint8Array(20);
  const signatures = [2, 3, 1].map((blockIdFlag) => ({
    blockIdFlag,
    validatorAddress: address,
    timestamp: blockIdFlag === 1 ? ZERO_TIME : timestamp,
    signature: Uint8Array.of(1),
  }));
  const commit = { height: 12345n, round: 2, blockId, signatures };
  const vote = { type: 2, height: 12345n, round: 2, timestamp };
  assertEquals(commitVoteSignBytes("chain", commit, 0), voteSignBytes("chain", { ...vote, blockId }));
  assertEquals(commitVoteSignBytes("chain", commit, 1), voteSignBytes("chain", { ...vote, blockId: undefined }));
  assertThrows(() => commitVoteSignBytes("chain", commit, 3), RangeError);
});

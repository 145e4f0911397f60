import { assert, assertEquals } from "@std/assert";
import { ExecTxResult } from "cosmjs-types/tendermint/abci/types";
import { DuplicateVoteEvidence } from "cosmjs-types/tendermint/types/evidence";
import { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import { Commit, type Header, Vote } from "cosmjs-types/tendermint/types/types";
import { hexToBytes } from "../bytes.ts";
import { EMPTY_ROOT, merkleRoot, verifyMerkleProof } from "../merkle/mod.ts";
import { nanosToTimestamp, rfc3339ToNanos } from "../time.ts";
import {
  hashCommit,
  hashConsensusParams,
  hashData,
  hashEvidence,
  hashHeader,
  hashResults,
  hashTx,
  proveResult,
  proveTx,
} from "./mod.ts";

// deno-lint-ignore no-explicit-any
function headerOf(json: any): Header {
  const hash = (name: string) => hexToBytes(json[name]);
  return {
    version: { block: BigInt(json.version.block), app: BigInt(json.version.app) },
    chainId: json.chain_id,
    height: BigInt(json.height),
    time: nanosToTimestamp(rfc3339ToNanos(json.time)!),
    lastBlockId: {
      hash: hexToBytes(json.last_block_id.hash),
      partSetHeader: {
        total: json.last_block_id.part_set_header.total,
        hash: hexToBytes(json.last_block_id.part_set_header.hash),
      },
    },
    lastCommitHash: hash("last_commit_hash"),
    dataHash: hash("data_hash"),
    validatorsHash: hash("validators_hash"),
    nextValidatorsHash: hash("next_validators_hash"),
    consensusHash: hash("consensus_hash"),
    appHash: hash("app_hash"),
    lastResultsHash: hash("last_results_hash"),
    evidenceHash: hash("evidence_hash"),
    proposerAddress: hash("proposer_address"),
  };
}

const VECTORS: { source: string; header: unknown; hash: string }[] = JSON.parse(
  Deno.readTextFileSync(new URL("../../../tests/vectors/cometbft/header_hash.json", import.meta.url)),
);

Deno.test("hashHeader() gives the hashes of Go's headers", () => {
  assertEquals(VECTORS.length, 2);
  for (const { source, header, hash } of VECTORS) {
    assertEquals(hashHeader(headerOf(header)).toHex().toUpperCase(), hash, source);
  }
});

Deno.test("hashHeader() commits to every field", () => {
  const header = headerOf(VECTORS[0]!.header);
  const hash = hashHeader(header).toHex();
  const changed: Partial<Header>[] = [
    { version: { block: 11n, app: 2n } },
    { chainId: "chainIe" },
    { height: 4n },
    { time: { seconds: header.time.seconds, nanos: 1 } },
    { lastBlockId: { ...header.lastBlockId, hash: new Uint8Array() } },
    ...["lastCommitHash", "dataHash", "validatorsHash", "nextValidatorsHash", "consensusHash", "appHash"].map((
      name,
    ) => ({
      [name]: new Uint8Array(32).fill(1),
    })),
    { lastResultsHash: new Uint8Array(32) },
    { evidenceHash: new Uint8Array(32) },
    { proposerAddress: new Uint8Array(20) },
  ];
  assertEquals(new Set(changed.map((part) => hashHeader({ ...header, ...part }).toHex()).concat(hash)).size, 15);
});

Deno.test("hashHeader() is empty for a header without validators", () => {
  assertEquals(hashHeader({ ...headerOf(VECTORS[0]!.header), validatorsHash: new Uint8Array() }).length, 0);
});

Deno.test("hashConsensusParams() gives the hash every chain with CometBFT's defaults has", () => {
  const params = ConsensusParams.fromPartial({ block: { maxBytes: 22020096n, maxGas: -1n } });
  // Of the header of `dockerchain` in the vectors.
  const expected = "048091bc7ddc283f77bfbf91d73c44da58c3df8a9cbc867405d8b7f3daada22f";
  assertEquals(hashConsensusParams(params).toHex(), expected);
  const others = ConsensusParams.fromPartial({ ...params, version: { app: 7n }, validator: { pubKeyTypes: ["a"] } });
  assertEquals(hashConsensusParams(others).toHex(), expected, "only the block limits count");
});

Deno.test("no transactions, results, evidence and signatures hash to the empty root, no commit to nothing", () => {
  for (const hash of [hashData([]), hashResults([]), hashEvidence([]), hashCommit(Commit.fromPartial({}))]) {
    assertEquals(hash, EMPTY_ROOT);
  }
  assertEquals(hashCommit(undefined).length, 0);
});

Deno.test("proveTx() and proveResult() prove what is under the header's hashes", () => {
  const txs = Array.from({ length: 7 }, (_, i) => new Uint8Array(i).fill(i));
  assert(verifyMerkleProof(hashData(txs), proveTx(txs, 5), hashTx(txs[5]!)));
  const results = txs.map((data, code) => ExecTxResult.fromPartial({ code, data, gasWanted: 9n, log: `log ${code}` }));
  const leaf = ExecTxResult.encode(ExecTxResult.fromPartial({ code: 3, data: txs[3]!, gasWanted: 9n })).finish();
  assert(verifyMerkleProof(hashResults(results), proveResult(results, 3), leaf));
});

Deno.test("hashResults() leaves out what nodes may disagree about", () => {
  const base = { code: 1, data: Uint8Array.of(1), gasWanted: 5n, gasUsed: 4n };
  const bare = [ExecTxResult.fromPartial(base)];
  const full = [ExecTxResult.fromPartial({ ...base, log: "l", info: "i", codespace: "c", events: [{ type: "t" }] })];
  assertEquals(hashResults(full), hashResults(bare));
  assert(hashResults([ExecTxResult.fromPartial({ ...base, gasUsed: 3n })]).toHex() !== hashResults(bare).toHex());
});

Deno.test("hashEvidence() hashes the inner message", () => {
  const evidence = DuplicateVoteEvidence.fromPartial({
    voteA: Vote.fromPartial({ height: 3n }),
    totalVotingPower: 10n,
  });
  const expected = merkleRoot([DuplicateVoteEvidence.encode(evidence).finish()]);
  assertEquals(hashEvidence([{ duplicateVoteEvidence: evidence }]), expected);
});

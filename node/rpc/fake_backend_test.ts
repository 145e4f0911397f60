/** A chain of five blocks in memory, for the tests of this folder. Holds no tests of its own. @module */
import type { ExecTxResult, ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { Block } from "cosmjs-types/tendermint/types/block";
import type { BlockID, Commit, Header, Vote } from "cosmjs-types/tendermint/types/types";
import type { CheckTxResult, QueryInput, QueryOutput } from "../app/ports.ts";
import { ed25519Address, sha256 } from "../core/crypto/mod.ts";
import { merkleRoot } from "../core/merkle/mod.ts";
import { ok } from "../core/result.ts";
import type { AdmitResult, CommittedBlock, RpcBackend, StoredBlock } from "./ports.ts";

const fill = (byte: number, length = 32) => new Uint8Array(length).fill(byte);
const EMPTY = new Uint8Array();
const START_SECONDS = 1_700_000_000n;
export const CHAIN_ID = "fake-1";
export const VALIDATORS = 45;

const validatorKey = (index: number) => fill(index + 1);
const partsOf = (hash: Uint8Array): BlockID => ({ hash, partSetHeader: { total: 1, hash: sha256(hash) } });
export const blockHash = (height: bigint) => sha256(new TextEncoder().encode(`block ${height}`));
const blockIdOf = (height: bigint): BlockID =>
  height === 0n ? { hash: EMPTY, partSetHeader: { total: 0, hash: EMPTY } } : partsOf(blockHash(height));

const timeOf = (height: bigint) => ({ seconds: START_SECONDS + height, nanos: 120_000_000 });

/** Transactions of a height: none in the first block, two in each after it. */
export const txsOf = (height: bigint): Uint8Array[] =>
  height === 1n ? [] : [1, 2].map((n) => new TextEncoder().encode(`tx ${height}/${n}`));

function headerOf(height: bigint): Header {
  return {
    version: { block: 11n, app: 1n },
    chainId: CHAIN_ID,
    height,
    time: timeOf(height),
    lastBlockId: blockIdOf(height - 1n),
    lastCommitHash: fill(1),
    dataHash: merkleRoot(txsOf(height).map((tx) => sha256(tx))),
    validatorsHash: fill(2),
    nextValidatorsHash: fill(3),
    consensusHash: fill(4),
    appHash: fill(5),
    lastResultsHash: fill(6),
    evidenceHash: fill(7),
    proposerAddress: ed25519Address(validatorKey(0)),
  };
}

export const commitOf = (height: bigint): Commit => ({
  height,
  round: 0,
  blockId: blockIdOf(height),
  signatures: [
    { blockIdFlag: 2, validatorAddress: fill(9, 20), timestamp: timeOf(height), signature: fill(8, 64) },
    {
      blockIdFlag: 1,
      validatorAddress: EMPTY,
      timestamp: { seconds: -62135596800n, nanos: 0 },
      signature: EMPTY,
    },
  ],
});

export function voteOf(height: bigint, blockByte: number): Vote {
  return {
    type: 2,
    height,
    round: 1,
    blockId: partsOf(fill(blockByte)),
    timestamp: timeOf(height),
    validatorAddress: fill(9, 20),
    validatorIndex: 3,
    signature: fill(blockByte, 64),
    extension: EMPTY,
    extensionSignature: EMPTY,
  };
}

export const EVIDENCE: Evidence = {
  duplicateVoteEvidence: {
    voteA: voteOf(3n, 1),
    voteB: voteOf(3n, 2),
    totalVotingPower: 45n,
    validatorPower: 1n,
    timestamp: timeOf(3n),
  },
};

const CULPRIT = {
  address: ed25519Address(validatorKey(0)),
  pubKey: { ed25519: validatorKey(0) },
  votingPower: 7n,
  proposerPriority: -3n,
};

/** Well formed in its fields only. */
export const ATTACK: Evidence = {
  lightClientAttackEvidence: {
    conflictingBlock: {
      signedHeader: { header: headerOf(5n), commit: commitOf(5n) },
      validatorSet: { validators: [CULPRIT], proposer: CULPRIT, totalVotingPower: 0n },
    },
    commonHeight: 3n,
    byzantineValidators: [CULPRIT],
    totalVotingPower: 45n,
    timestamp: timeOf(3n),
  },
};

export function blockOf(height: bigint): Block {
  return {
    header: headerOf(height),
    data: { txs: txsOf(height) },
    evidence: { evidence: height === 4n ? [EVIDENCE] : [] },
    ...(height === 1n ? {} : { lastCommit: commitOf(height - 1n) }),
  };
}

export const resultOf = (height: bigint, index: number): ExecTxResult => ({
  code: index === 1 ? 5 : 0,
  // An unknown field of TxMsgData, which clients decode it as.
  data: new Uint8Array([0x28, index]),
  log: index === 1 ? "insufficient funds" : "",
  info: "",
  gasWanted: 200_000n,
  gasUsed: 2n ** 60n,
  events: [{
    type: "transfer",
    attributes: [
      { key: "recipient", value: "cat1abc", index: true },
      { key: "amount", value: `${height}ucat`, index: false },
    ],
  }],
  codespace: index === 1 ? "sdk" : "",
});

export const resultsOf = (height: bigint): ResponseFinalizeBlock => ({
  events: [{ type: "mint", attributes: [{ key: "amount", value: height.toString(), index: true }] }],
  txResults: txsOf(height).map((_, index) => resultOf(height, index)),
  validatorUpdates: height === 5n ? [{ pubKey: { ed25519: validatorKey(0) }, power: 7n }] : [],
  ...(height === 5n ? { consensusParamUpdates: { block: { maxBytes: 1000n, maxGas: -1n } } } : {}),
  appHash: fill(6),
});

export const committedOf = (height: bigint): CommittedBlock => ({
  height,
  blockId: blockIdOf(height),
  block: blockOf(height),
  results: resultsOf(height),
  txHashes: txsOf(height).map((tx) => sha256(tx)),
});

export const CHECK_OK: CheckTxResult = {
  code: 0,
  codespace: "",
  log: "",
  data: EMPTY,
  gasWanted: 1n,
  gasUsed: 0n,
  events: [],
  sender: EMPTY,
  sequence: 0n,
  priority: 0n,
};

/** How the fake's doors answer; tests replace what they are about. */
export class FakeBackend implements RpcBackend {
  latest = 5n;
  earliest = 1n;
  ready = true;
  indexing = true;
  catchingUp = false;
  readonly listeners = new Set<(committed: CommittedBlock) => void>();
  readonly queries: QueryInput[] = [];
  admit: (tx: Uint8Array) => AdmitResult = (tx) => ({ admitted: true, hash: sha256(tx), check: CHECK_OK });
  answer: (query: QueryInput) => QueryOutput = ({ data }) => ({
    code: 0,
    codespace: "",
    log: "",
    key: data,
    value: fill(1, 2),
    height: this.latest,
    proofOps: { ops: [{ type: "ics23:jmt", key: data, data: fill(2, 3) }] },
  });
  loadBlockResults: RpcBackend["loadBlockResults"] = (height) => Promise.resolve(this.#has(height, resultsOf));

  status: RpcBackend["status"] = () => ({
    chainId: CHAIN_ID,
    moniker: "fake",
    nodeId: fill(0xab, 20).toHex(),
    listenAddress: "tcp://127.0.0.1:26656",
    rpcAddress: "tcp://127.0.0.1:26657",
    earliestHeight: this.earliest,
    latestHeight: this.latest,
    catchingUp: this.catchingUp,
    validatorPubKey: validatorKey(0),
    validatorPower: 1n,
    ready: this.ready,
    indexing: this.indexing,
  });
  genesis: RpcBackend["genesis"] = () => ({
    genesis_time: "2023-11-14T22:13:20Z",
    chain_id: CHAIN_ID,
    initial_height: "1",
    consensus_params: { block: { max_bytes: "1000", max_gas: "-1" } },
    app_hash: "",
    app_state: { bank: {} },
  });
  loadBlock: RpcBackend["loadBlock"] = (height) =>
    Promise.resolve(
      this.#has(height, (at): StoredBlock => ({ blockId: blockIdOf(at), block: blockOf(at), size: 500 })),
    );
  loadBlockByHash: RpcBackend["loadBlockByHash"] = (hash) => {
    for (let height = this.earliest; height <= this.latest; height++) {
      if (blockHash(height).toHex() === hash.toHex()) return this.loadBlock(height);
    }
    return Promise.resolve(undefined);
  };
  loadBlockMeta: RpcBackend["loadBlockMeta"] = (height) =>
    Promise.resolve(this.#has(height, (at) => ({
      blockId: blockIdOf(at),
      blockSize: 500n,
      header: headerOf(at),
      numTxs: BigInt(txsOf(at).length),
    })));
  loadCommit: RpcBackend["loadCommit"] = (height) =>
    Promise.resolve(this.#has(height, (at) => ({ commit: commitOf(at), canonical: at < this.latest })));
  loadValidators: RpcBackend["loadValidators"] = () =>
    Promise.resolve({
      validators: Array.from({ length: VALIDATORS }, (_, index) => ({
        address: ed25519Address(validatorKey(index)),
        pubKey: { ed25519: validatorKey(index) },
        votingPower: 1n,
        proposerPriority: BigInt(index - 20),
      })),
      totalVotingPower: BigInt(VALIDATORS),
    });
  loadConsensusParams: RpcBackend["loadConsensusParams"] = () =>
    Promise.resolve({
      block: { maxBytes: 4_194_304n, maxGas: -1n },
      evidence: { maxAgeNumBlocks: 100_000n, maxAgeDuration: { seconds: 172_800n, nanos: 0 }, maxBytes: 1_048_576n },
      validator: { pubKeyTypes: ["ed25519"] },
      version: { app: 1n },
      abci: { voteExtensionsEnableHeight: 0n },
    });
  findTx: RpcBackend["findTx"] = (hash) => {
    for (let height = this.earliest; height <= this.latest; height++) {
      const index = txsOf(height).findIndex((tx) => sha256(tx).toHex() === hash.toHex());
      if (index >= 0) return Promise.resolve({ height, index });
    }
    return Promise.resolve(undefined);
  };
  /** Every transaction, whatever is asked. */
  searchTxs: RpcBackend["searchTxs"] = (_query, page, perPage, descending) => {
    const all = [2n, 3n, 4n, 5n].flatMap((height) => [0, 1].map((index) => ({ height, index })));
    if (descending) all.reverse();
    return Promise.resolve({ total: all.length, items: all.slice((page - 1) * perPage, page * perPage) });
  };
  searchBlocks: RpcBackend["searchBlocks"] = (_query, page, perPage, descending) => {
    const all = [1n, 2n, 3n, 4n, 5n];
    if (descending) all.reverse();
    return Promise.resolve({ total: all.length, items: all.slice((page - 1) * perPage, page * perPage) });
  };
  query: RpcBackend["query"] = (query) => {
    this.queries.push(query);
    return Promise.resolve(this.answer(query));
  };
  checkTx: RpcBackend["checkTx"] = () => Promise.resolve(CHECK_OK);
  broadcastTx: RpcBackend["broadcastTx"] = (tx) => Promise.resolve(this.admit(tx));
  broadcastEvidence: NonNullable<RpcBackend["broadcastEvidence"]> = () => Promise.resolve(ok(fill(0xee)));
  unconfirmed: RpcBackend["unconfirmed"] = (limit) => ({
    count: 3,
    bytes: 30,
    txs: [fill(1, 10), fill(2, 10), fill(3, 10)].slice(0, limit),
  });
  consensusState: RpcBackend["consensusState"] = () => ({ height: this.latest + 1n, round: 2, step: "prevote" });
  onCommit: RpcBackend["onCommit"] = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  now: RpcBackend["now"] = () => 0n;

  publish(committed: CommittedBlock): void {
    for (const listener of [...this.listeners]) listener(committed);
  }

  #has<T>(height: bigint, make: (height: bigint) => T): T | undefined {
    return height >= this.earliest && height <= this.latest ? make(height) : undefined;
  }
}

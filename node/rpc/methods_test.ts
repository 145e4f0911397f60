import { assertEquals } from "@std/assert";
import { sha256 } from "../core/crypto/mod.ts";
import { verifyMerkleProof } from "../core/merkle/mod.ts";
import { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { ATTACK, blockHash, CHECK_OK, committedOf, EVIDENCE, txsOf, VALIDATORS } from "./fake_backend_test.ts";
import { evidenceJson } from "./json/block.ts";
import { type Harness, type Json, withServer } from "./server_harness_test.ts";

const HASH_3 = blockHash(3n);
const TX = txsOf(3n)[1]!;
const TX_HASH = sha256(TX);
const INTERNAL = { code: -32603, message: "Internal error" };

/** Each method once by POST and once by GET, with a look at its result. */
const METHODS: readonly [method: string, params: Json, uri: string, look: (result: Json) => unknown, want: unknown][] =
  [
    ["health", {}, "", (r) => r, {}],
    ["status", {}, "", (r) => [r.node_info.network, r.sync_info.latest_block_height, r.validator_info.voting_power], [
      "fake-1",
      "5",
      "1",
    ]],
    ["net_info", {}, "", (r) => [r.n_peers, r.peers], ["0", []]],
    ["genesis", {}, "", (r) => r.genesis.chain_id, "fake-1"],
    ["genesis_chunked", { chunk: 0 }, "?chunk=0", (r) => [r.chunk, r.total, JSON.parse(atob(r.data)).chain_id], [
      "0",
      "1",
      "fake-1",
    ]],
    ["block", { height: "3" }, "?height=3", (r) => r.block.header.height, "3"],
    ["block", [3], '?height="3"', (r) => r.block.data.txs[1], TX.toBase64()],
    ["block", {}, "", (r) => r.block.header.height, "5"],
    ["block_by_hash", { hash: HASH_3.toBase64() }, `?hash=0x${HASH_3.toHex()}`, (r) => r.block.header.height, "3"],
    ["header", { height: "2" }, "?height=2", (r) => r.header.height, "2"],
    ["header_by_hash", { hash: HASH_3.toHex() }, `?hash=0x${HASH_3.toHex()}`, (r) => r.header.height, "3"],
    ["block_results", { height: "5" }, "?height=5", (r) => [r.height, r.txs_results.length, r.app_hash.length], [
      "5",
      2,
      44,
    ]],
    [
      "blockchain",
      { minHeight: "2", maxHeight: "4" },
      "?minHeight=2&maxHeight=4",
      (r) => r.block_metas.map((meta: Json) => meta.header.height),
      ["4", "3", "2"],
    ],
    ["commit", { height: "4" }, "?height=4", (r) => [r.canonical, r.signed_header.commit.height], [true, "4"]],
    ["commit", {}, "", (r) => [r.canonical, r.signed_header.header.height], [false, "5"]],
    [
      "validators",
      { height: "6", page: "2", per_page: "30" },
      "?height=6&page=2&per_page=30",
      (r) => [r.block_height, r.count, r.total, r.validators.length],
      ["6", "15", "45", 15],
    ],
    [
      "consensus_params",
      { height: "6" },
      "?height=6",
      (r) => r.consensus_params.evidence.max_age_duration,
      "172800000000000",
    ],
    ["consensus_state", {}, "", (r) => r.round_state["height/round/step"], "6/2/4"],
    ["dump_consensus_state", {}, "", (r) => r.peers, []],
    ["abci_info", {}, "", (r) => r.response.last_block_height, "5"],
    [
      "abci_query",
      { path: "/store/bank/key", data: "0aff", height: "4", prove: true },
      "?path=%22/store/bank/key%22&data=0x0aff&height=4&prove=true",
      (r) => [r.response.key, r.response.value, r.response.proofOps.ops[0].type],
      ["Cv8=", "AQE=", "ics23:jmt"],
    ],
    ["broadcast_tx_sync", { tx: TX.toBase64() }, `?tx=0x${TX.toHex()}`, (r) => r.hash, TX_HASH.toHex().toUpperCase()],
    ["broadcast_tx_async", { tx: TX.toBase64() }, "?tx=%22tx%203/2%22", (r) => r.hash, TX_HASH.toHex().toUpperCase()],
    ["check_tx", { tx: TX.toBase64() }, `?tx=0x${TX.toHex()}`, (r) => [r.code, r.gas_wanted, r.data], [0, "1", null]],
    [
      "tx",
      { hash: TX_HASH.toBase64() },
      `?hash=0x${TX_HASH.toHex()}`,
      (r) => [r.height, r.index, r.tx_result.code, r.proof],
      [
        "3",
        1,
        5,
        undefined,
      ],
    ],
    [
      "tx_search",
      { query: "tm.event='Tx'", page: "2", per_page: "3" },
      "?query=%22tm.event='Tx'%22&page=2&per_page=3",
      (r) => [r.total_count, r.txs.map((tx: Json) => tx.height)],
      ["8", ["3", "4", "4"]],
    ],
    [
      "block_search",
      { query: "tm.event='x'", order_by: "asc" },
      "?query=%22tm.event='x'%22&order_by=%22asc%22",
      (r) => [r.total_count, r.blocks[0].block.header.height],
      ["5", "1"],
    ],
    ["unconfirmed_txs", { limit: "2" }, "?limit=2", (r) => [r.n_txs, r.total, r.total_bytes, r.txs.length], [
      "2",
      "3",
      "30",
      2,
    ]],
    ["num_unconfirmed_txs", {}, "", (r) => [r.n_txs, r.total, r.txs], ["3", "3", null]],
    ["get_latest_height", {}, "", (r) => r, { height: "5" }],
    ["get_block", { hash: HASH_3.toHex() }, `?hash=0x${HASH_3.toHex()}`, (r) => r.block.header.height, "3"],
    ["get_block_hash", [3], "?height=3", (r) => r.hash, HASH_3.toHex().toUpperCase()],
    ["get_validators", {}, "", (r) => r.validators.length, VALIDATORS],
    ["broadcast_tx", [TX.toBase64()], `?tx=0x${TX.toHex()}`, (r) => r.code, 0],
  ];

for (const [method, params, uri, look, want] of METHODS) {
  Deno.test(`${method} ${JSON.stringify(params)} answers alike by POST and GET`, () =>
    withServer(async ({ call, get }) => {
      assertEquals(look(await call(method, params)), want);
      const { status, json } = await get(`/${method}${uri}`);
      assertEquals([status, json.id, look(json.result)], [200, -1, want], JSON.stringify(json));
    }));
}

/** Refusals in CometBFT's words. */
const REFUSALS: readonly [method: string, params: Json, code: number, data: string][] = [
  ["block", { height: "10" }, -32603, "height 10 must be less than or equal to the current blockchain height 5"],
  ["block", { height: "0" }, -32603, "height must be greater than 0, but got 0"],
  ["block", { height: "-3" }, -32603, "height must be greater than 0, but got -3"],
  ["block", { height: "9223372036854775808" }, -32602, 'height: not a 64-bit integer: "9223372036854775808"'],
  ["block", { height: 1.5 }, -32602, "height: not an integer, or too large for a JSON number: send it as a string"],
  ["block", { height: true }, -32602, "height: expected an integer, got boolean"],
  ["block", [1, 2], -32602, "expected 1 parameters (height), got 2"],
  ["validators", { height: "7" }, -32603, "height 7 must be less than or equal to the current blockchain height 6"],
  ["validators", { page: "3" }, -32603, "page should be within [1, 2] range, given 3"],
  ["validators", { page: "0" }, -32603, "page should be within [1, 2] range, given 0"],
  ["blockchain", { minHeight: "4", maxHeight: "2" }, -32603, "min height 4 can't be greater than max height 2"],
  ["blockchain", { minHeight: "-1" }, -32603, "heights must be non-negative"],
  ["block_by_hash", {}, -32602, "hash: missing"],
  ["tx", { hash: "AAAA" }, -32603, "tx (000000) not found"],
  ["tx", { hash: "%%%" }, -32602, "hash: not base64"],
  ["tx_search", { query: "" }, -32603, ""],
  [
    "tx_search",
    { query: "tm.event='Tx'", order_by: "up" },
    -32603,
    "expected order_by to be either `asc` or `desc` or empty",
  ],
  ["tx_search", { query: "tm.event='Tx'", page: "9" }, -32603, "page should be within [1, 1] range, given 9"],
  ["tx_search", { query: "x".repeat(5000) }, -32603, "maximum query length exceeded"],
  ["broadcast_tx_sync", { tx: "abc" }, -32602, "tx: not base64"],
  ["broadcast_tx_sync", { tx: 5 }, -32602, "tx: expected base64, got number"],
  ["abci_query", { path: "/x", data: "0g" }, -32602, "data: not hexadecimal"],
  ["abci_query", { path: "/x", prove: "yes" }, -32602, "prove: expected a boolean, got string"],
  ["genesis_chunked", { chunk: 1 }, -32603, "there are 0 chunks, 1 is invalid"],
  [
    "broadcast_evidence",
    { evidence: {} },
    -32602,
    "evidence: not of type tendermint/DuplicateVoteEvidence or tendermint/LightClientAttackEvidence",
  ],
  ["subscribe", { query: "tm.event='Tx'" }, -32601, ""],
  ["constructor", {}, -32601, ""],
];

for (const [method, params, code, data] of REFUSALS) {
  Deno.test(`${method} ${JSON.stringify(params).slice(0, 60)} is refused with ${code}`, () =>
    withServer(async ({ fault }) => {
      const found = await fault(method, params);
      assertEquals(found.code, code);
      if (data !== "") assertEquals(found.data, data);
    }));
}

Deno.test("blocks below the earliest are not available", () =>
  withServer(async ({ backend, fault }) => {
    backend.earliest = 3n;
    assertEquals(await fault("block", { height: "2" }), {
      ...INTERNAL,
      data: "height 2 is not available, lowest height is 3",
    });
  }));

Deno.test("blockchain gives at most twenty blocks, the latest first", () =>
  withServer(async ({ backend, call }) => {
    backend.latest = 50n;
    const { block_metas, last_height } = await call("blockchain");
    assertEquals(last_height, "50");
    assertEquals([block_metas.length, block_metas[0].header.height, block_metas[19].header.height], [20, "50", "31"]);
  }));

Deno.test("a block has CometBFT's shape down to its evidence and absent signatures", () =>
  withServer(async ({ call }) => {
    const { block_id, block } = await call("block", { height: "4" });
    assertEquals(block_id, {
      hash: blockHash(4n).toHex().toUpperCase(),
      parts: { total: 1, hash: sha256(blockHash(4n)).toHex().toUpperCase() },
    });
    assertEquals(Object.keys(block), ["header", "data", "evidence", "last_commit"]);
    assertEquals(block.header.version, { block: "11", app: "1" });
    assertEquals(block.header.time, "2023-11-14T22:13:24.12Z");
    assertEquals(block.last_commit.signatures[1], {
      block_id_flag: 1,
      validator_address: "",
      timestamp: "0001-01-01T00:00:00Z",
      signature: null,
    });
    const [evidence] = block.evidence.evidence;
    assertEquals(evidence.type, "tendermint/DuplicateVoteEvidence");
    assertEquals(evidence.value.TotalVotingPower, "45");
    assertEquals(evidence.value.vote_a.validator_index, 3);
    const first = await call("block", { height: "1" });
    assertEquals(first.block.last_commit.signatures, []);
    assertEquals(first.block.header.last_block_id, { hash: "", parts: { total: 0, hash: "" } });
  }));

Deno.test("block_results has v0.38's names and strings for 64-bit integers", () =>
  withServer(async ({ call }) => {
    const results = await call("block_results", { height: "5" });
    assertEquals(Object.keys(results), [
      "height",
      "txs_results",
      "finalize_block_events",
      "validator_updates",
      "consensus_param_updates",
      "app_hash",
    ]);
    assertEquals(results.txs_results[0].gas_used, "1152921504606846976");
    assertEquals(results.txs_results[1], {
      code: 5,
      data: "KAE=",
      log: "insufficient funds",
      info: "",
      gas_wanted: "200000",
      gas_used: "1152921504606846976",
      events: [{
        type: "transfer",
        attributes: [
          { key: "recipient", value: "cat1abc", index: true },
          { key: "amount", value: "5ucat", index: false },
        ],
      }],
      codespace: "sdk",
    });
    assertEquals(results.validator_updates, [{
      pub_key: {
        Sum: {
          type: "tendermint.crypto.PublicKey_Ed25519",
          value: { ed25519: new Uint8Array(32).fill(1).toBase64() },
        },
      },
      power: "7",
    }]);
    assertEquals(results.consensus_param_updates, { block: { max_bytes: "1000", max_gas: "-1" } });
  }));

Deno.test("tx with prove shows the transaction under the header's data hash", () =>
  withServer(async ({ call }) => {
    const { proof } = await call("tx", { hash: TX_HASH.toBase64(), prove: true });
    const { header } = await call("header", { height: "3" });
    assertEquals(proof.root_hash, header.data_hash);
    assertEquals(proof.data, TX.toBase64());
    const { total, index, leaf_hash, aunts } = proof.proof;
    const decoded = {
      total: BigInt(total),
      index: BigInt(index),
      leafHash: Uint8Array.fromBase64(leaf_hash),
      aunts: aunts.map((aunt: string) => Uint8Array.fromBase64(aunt)),
    };
    assertEquals(verifyMerkleProof(Uint8Array.fromHex(header.data_hash), decoded, TX_HASH), true);
  }));

Deno.test("a hash is understood as base64 and as hexadecimal, with 0x and quotes or without", () =>
  withServer(async ({ call, get }) => {
    const hex = TX_HASH.toHex();
    for (const hash of [TX_HASH.toBase64(), hex, hex.toUpperCase(), `0x${hex}`]) {
      assertEquals((await call("tx", { hash })).height, "3", hash);
    }
    for (const hash of [hex, `0x${hex}`, `"${hex.toUpperCase()}"`, `"0x${hex}"`]) {
      assertEquals((await get(`/tx?hash=${encodeURIComponent(hash)}`)).json.result?.height, "3", hash);
    }
  }));

Deno.test("a node without index says so instead of finding nothing", () =>
  withServer(async ({ backend, call, fault }) => {
    backend.indexing = false;
    assertEquals((await fault("tx", { hash: TX_HASH.toHex() })).data, "transaction indexing is disabled");
    assertEquals((await fault("tx_search", { query: "tm.event='Tx'" })).data, "transaction indexing is disabled");
    assertEquals((await fault("block_search", { query: "block.height=1" })).data, "block indexing is disabled");
    assertEquals((await call("status")).node_info.other.tx_index, "off");
  }));

Deno.test("tx_search by hash alone is a lookup", () =>
  withServer(async ({ backend, call }) => {
    backend.searchTxs = () => Promise.reject(new Error("searched"));
    const hash = TX_HASH.toHex().toUpperCase();
    const { txs, total_count } = await call("tx_search", { query: `tx.hash='${hash}'`, prove: true });
    assertEquals([total_count, txs[0].hash, txs[0].proof.proof.index], ["1", hash, "1"]);
    assertEquals((await call("tx_search", { query: `tx.hash='${"00".repeat(32)}'` })).txs, []);
  }));

Deno.test("a refusal of the application is a result, one of the mempool an error", () =>
  withServer(async ({ backend, call, fault }) => {
    const params = { tx: TX.toBase64() };
    const check = { ...CHECK_OK, code: 32, codespace: "sdk", log: "account sequence mismatch" };
    backend.admit = () => ({ admitted: false, hash: TX_HASH, check, reason: "checked", log: check.log });
    assertEquals(await call("broadcast_tx_sync", params), {
      code: 32,
      data: "",
      log: "account sequence mismatch",
      codespace: "sdk",
      hash: TX_HASH.toHex().toUpperCase(),
    });
    assertEquals((await call("broadcast_tx_commit", params)).check_tx.code, 32);
    const refuse = (reason: "seen" | "full", log: string) =>
      backend.admit = () => ({ admitted: false, hash: TX_HASH, check: undefined, reason, log });
    refuse("seen", "");
    assertEquals(await fault("broadcast_tx_sync", params), { ...INTERNAL, data: "tx already exists in cache" });
    assertEquals(await fault("broadcast_tx_commit", params), { ...INTERNAL, data: "tx already exists in cache" });
    refuse("full", "mempool is full: number of txs 5 (max: 5)");
    assertEquals((await fault("broadcast_tx_sync", params)).data, "mempool is full: number of txs 5 (max: 5)");
    backend.catchingUp = true;
    assertEquals((await fault("broadcast_tx_sync", params)).data, "endpoint is closed while node is catching up");
  }));

Deno.test("broadcast_tx_commit answers when the block comes", () =>
  withServer(async ({ backend, call }) => {
    const admitted = Promise.withResolvers<void>();
    const admit = backend.admit;
    backend.admit = (tx) => {
      admitted.resolve();
      return admit(tx);
    };
    const answer = call("broadcast_tx_commit", { tx: TX.toBase64() });
    await admitted.promise;
    backend.publish(committedOf(2n));
    backend.publish(committedOf(3n));
    const { height, hash, check_tx, tx_result } = await answer;
    assertEquals([height, hash, check_tx.code, tx_result.code], ["3", TX_HASH.toHex().toUpperCase(), 0, 5]);
    assertEquals(backend.listeners.size, 0);
  }));

Deno.test("broadcast_tx_commit gives up after its own time", () =>
  withServer(async ({ fault, backend }) => {
    const { data } = await fault("broadcast_tx_commit", { tx: TX.toBase64() });
    assertEquals(data, "timed out waiting for tx to be included in a block");
    assertEquals(backend.listeners.size, 0);
  }, { broadcastCommitTimeoutMs: 20 }));

Deno.test("evidence goes in as it comes out", () =>
  withServer(async ({ backend, call, fault }) => {
    let seen = "";
    const bytes = (evidence: Evidence) => Evidence.encode(evidence).finish().toHex();
    const accept = backend.broadcastEvidence;
    backend.broadcastEvidence = (evidence) => {
      seen = bytes(evidence);
      return accept(evidence);
    };
    const evidence = evidenceJson(EVIDENCE) as Json;
    assertEquals((await call("broadcast_evidence", { evidence })).hash, new Uint8Array(32).fill(0xee).toBase64());
    assertEquals(seen, bytes(EVIDENCE));
    const attack = evidenceJson(ATTACK) as Json;
    await call("broadcast_evidence", { evidence: attack });
    assertEquals(seen, bytes(ATTACK));
    attack.value.ByzantineValidators = null;
    const nobody = { lightClientAttackEvidence: { ...ATTACK.lightClientAttackEvidence!, byzantineValidators: [] } };
    await call("broadcast_evidence", { evidence: attack });
    assertEquals(seen, bytes(nobody));
    // 2^64 more than it was: protobuf knows no such height.
    const { header } = attack.value.ConflictingBlock.signed_header;
    header.height = (BigInt(header.height) + (1n << 64n)).toString();
    await call("broadcast_evidence", { evidence: attack });
    assertEquals(seen, bytes(nobody));
    attack.value.ConflictingBlock.validator_set.validators = [5];
    assertEquals((await fault("broadcast_evidence", { evidence: attack })).data, "evidence: validator is missing");
    evidence.value.vote_b.round = "4294967296";
    assertEquals((await fault("broadcast_evidence", { evidence })).data, "evidence: round: not a 32-bit integer");
  }));

Deno.test("health and ready tell probes what they need", () =>
  withServer(async ({ backend, get }: Harness) => {
    assertEquals((await get("/health")).json, { jsonrpc: "2.0", id: -1, result: {} });
    assertEquals((await get("/ready")).status, 200);
    backend.ready = false;
    backend.latest = 0n;
    assertEquals((await get("/ready")).status, 503);
    assertEquals((await get("/health")).status, 200);
    assertEquals((await get("/status")).json.result.sync_info.latest_block_hash, "");
    assertEquals((await get("/block")).json.result.block, null);
  }));

Deno.test("the root lists every method that GET takes", () =>
  withServer(async ({ get }) => {
    const { status, text } = await get("/");
    assertEquals(status, 200);
    assertEquals(text.includes("/tx_search?query=_&amp;prove=_"), true);
    assertEquals(text.includes('href="/status"'), true);
    assertEquals(text.includes("/subscribe"), false);
  }));

Deno.test("a search that would read too much is an error, not an empty page", () =>
  withServer(async ({ backend, fault }) => {
    const refused = { codespace: "sdk", code: 18, message: "search: too broad" };
    backend.searchTxs = () => Promise.resolve({ total: 0, items: [], refused });
    backend.searchBlocks = () => Promise.resolve({ total: 0, items: [], refused });
    for (const method of ["tx_search", "block_search"]) {
      const { code, data } = await fault(method, { query: "a.b CONTAINS 'x'" });
      assertEquals([code, data], [-32603, "search: too broad"]);
    }
  }));

/** Everything a client can get wrong, sent to a real node: a clear error with a code each time, and blocks go on. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { concatBytes } from "../../node/core/bytes.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import type { CatenaryNode } from "../../node/node.ts";
import {
  makeAccount,
  secp256k1AccountOf,
  signMessages,
  signTransfer,
  type TransferOptions,
} from "../helpers/accounts.ts";
import { nextBlock, withNode } from "../helpers/local_node.ts";
import { rpc } from "../helpers/rpc_client.ts";

const dev0 = secp256k1AccountOf(deriveAccounts(DEVELOPMENT_MNEMONIC, 1)[0]!.privateKey);
const stranger = makeAccount("ed25519", 77);
const TX_BYTES_MAX = 4096;
const CONFIG = {
  mempool: { tx_bytes_max: TX_BYTES_MAX, min_gas_prices: "0.001ucat" },
  rpc: { body_bytes_max: 20_000, batch_requests_max: 10, json_depth_max: 16, query_bytes_max: 256 },
};
const RIGHT: TransferOptions = {
  chainId: "catenary-local-1",
  accountNumber: 0n,
  sequence: 0n,
  to: stranger.address,
  amount: "1",
  fee: "1000",
};

const transfer = (options: Partial<TransferOptions> = {}) => signTransfer(dev0, { ...RIGHT, ...options });
const altered = (tx: Uint8Array, at: number) =>
  tx.map((byte, i) => (i === (at + tx.length) % tx.length ? byte ^ 1 : byte));

interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

async function post(node: CatenaryNode, body: string | Uint8Array<ArrayBuffer>): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(node.rpcAddress, { method: "POST", headers, body });
  return { status: response.status, json: await response.json() };
}

async function get(node: CatenaryNode, path: string): Promise<Answer> {
  const response = await fetch(`${node.rpcAddress}/${path}`);
  return { status: response.status, json: await response.json() };
}

const call = (method: string, params?: unknown) => JSON.stringify({ jsonrpc: "2.0", id: 7, method, params });

/** The chain makes further blocks, and takes a good transaction. */
async function assertGoesOn(node: CatenaryNode, sequence: bigint): Promise<void> {
  const before = await nextBlock(node);
  assert(await nextBlock(node) > before);
  const { tx_result } = await rpc(node.rpcAddress, "broadcast_tx_commit", {
    tx: transfer({ sequence }).toBase64(),
  });
  assertEquals(tx_result.code, 0, tx_result.log);
}

Deno.test("bad transactions are refused with code, codespace and reason, in all three ways to send them", async () => {
  await withNode({ config: CONFIG }, async (node) => {
    await assertGoesOn(node, 0n);
    const good = transfer({ sequence: 1n });
    const raw = TxRaw.decode(good);
    const messages = [{ typeUrl: "/foo.v1.MsgBar", value: Uint8Array.of(8, 1) }];
    const cases: [what: string, tx: Uint8Array, code: number, log: RegExp][] = [
      ["nothing", new Uint8Array(), 2, /./],
      ["half of it", good.subarray(0, good.length / 2), 2, /TxRaw/],
      ["all but one byte", good.subarray(0, -1), 2, /TxRaw/],
      ["a byte too much", concatBytes(good, Uint8Array.of(0)), 2, /TxRaw/],
      ["bytes of no protobuf", new Uint8Array(200).fill(0xff), 2, /./],
      ["a length of 2^63", Uint8Array.of(0x0a, 255, 255, 255, 255, 255, 255, 255, 255, 127), 2, /./],
      ["a body cut short", TxRaw.encode({ ...raw, bodyBytes: raw.bodyBytes.slice(0, -3) }).finish(), 2, /TxBody/],
      ["no signature", TxRaw.encode({ ...raw, signatures: [] }).finish(), 15, /signature/],
      ["another chain", transfer({ sequence: 1n, chainId: "other-1" }), 4, /chain-id \(catenary-local-1\)/],
      ["a sequence once more", transfer({ memo: "again" }), 32, /expected 1, got 0/],
      ["a sequence ahead", transfer({ sequence: 9n }), 32, /expected 1, got 9/],
      ["a wrong signature", altered(good, -1), 4, /signature verification failed/],
      [
        "a short signature",
        TxRaw.encode({ ...raw, signatures: [raw.signatures[0]!.slice(1)] }).finish(),
        4,
        /signature/,
      ],
      ["an unknown message", signMessages(dev0, messages, { ...RIGHT, sequence: 1n }), 6, /foo\.v1\.MsgBar/],
      ["too little fee", transfer({ sequence: 1n, fee: "1" }), 13, /required: 200ucat/],
      ["a fee nobody has", transfer({ sequence: 1n, fee: "9".repeat(30) }), 5, /insufficient funds/],
      ["no gas", transfer({ sequence: 1n, gas: 0n }), 41, /gas/],
      ["a negative amount", transfer({ sequence: 1n, amount: "-5" }), 10, /invalid coins/],
      [
        "an address of another chain",
        transfer({ sequence: 1n, to: "cosmos1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn3nst8s" }),
        7,
        /./,
      ],
      [
        "an account that is not",
        signTransfer(makeAccount("secp256k1", 78), { ...RIGHT, accountNumber: 99n }),
        9,
        /does not exist/,
      ],
    ];
    for (const [what, tx, code, log] of cases) {
      const params = { tx: tx.toBase64() };
      const sync = await rpc(node.rpcAddress, "broadcast_tx_sync", params);
      assertEquals([sync.code, sync.codespace], [code, "sdk"], `${what}: ${sync.log}`);
      assertMatch(sync.log, log, what);
      const commit = await rpc(node.rpcAddress, "broadcast_tx_commit", params);
      assertEquals([commit.check_tx.code, commit.height], [code, "0"], what);
      const byUri = await get(node, `broadcast_tx_sync?tx=0x${tx.toHex()}`);
      assertEquals(byUri.json.result?.code, code, `${what} by URI`);
      const async_ = await rpc(node.rpcAddress, "broadcast_tx_async", params);
      assertEquals(async_.code, 0, "async does not wait for the verdict");
    }
    const replay = (await post(node, call("broadcast_tx_sync", { tx: transfer().toBase64() }))).json;
    assertEquals([replay.error?.code, replay.error?.data], [-32603, "tx already exists in cache"]);
    await assertGoesOn(node, 1n);
  });
});

Deno.test("what is too large, too much or twice is refused before it is looked at", async () => {
  await withNode({ config: CONFIG }, async (node) => {
    const large = transfer({ memo: "x".repeat(TX_BYTES_MAX) });
    const { error } = (await post(node, call("broadcast_tx_sync", { tx: large.toBase64() }))).json;
    assertEquals(error.code, -32603);
    assertMatch(error.data, /4096/);
    const body = await post(node, call("broadcast_tx_sync", { tx: "A".repeat(30_000) }));
    assertEquals([body.status, body.json.error.code], [413, -32600]);
    const twice = call("broadcast_tx_sync", { tx: transfer({ gas: 500_000n }).toBase64() });
    assertEquals((await post(node, twice)).json.result.code, 0);
    const again = (await post(node, twice)).json;
    assertEquals([again.error?.code, again.error?.data], [-32603, "tx already exists in cache"]);
    await assertGoesOn(node, 1n);
  });
});

Deno.test("an amount nobody has is paid for in a block, with its code, and nothing is sent", async () => {
  await withNode({ config: CONFIG }, async (node) => {
    const tx = transfer({ amount: "1000000000001" }).toBase64();
    const { tx_result, height } = await rpc(node.rpcAddress, "broadcast_tx_commit", { tx });
    assertEquals([tx_result.code, tx_result.codespace], [5, "sdk"]);
    assertMatch(tx_result.log, /insufficient funds/);
    assert(BigInt(height) > 0n);
    const { balances } = await rpc(node.rpcAddress, "get_account", { address: dev0.address });
    assertEquals(balances, [{ denom: "ucat", amount: "999999999000" }]);
    await assertGoesOn(node, 1n);
  });
});

Deno.test("bad requests are refused with the codes of JSON-RPC", async () => {
  await withNode({ config: CONFIG }, async (node) => {
    const long = `tx.height>0 AND a.b='${"x".repeat(300)}'`;
    const cases: [what: string, body: string | Uint8Array<ArrayBuffer>, code: number][] = [
      ["no JSON", "{", -32700],
      ["nothing", "", -32700],
      ["bytes", new Uint8Array(64).fill(0xfe), -32700],
      ["deep JSON", "[".repeat(10_000), -32700],
      ["deep but whole JSON", call("status", JSON.parse("[".repeat(40) + "]".repeat(40))), -32700],
      ["a number", "1", -32600],
      ["an empty batch", "[]", -32600],
      ["a batch too long", `[${Array(11).fill(call("health")).join()}]`, -32600],
      ["another version", '{"jsonrpc":"1.0","id":1,"method":"health"}', -32600],
      ["no method", '{"jsonrpc":"2.0","id":1}', -32600],
      ["an object as id", '{"jsonrpc":"2.0","id":{},"method":"health"}', -32600],
      ["an unknown method", call("no_such_method"), -32601],
      ["a method of objects", call("__proto__"), -32601],
      ["subscribe without websocket", call("subscribe", { query: "tm.event='NewBlock'" }), -32601],
      ["params that are a string", call("block", "1"), -32600],
      ["a height that is none", call("block", { height: "one" }), -32602],
      ["a height past int64", call("block", { height: "9".repeat(19) + "9" }), -32602],
      ["a transaction that is no base64", call("broadcast_tx_sync", { tx: "***" }), -32602],
      ["no transaction", call("broadcast_tx_sync"), -32602],
      ["too many params", call("block", ["1", "2"]), -32602],
      ["a future height", call("block", { height: "999999999" }), -32603],
      ["height 0", call("block", { height: "0" }), -32603],
      ["a hash of nothing", call("tx", { hash: "00".repeat(32) }), -32603],
      ["a search that does not parse", call("tx_search", { query: "a b c" }), -32603],
      ["a search too long", call("tx_search", { query: long }), -32603],
      ["page 0", call("tx_search", { query: "tx.height>0", page: "0" }), -32603],
      ["an order that is none", call("tx_search", { query: "tx.height>0", order_by: "up" }), -32603],
      ["evidence that is none", call("broadcast_evidence", { evidence: { type: "x" } }), -32602],
    ];
    for (const [what, body, code] of cases) {
      const { json } = await post(node, body);
      assertEquals(json.error?.code, code, `${what}: ${JSON.stringify(json).slice(0, 300)}`);
      assertEquals(json.jsonrpc, "2.0", what);
      assert(json.error.message !== "", what);
    }
    const query = await rpc(node.rpcAddress, "abci_query", { path: "/no.such.v1.Query/Path", data: "" });
    assertEquals([query.response.code, query.response.codespace], [6, "sdk"]);
    const store = await rpc(node.rpcAddress, "abci_query", { path: "/store/nothing/key", data: "00", prove: true });
    assert(store.response.code !== 0);
    const future = await rpc(node.rpcAddress, "abci_query", { path: "/store/bank/key", data: "00", height: "999999" });
    assert(future.response.code !== 0, "a height that is not there yet");
    await assertGoesOn(node, 0n);
  });
});

Deno.test("bad URIs are refused with a code and a status that says so", async () => {
  await withNode({ config: CONFIG }, async (node) => {
    const cases: [path: string, status: number, code: number][] = [
      ["nothing_here", 404, -32601],
      ["block?height=x", 500, -32602],
      ["block?height=-1", 500, -32603],
      ["tx?hash=0xzz", 500, -32602],
      ["tx", 500, -32602],
      ["abci_query?path=%22" + "x".repeat(2000) + "%22", 500, -32602],
      ["tx_search?query=%22" + "x".repeat(300) + "%22", 500, -32603],
      ["tx_search?query=" + "x".repeat(60_000), 414, -32600],
      ["a/b/c", 404, -32601],
    ];
    for (const [path, status, code] of cases) {
      const answer = await get(node, path);
      assertEquals([answer.status, answer.json.error?.code], [status, code], path.slice(0, 60));
    }
    await assertGoesOn(node, 0n);
  });
});

Deno.test("a websocket that talks nonsense gets errors, and its requests go on", async () => {
  await withNode({ config: CONFIG }, async (node) => {
    const socket = new WebSocket(node.rpcAddress.replace("http", "ws") + "/websocket");
    // deno-lint-ignore no-explicit-any
    const answers: any[] = [];
    const texts = [
      "{",
      "[]",
      call("nope"),
      call("subscribe", { query: "tm.event=" }),
      call("subscribe"),
      call("health"),
    ];
    const all = new Promise<void>((resolve, reject) => {
      socket.onerror = () => reject(new Error("the connection broke"));
      socket.onopen = () => texts.forEach((text) => socket.send(text));
      socket.onmessage = ({ data }) => answers.push(JSON.parse(data)) === texts.length && resolve();
    });
    await all;
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
    assertEquals(answers.map(({ error }) => error?.code).sort(), [-32600, -32601, -32602, -32603, -32700, undefined]);
    await assertGoesOn(node, 0n);
  });
});

/** An unmodified Comet38Client calls every method it has, by HTTP and by websocket. @module */
import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { merkleRoot } from "../../mod.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import type { CatenaryNode } from "../../node/node.ts";
import { makeAccount, secp256k1AccountOf, signTransfer } from "../helpers/accounts.ts";
import { nextBlock, withNode } from "../helpers/local_node.ts";

const dev = deriveAccounts(DEVELOPMENT_MNEMONIC, 2).map(({ privateKey }) => secp256k1AccountOf(privateKey));
const receiver = makeAccount("ed25519", 3);

const transfer = (account: 0 | 1, sequence: bigint) =>
  signTransfer(dev[account]!, {
    chainId: "catenary-local-1",
    accountNumber: BigInt(account),
    sequence,
    to: receiver.address,
    amount: "5",
  });

/** Waits for the first event of a stream. */
function first<T>(stream: { subscribe(to: unknown): { unsubscribe(): void } }): Promise<T> {
  return new Promise((resolve, reject) => {
    const subscription = stream.subscribe({
      next: (event: T) => {
        subscription.unsubscribe();
        resolve(event);
      },
      error: reject,
    });
  });
}

/** The client, noting what is called. */
function counting(client: Comet38Client, called: Set<string>): Comet38Client {
  return new Proxy(client, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      called.add(String(name));
      return value.bind(target);
    },
  });
}

/** Not for callers, although JavaScript lists them. */
const INTERNAL = ["constructor", "doCall", "subscribe"];
const SOCKET_ONLY = ["subscribeNewBlock", "subscribeNewBlockHeader", "subscribeTx"];

async function callAll(client: Comet38Client, account: 0 | 1, node: CatenaryNode): Promise<void> {
  const committed = await client.broadcastTxCommit({ tx: transfer(account, 0n) });
  assertEquals([committed.checkTx.code, committed.txResult?.code], [0, 0]);
  const { height, hash } = committed;
  assertEquals((await client.broadcastTxSync({ tx: transfer(account, 1n) })).code, 0);
  assertEquals((await client.broadcastTxAsync({ tx: transfer(account, 2n) })).hash, sha256(transfer(account, 2n)));
  assertGreater((await client.numUnconfirmedTxs()).total, -1);

  const tx = await client.tx({ hash, prove: true });
  assertEquals([tx.height, tx.index, tx.result.code], [height, 0, 0]);
  assertEquals(tx.result.data?.length, committed.txResult?.data?.length);
  const block = await client.block(height);
  assertEquals(block.block.txs.length, 1);
  assertEquals(tx.proof?.rootHash, block.block.header.dataHash);
  assertEquals(merkleRoot([sha256(block.block.txs[0]!)]), block.block.header.dataHash);
  assertEquals((await client.block()).block.header.chainId, "catenary-local-1");
  assertEquals((await client.block(1)).block.lastCommit, null);
  const results = await client.blockResults(height);
  assertEquals([results.height, results.results.length, results.validatorUpdates.length], [height, 1, 0]);
  const query = `transfer.recipient='${receiver.address}' AND tx.height=${height}`;
  assertEquals((await client.txSearch({ query, page: 1, per_page: 1 })).txs.map((one) => one.hash), [hash]);
  assertEquals((await client.txSearchAll({ query, prove: true })).totalCount, 1);
  const heights = { query: `block.height<=${height}`, per_page: 2 };
  assertEquals((await client.blockSearch(heights)).totalCount, height);
  assertEquals((await client.blockSearchAll(heights)).blocks.length, height);
  const chain = await client.blockchain(1, height);
  assertEquals(
    chain.blockMetas.map((meta) => meta.header.height),
    Array.from({ length: height }, (_, i) => height - i),
  );
  assertEquals(chain.blockMetas[0]!.blockId.hash, block.blockId.hash);

  // Canonical is the commit that a further block holds.
  while (node.height <= height) await nextBlock(node);
  const commit = await client.commit(height);
  assertEquals([commit.canonical, commit.commit.height], [true, height]);
  assertEquals(commit.commit.blockId.hash, block.blockId.hash);
  const validators = await client.validators({ height, per_page: 10 });
  assertEquals([validators.total, validators.count, validators.blockHeight], [1, 1, height]);
  assertEquals((await client.validatorsAll(height)).validators, validators.validators);

  const status = await client.status();
  assertEquals(status.validatorInfo.pubkey, validators.validators[0]!.pubkey);
  assertGreater(status.syncInfo.latestBlockHeight, height);
  assertEquals(status.syncInfo.earliestBlockHeight, 1);
  const info = await client.abciInfo();
  assertGreater(info.lastBlockHeight!, height);
  assertEquals(info.lastBlockAppHash?.length, 32);
  const genesis = await client.genesis();
  assertEquals([genesis.chainId, genesis.validators.length], ["catenary-local-1", 1]);
  assertEquals(genesis.validators[0]!.address, validators.validators[0]!.address);
  assertEquals(await client.health(), null);
  const answer = await client.abciQuery({ path: "/store/bank/key", data: Uint8Array.of(2, 1), prove: true, height });
  assertEquals([answer.code, answer.height, answer.proof?.ops.length], [0, height, 2]);
  await assertRejects(() => client.tx({ hash: new Uint8Array(32) }), Error, "not found");
  await assertRejects(() => client.block(10 ** 9), Error, "must be less than or equal");
}

async function callSubscriptions(client: Comet38Client): Promise<void> {
  const newBlock = first<{ header: { height: number } }>(client.subscribeNewBlock());
  const newHeader = first<{ height: number }>(client.subscribeNewBlockHeader());
  const ofTx = first<{ tx: Uint8Array; hash: Uint8Array; result: { code: number } }>(
    client.subscribeTx(`transfer.recipient='${receiver.address}'`),
  );
  // Subscribing has no answer to wait for here: the first block shows that both are in force.
  await Promise.all([newBlock, newHeader]);
  const sent = await client.broadcastTxSync({ tx: transfer(1, 3n) });
  assertEquals(sent.code, 0, sent.log);
  const event = await ofTx;
  assertEquals([event.result.code, event.hash], [0, sent.hash]);
}

const methodsOf = () => Object.getOwnPropertyNames(Comet38Client.prototype).filter((name) => !INTERNAL.includes(name));

// CosmJS starts a timer to reconnect when it disconnects, and leaves it: nothing of ours.
Deno.test("every method of Comet38Client works, by HTTP and by websocket", {
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  await withNode({}, async (node) => {
    const byHttp = new Set<string>(["disconnect"]);
    const http = await Comet38Client.connect(node.rpcAddress);
    await nextBlock(node);
    await callAll(counting(http, byHttp), 0, node);
    http.disconnect();
    assertEquals([...byHttp, ...SOCKET_ONLY].sort(), methodsOf().sort());

    const bySocket = new Set<string>(["disconnect"]);
    const socket = await Comet38Client.connect(node.rpcAddress.replace("http", "ws"));
    await callAll(counting(socket, bySocket), 1, node);
    await nextBlock(node);
    await nextBlock(node);
    await callSubscriptions(counting(socket, bySocket));
    socket.disconnect();
    assertEquals([...bySocket].sort(), methodsOf().sort());
    assert(node.height > 3n);
  });
});

/** Unmodified CosmJS clients decode what this server says: HTTP, batches and websocket. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { StargateClient } from "@cosmjs/stargate";
import { Comet38Client, HttpBatchClient } from "@cosmjs/tendermint-rpc";
import { Any } from "cosmjs-types/google/protobuf/any";
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { QueryAccountResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { QueryAllBalancesResponse, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { sha256 } from "../core/crypto/mod.ts";
import type { QueryInput, QueryOutput } from "../app/ports.ts";
import { blockHash, CHAIN_ID, committedOf, type FakeBackend, txsOf, VALIDATORS } from "./fake_backend_test.ts";
import { type Harness, withServer } from "./server_harness_test.ts";

const TX = txsOf(3n)[1]!;

async function withComet(test: (client: Comet38Client, harness: Harness) => Promise<void>): Promise<void> {
  await withServer(async (harness) => {
    const client = await Comet38Client.connect(harness.url);
    await test(client, harness);
    client.disconnect();
  });
}

Deno.test("Comet38Client decodes status, genesis and abci_info", () =>
  withComet(async (client) => {
    const status = await client.status();
    assertEquals(status.nodeInfo.network, CHAIN_ID);
    assert(status.nodeInfo.version.startsWith("0.38."));
    assertEquals([status.syncInfo.latestBlockHeight, status.syncInfo.earliestBlockHeight], [5, 1]);
    assertEquals(status.validatorInfo.pubkey?.algorithm, "ed25519");
    assertEquals((await client.genesis()).chainId, CHAIN_ID);
    const info = await client.abciInfo();
    assertEquals([info.lastBlockHeight, info.lastBlockAppHash?.length], [5, 32]);
    assertEquals(await client.health(), null);
  }));

Deno.test("Comet38Client decodes blocks, commits, results and validators", () =>
  withComet(async (client) => {
    const { block, blockId } = await client.block(4);
    assertEquals(new Uint8Array(blockId.hash), blockHash(4n));
    assertEquals([block.header.height, block.txs.length, block.evidence.length], [4, 2, 1]);
    assertEquals(block.lastCommit?.signatures.map((signature) => signature.blockIdFlag as number), [2, 1]);
    assertEquals((await client.block(1)).block.lastCommit, null);
    assertEquals([(await client.commit(4)).canonical, (await client.commit()).canonical], [true, false]);
    const results = await client.blockResults(5);
    assertEquals(results.results.map((result) => result.code), [0, 5]);
    assertEquals(results.results[0]!.gasUsed, 2n ** 60n);
    assertEquals(results.results[0]!.events[0]!.attributes[0], { key: "recipient", value: "cat1abc" });
    assertEquals(results.validatorUpdates[0]!.votingPower, 7n);
    assertEquals(results.consensusUpdates?.block, { maxBytes: 1000, maxGas: -1 });
    assertEquals((await client.blockchain(2, 4)).blockMetas.map((meta) => meta.header.height), [4, 3, 2]);
    assertEquals((await client.validatorsAll(5)).validators.length, VALIDATORS);
    assertEquals((await client.blockSearchAll({ query: "block.height='1'" })).totalCount, 5);
    await assertRejects(() => client.block(10), Error, "must be less than or equal to the current blockchain height 5");
  }));

Deno.test("Comet38Client decodes transactions, with proof and by search", () =>
  withComet(async (client, { backend }) => {
    const found = await client.tx({ hash: sha256(TX), prove: true });
    assertEquals([found.height, found.index, found.result.code, found.proof?.proof.total], [3, 1, 5, 2]);
    const all = await client.txSearchAll({ query: "tm.event='Tx'", per_page: 3, prove: true });
    assertEquals([all.totalCount, all.txs.at(-1)?.height], [8, 5]);
    assertEquals(await client.numUnconfirmedTxs(), { total: 3, totalBytes: 30 });
    const sent = await client.broadcastTxSync({ tx: TX });
    assertEquals([sent.code, new Uint8Array(sent.hash)], [0, sha256(TX)]);
    assertEquals(new Uint8Array((await client.broadcastTxAsync({ tx: TX })).hash), sha256(TX));
    const waiting = client.broadcastTxCommit({ tx: TX });
    while (backend.listeners.size === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    backend.publish(committedOf(3n));
    const committed = await waiting;
    assertEquals([committed.height, committed.checkTx.code, committed.txResult?.code], [3, 0, 5]);
    backend.admit = (tx) => ({ admitted: false, hash: sha256(tx), check: undefined, reason: "seen", log: "" });
    await assertRejects(() => client.broadcastTxSync({ tx: TX }), Error, "tx already exists in cache");
  }));

Deno.test("Comet38Client decodes an abci_query with proof", () =>
  withComet(async (client) => {
    const answer = await client.abciQuery({ path: "/store/bank/key", data: new Uint8Array([1, 255]), prove: true });
    assertEquals([answer.code, answer.height, answer.proof?.ops[0]?.type], [0, 5, "ics23:jmt"]);
    assertEquals(new Uint8Array(answer.key), new Uint8Array([1, 255]));
  }));

Deno.test("HttpBatchClient's batches are answered by id", () =>
  withServer(async ({ url }) => {
    const client = Comet38Client.create(new HttpBatchClient(url, { dispatchInterval: 1, batchSizeLimit: 10 }));
    const heights = await Promise.all([1, 2, 3, 4, 5].map((height) => client.block(height)));
    assertEquals(heights.map(({ block }) => block.header.height), [1, 2, 3, 4, 5]);
    client.disconnect();
  }));

// CosmJS starts a timer to reconnect when it disconnects, and leaves it: nothing of ours.
Deno.test(
  "Comet38Client subscribes by websocket to blocks, headers and transactions",
  { sanitizeOps: false, sanitizeResources: false },
  () =>
    withServer(async ({ url, backend }) => {
      const client = await Comet38Client.connect(url.replace("http", "ws"));
      assertEquals((await client.status()).nodeInfo.network, CHAIN_ID);
      const first = <T>(stream: { addListener(l: { next(v: T): void }): void; removeListener(l: object): void }) =>
        new Promise<T>((resolve) => {
          const listener = {
            next(value: T) {
              stream.removeListener(listener);
              resolve(value);
            },
          };
          stream.addListener(listener);
        });
      const block = first(client.subscribeNewBlock());
      const header = first(client.subscribeNewBlockHeader());
      const tx = first(client.subscribeTx("transfer.recipient='cat1abc'"));
      // A round trip on the same connection: the three subscriptions before it have been made.
      await client.health().catch(() => undefined);
      backend.publish(committedOf(5n));
      assertEquals([(await block).header.height, (await block).txs.length], [5, 2]);
      assertEquals((await header).height, 5);
      assertEquals([(await tx).height, new Uint8Array((await tx).hash)], [5, sha256(txsOf(5n)[0]!)]);
      await client.health().catch(() => undefined);
      client.disconnect();
      while (backend.listeners.size > 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }),
);

const ADDRESS = "cat1address";
const COIN = { denom: "ucat", amount: "12" };

function bankAndAuth(backend: FakeBackend): (query: QueryInput) => QueryOutput {
  const other = backend.answer;
  const account = BaseAccount.encode(BaseAccount.fromPartial({ address: ADDRESS, accountNumber: 3n, sequence: 9n }));
  const answers: Record<string, Uint8Array> = {
    "/cosmos.auth.v1beta1.Query/Account": QueryAccountResponse.encode({
      account: Any.fromPartial({ typeUrl: "/cosmos.auth.v1beta1.BaseAccount", value: account.finish() }),
    }).finish(),
    "/cosmos.bank.v1beta1.Query/Balance": QueryBalanceResponse.encode({ balance: COIN }).finish(),
    "/cosmos.bank.v1beta1.Query/AllBalances": QueryAllBalancesResponse.encode({ balances: [COIN] }).finish(),
  };
  return (query) => ({ ...other(query), value: answers[query.path] ?? new Uint8Array(), proofOps: undefined });
}

Deno.test("StargateClient connects, and reads blocks, accounts, balances and transactions", () =>
  withServer(async ({ url, backend, call }) => {
    backend.answer = bankAndAuth(backend);
    const client = await StargateClient.connect(url);
    assertEquals([await client.getChainId(), await client.getHeight()], [CHAIN_ID, 5]);
    assertEquals((await client.getBlock(2)).header.height, 2);
    assertEquals(await client.getBalance(ADDRESS, "ucat"), COIN);
    assertEquals(await client.getSequence(ADDRESS), { accountNumber: 3n, sequence: 9 });
    const tx = await client.getTx(sha256(TX).toHex().toUpperCase());
    assertEquals([tx?.height, tx?.txIndex, tx?.code], [3, 1, 5]);
    assertEquals(await client.getTx("00".repeat(32)), null);
    assertEquals((await client.searchTx("transfer.recipient='cat1abc'")).length, 8);
    client.disconnect();
    assertEquals(await call("get_account", { address: ADDRESS }), {
      address: ADDRESS,
      account_number: "3",
      sequence: "9",
      pub_key: null,
      balances: [COIN],
    });
  }));

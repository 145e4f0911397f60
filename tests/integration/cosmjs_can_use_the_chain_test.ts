/** An unmodified CosmJS against a node in this process. @module */
import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from "@cosmjs/proto-signing";
import {
  assertIsDeliverTxSuccess,
  calculateFee,
  GasPrice,
  SigningStargateClient,
  StargateClient,
} from "@cosmjs/stargate";
import { Comet38Client, connectComet } from "@cosmjs/tendermint-rpc";
import { DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { withNode } from "../helpers/local_node.ts";

const wallet = (...indices: number[]) =>
  DirectSecp256k1HdWallet.fromMnemonic(DEVELOPMENT_MNEMONIC, {
    prefix: "cat",
    hdPaths: indices.map(makeCosmoshubPath),
  });

Deno.test("an unmodified CosmJS reads, sends, waits, searches and reads blocks", async (t) => {
  await withNode({}, async (node) => {
    const [alice, bob] = await (await wallet(0, 1)).getAccounts();
    const client = await SigningStargateClient.connectWithSigner(node.rpcAddress, await wallet(0), {
      broadcastPollIntervalMs: 20,
      gasPrice: GasPrice.fromString("0.01ucat"),
    });
    let hash = "";
    let height = 0;

    await t.step("it connects and knows the chain", async () => {
      assertEquals(await client.getChainId(), "catenary-local-1");
      assertGreater(await client.getHeight(), 0);
      assert(await connectComet(node.rpcAddress) instanceof Comet38Client);
    });
    await t.step("it reads balances and accounts", async () => {
      assertEquals(await client.getBalance(alice!.address, "ucat"), { denom: "ucat", amount: "1000000000000" });
      assertEquals([...await client.getAllBalances(bob!.address)], [{ denom: "ucat", amount: "1000000000000" }]);
      const account = await client.getAccount(alice!.address);
      assertEquals(account?.address, alice!.address);
      assertEquals(account?.sequence, 0);
      assertEquals(await client.getAccount("cat1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq8wqsqj").catch(() => null), null);
    });
    await t.step("it simulates, sends tokens and waits for inclusion", async () => {
      const result = await client.sendTokens(
        alice!.address,
        bob!.address,
        [{ denom: "ucat", amount: "1234" }],
        "auto",
        "hi",
      );
      assertIsDeliverTxSuccess(result);
      hash = result.transactionHash;
      height = result.height;
      assertEquals((await client.getBalance(bob!.address, "ucat")).amount, "1000000001234");
      assertEquals((await client.getAccount(alice!.address))?.sequence, 1);
    });
    await t.step("it finds the transaction by hash and by event", async () => {
      const tx = await client.getTx(hash);
      assertEquals(tx?.height, height);
      assertEquals(tx?.code, 0);
      const byEvent = await client.searchTx([{ key: "transfer.recipient", value: bob!.address }]);
      assertEquals(byEvent.map((found) => found.hash), [hash]);
      const bySender = await client.searchTx(`message.sender='${alice!.address}' AND tx.height=${height}`);
      assertEquals(bySender.map((found) => found.hash), [hash]);
      assertEquals((await client.searchTx([{ key: "transfer.recipient", value: "nobody" }])).length, 0);
    });
    await t.step("it reads blocks", async () => {
      const block = await client.getBlock(height);
      assertEquals(block.header.height, height);
      assertEquals(block.txs.length, 1);
      assertEquals(block.header.chainId, "catenary-local-1");
    });
    await t.step("a refused transaction carries its code", async () => {
      const fee = calculateFee(100_000, GasPrice.fromString("0.01ucat"));
      const tooMuch = [{ denom: "ucat", amount: "99999999999999999" }];
      const result = await client.sendTokens(alice!.address, bob!.address, tooMuch, fee);
      assertEquals(result.code, 5);
      assert(result.rawLog?.includes("insufficient funds"));
    });
    await t.step("two clients in a row, and a wrong signer", async () => {
      const other = await SigningStargateClient.connectWithSigner(node.rpcAddress, await wallet(1));
      const fee = { amount: [], gas: "100000" };
      assertIsDeliverTxSuccess(
        await other.sendTokens(bob!.address, alice!.address, [{ denom: "ucat", amount: "1" }], fee),
      );
      await assertRejects(() => other.sendTokens(alice!.address, bob!.address, [{ denom: "ucat", amount: "1" }], fee));
      other.disconnect();
    });
    client.disconnect();
  });
});

Deno.test("StargateClient reads the transaction of a block through its results", async () => {
  await withNode({}, async (node) => {
    const client = await StargateClient.connect(node.rpcAddress);
    const comet = await Comet38Client.connect(node.rpcAddress);
    const results = await comet.blockResults(1);
    assertEquals(results.height, 1);
    const validators = await comet.validatorsAll(1);
    assertEquals(validators.total, 1);
    const commit = await comet.commit(1);
    assertEquals(commit.header.height, 1);
    const status = await comet.status();
    assertEquals(status.nodeInfo.network, "catenary-local-1");
    comet.disconnect();
    client.disconnect();
  });
});

// CosmJS starts a timer to reconnect when it disconnects, and leaves it: nothing of ours. Last, so that it is found in no other test.
Deno.test(
  "CosmJS follows blocks and transactions by websocket",
  { sanitizeOps: false, sanitizeResources: false },
  async () => {
    await withNode({}, async (node) => {
      const comet = await Comet38Client.connect(node.rpcAddress.replace("http", "ws"));
      const heights: number[] = [];
      const three = Promise.withResolvers<void>();
      const subscription = comet.subscribeNewBlock().subscribe({
        next: (event) => {
          heights.push(event.header.height);
          if (heights.length === 3) three.resolve();
        },
        error: three.reject,
      });
      await three.promise;
      subscription.unsubscribe();
      comet.disconnect();
      assertEquals(heights.slice(0, 3), [heights[0]!, heights[0]! + 1, heights[0]! + 2]);
    });
  },
);

import { assert, assertEquals, assertRejects } from "@std/assert";
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { MerkleProof } from "cosmjs-types/ibc/core/commitment/v1/commitment";
import { balanceKey } from "../../tests/helpers/proofs.ts";
import { nextBlock, withNamedNode } from "../../tests/helpers/local_node.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { IoError } from "../../node/core/errors.ts";
import { checkSealed } from "../../node/core/light/mod.ts";
import { ICS23_SPECS, verifyMembership, verifyNonMembership } from "../../node/core/merkle/mod.ts";
import { queryAccount } from "./account.ts";
import { parseGasPrice } from "./gas_price.ts";
import { RpcEndpoint } from "./rpc_endpoint.ts";
import { ChainSubmitter } from "./submitter.ts";
import { encodeBody, signTx, txHash, unsignedTx } from "./tx.ts";
import { walletOfKey } from "./wallet.ts";

const CHAIN_ID = "catenary-rpc-7";
const wallets = deriveAccounts(DEVELOPMENT_MNEMONIC, 3).map(({ privateKey }) => walletOfKey(privateKey, "cat"));
const [alice, bob, carol] = wallets as [typeof wallets[0], typeof wallets[0], typeof wallets[0]];

const send = (from: string, amount = "7") => ({
  typeUrl: MsgSend.typeUrl,
  value: MsgSend.encode({ fromAddress: from, toAddress: bob.address, amount: [{ denom: "ucat", amount }] }).finish(),
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, IoError)).code;
}

/** A node with one transfer of alice in a block, whose successor is there too. */
async function withChain(use: (endpoint: RpcEndpoint, sent: { hash: string; height: bigint }) => Promise<void>) {
  await withNamedNode(CHAIN_ID, async (node) => {
    const endpoint = new RpcEndpoint({ chainId: CHAIN_ID, addresses: [node.rpcAddress] });
    const gasPrice = parseGasPrice("0.01ucat")!;
    const submitter = new ChainSubmitter({ endpoint, wallets: [alice, carol], gasPrice });
    try {
      const sent = await submitter.submit((signer) => [send(signer)]);
      assert(
        sent.tag === "included",
        JSON.stringify(sent, (_, value) => typeof value === "bigint" ? `${value}` : value),
      );
      while ((await endpoint.latest()).height < sent.height + 1n) await nextBlock(node);
      await use(endpoint, sent);
    } finally {
      submitter.close();
      await endpoint.close();
    }
  });
}

Deno.test("an endpoint reads a node by its RPC", async (t) => {
  await withChain(async (endpoint, { hash, height }) => {
    await t.step("heads, light blocks and proofs belong together", async () => {
      const head = await endpoint.latest();
      assert(head.height > height && head.timeNanos > 1_600_000_000n * 10n ** 9n);
      const block = await endpoint.lightBlock(height + 1n);
      assertEquals(checkSealed(block), { ok: true, value: undefined });
      const { appHash } = block.signedHeader!.header!;
      const key = balanceKey(bob.address, "ucat");
      const there = await endpoint.prove("bank", key, height);
      assertEquals(there.height, { revisionNumber: 7n, revisionHeight: height + 1n });
      const [inner, outer] = MerkleProof.decode(there.proof).proofs as never as Parameters<
        typeof verifyMembership
      >[2][];
      const root = outer!.exist!.value;
      assert(verifyMembership(ICS23_SPECS.tendermint, appHash, outer!, utf8ToBytes("bank"), root));
      assert(verifyMembership(ICS23_SPECS.jmt, root, inner!, key, there.value!));
      const away = balanceKey(bob.address, "unothing");
      const absent = await endpoint.prove("bank", away, height);
      assertEquals(absent.value, undefined);
      assert(verifyNonMembership(ICS23_SPECS.jmt, root, MerkleProof.decode(absent.proof).proofs[0]!, away));
    });
    await t.step("many proofs at one height come at once", async () => {
      const keys = Array.from({ length: 130 }, (_, i) => balanceKey(alice.address, `denom${i}`));
      const proofs = await Promise.all(keys.map((key) => endpoint.prove("bank", key, height)));
      assertEquals(proofs.map(({ value }) => value), keys.map(() => undefined));
      assertEquals(new Set(proofs.map(({ proof }) => proof.toHex())).size > 100, true);
    });
    await t.step("events of blocks and transactions are those that happened", async () => {
      const { txs, height: at } = await endpoint.blockEvents(height);
      assertEquals([at, txs.map((tx) => tx.hash)], [height, [hash]]);
      const transfers = txs[0]!.events.filter(({ type }) => type === "transfer");
      assert(transfers.some(({ attributes }) => attributes.some(({ value }) => value === "7ucat")));
      const tx = await endpoint.transaction(hash);
      assertEquals([tx?.height, tx?.code, tx?.events], [height, 0, txs[0]!.events]);
      assert(tx!.gasUsed > 0n);
      assertEquals(await endpoint.transaction("00".repeat(32)), undefined);
      assertEquals(await endpoint.searchTransactions(`message.sender='${alice.address}'`, 5), [tx!]);
      assertEquals(await endpoint.searchTransactions(`tx.height=${height + 1000n}`, 5), []);
    });
    await t.step("queries are answered at a height, and refused in the chain's words", async () => {
      const path = "/cosmos.bank.v1beta1.Query/Balance";
      const request = QueryBalanceRequest.encode({ address: bob.address, denom: "ucat" }).finish();
      const balanceAt = async (height?: bigint) =>
        BigInt(QueryBalanceResponse.decode(await endpoint.query(path, request, height)).balance!.amount);
      assertEquals(await balanceAt() - await balanceAt(height - 1n), 7n);
      assertEquals(await codeOf(endpoint.query("/no.such/Path", request)), "chain_refused");
      assertEquals(await codeOf(endpoint.lightBlock(height + 100_000n)), "chain_unreachable");
      assertEquals(await codeOf(endpoint.prove("bank", request, height + 100_000n)), "chain_unreachable");
      assertEquals(await codeOf(endpoint.prove("nothing", request, height)), "chain_refused");
    });
    await t.step("simulation and the mempool give verdicts", async () => {
      const account = (await queryAccount(endpoint, alice.address))!;
      assertEquals(await queryAccount(endpoint, alice.address.replace(/.$/, "q")).catch(() => "refused"), "refused");
      const body = encodeBody([send(alice.address)], "");
      const simulated = await endpoint.simulate(unsignedTx(body, alice, account.sequence));
      assert("gasUsed" in simulated && simulated.gasUsed > 10_000n);
      const wrong = await endpoint.simulate(unsignedTx(body, alice, account.sequence + 9n));
      assert("code" in wrong && /expected \d+, got/.test(wrong.log));
      const fee = { gasLimit: 200_000n, amount: 0n, denom: "ucat" };
      const sign = (sequence: bigint) =>
        signTx(body, { chainId: CHAIN_ID, wallet: alice, accountNumber: account.accountNumber, sequence }, fee);
      const { code, codespace } = await endpoint.broadcast(sign(account.sequence + 9n));
      assertEquals([codespace, code], ["sdk", 32]);
      const tx = sign(account.sequence);
      assertEquals((await endpoint.broadcast(tx)).code, 0);
      assertEquals((await endpoint.broadcast(tx)).code, 19, "the same bytes again");
      while (await endpoint.transaction(txHash(tx)) === undefined) await wakeUp(endpoint);
    });
    await t.step("it hears of blocks", () => wakeUp(endpoint));
  });
});

/** Resolves with the next hint of a block. */
function wakeUp(endpoint: RpcEndpoint): Promise<void> {
  return new Promise((resolve) => {
    const end = endpoint.onBlock(() => {
      end();
      resolve();
    });
  });
}

Deno.test("several wallets keep many transactions in flight, each in its place", async () => {
  await withChain(async (endpoint) => {
    const policy = { inFlightMax: 8 };
    const gasPrice = parseGasPrice("0.01ucat")!;
    const submitter = new ChainSubmitter({ endpoint, wallets: [alice, carol], gasPrice, policy });
    const results = await Promise.all(
      Array.from({ length: 40 }, () => submitter.submit((signer) => [send(signer, "1")])),
    );
    assertEquals(results.filter(({ tag }) => tag !== "included"), []);
    const heights = new Set(results.map((result) => result.tag === "included" ? result.height : 0n));
    assert(heights.size < 40, "more than one in a block");
    submitter.close();
  });
});

Deno.test("an address that serves another chain is not used, and the next one is", async () => {
  await withNamedNode("catenary-other-1", async (other) => {
    await withNamedNode(CHAIN_ID, async (node) => {
      const addresses = [other.rpcAddress, "http://127.0.0.1:1", node.rpcAddress];
      const endpoint = new RpcEndpoint({ chainId: CHAIN_ID, addresses });
      const block = await endpoint.lightBlock((await endpoint.latest()).height);
      assertEquals(block.signedHeader!.header!.chainId, CHAIN_ID);
      await endpoint.close();
      const lost = new RpcEndpoint({ chainId: CHAIN_ID, addresses: [other.rpcAddress] });
      assertEquals(await codeOf(lost.latest()), "chain_bad_answer");
      await lost.close();
    });
  });
});

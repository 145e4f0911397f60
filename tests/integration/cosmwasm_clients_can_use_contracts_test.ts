/** An unmodified CosmWasm client of CosmJS against a node in this process. @module */
import { assertEquals, assertGreater, assertRejects } from "@std/assert";
import { CosmWasmClient, SigningCosmWasmClient, type SigningCosmWasmClientOptions } from "@cosmjs/cosmwasm-stargate";
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from "@cosmjs/proto-signing";
import { createProtobufRpcClient, GasPrice, QueryClient } from "@cosmjs/stargate";
import { connectComet } from "@cosmjs/tendermint-rpc";
import { QueryClientImpl } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { homePaths } from "../../node/config/mod.ts";
import { DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { initHomeWithGenesis } from "../../node/home.ts";
import { withNode } from "../helpers/local_node.ts";
import { MemoryTestnet } from "../helpers/memory_testnet.ts";

/**
 * The client is of an older release than the other packages and knows their `GasPrice` only by its shape, which is how it takes one
 * that may change: the chain has no market for gas, so it stays.
 */
const OPTIONS = {
  broadcastPollIntervalMs: 20,
  gasPrice: { minGasPrice: GasPrice.fromString("0.01ucat"), denom: "ucat" },
} as unknown as SigningCosmWasmClientOptions;

const contract = (name: string) => Deno.readFile(new URL(`../vectors/cosmwasm/${name}.wasm`, import.meta.url));

async function signer(rpc: string, index: number) {
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(DEVELOPMENT_MNEMONIC, {
    prefix: "cat",
    hdPaths: [makeCosmoshubPath(index)],
  });
  const [account] = await wallet.getAccounts();
  return { address: account!.address, client: await SigningCosmWasmClient.connectWithSigner(rpc, wallet, OPTIONS) };
}

type Events = readonly { type: string; attributes: readonly { key: string; value: string }[] }[];

/** `key=value` of each event of a type, in order. */
const told = (events: Events, type: string) =>
  events.filter((event) => event.type === type).map(({ attributes }) =>
    attributes.map(({ key, value }) => `${key}=${value}`).join(" ")
  );

const tokenInit = (address: string) => ({
  name: "Token",
  symbol: "TOK",
  decimals: 6,
  initial_balances: [{ address, amount: "1000" }],
  mint: { minter: address },
});

Deno.test("an unmodified CosmWasm client uploads, instantiates, executes, migrates, queries and searches", async (t) => {
  await withNode({}, async (node) => {
    // Not dev0, who is an admin of the chain and may change every contract.
    const { address: alice, client } = await signer(node.rpcAddress, 1);
    const { address: bob, client: other } = await signer(node.rpcAddress, 2);
    const reader = await CosmWasmClient.connect(node.rpcAddress);
    const code = await contract("cw20_base");
    let codeId = 0;
    let token = "";
    let transferred = "";

    await t.step("upload, with the gas simulated", async () => {
      const uploaded = await client.upload(alice, code, "auto");
      codeId = uploaded.codeId;
      assertEquals(codeId, 1);
      assertEquals(told(uploaded.events, "store_code"), [
        `code_checksum=${uploaded.checksum} code_id=1 msg_index=0`,
      ]);
      assertGreater(Number(uploaded.gasWanted), Number(uploaded.gasUsed));
    });
    await t.step("codes, and their bytes", async () => {
      const [listed, ...more] = await reader.getCodes();
      assertEquals([listed?.id, listed?.creator, more.length], [1, alice, 0]);
      const details = await reader.getCodeDetails(codeId);
      assertEquals(details.data, code);
      assertEquals(details.checksum, listed?.checksum);
    });
    await t.step("instantiate", async () => {
      const made = await client.instantiate(alice, codeId, tokenInit(alice), "token", "auto", { admin: alice });
      token = made.contractAddress;
      assertEquals(told(made.events, "instantiate"), [`_contract_address=${token} code_id=1 msg_index=0`]);
      const info = await reader.getContract(token);
      assertEquals(info, {
        address: token,
        codeId,
        creator: alice,
        admin: alice,
        label: "token",
        ibcPortId: undefined,
      });
      assertEquals([...await reader.getContracts(codeId)], [token]);
      assertEquals([...await reader.getContractsByCreator(alice)], [token]);
    });
    await t.step("instantiate2 gives the address that was told before", async () => {
      const salt = new TextEncoder().encode("salt");
      const comet = await connectComet(node.rpcAddress);
      const queries = new QueryClientImpl(createProtobufRpcClient(new QueryClient(comet)));
      const { address } = await queries.BuildAddress({
        codeHash: (await reader.getCodes())[0]!.checksum,
        creatorAddress: alice,
        salt: salt.toHex(),
        initArgs: new Uint8Array(),
      });
      const made = await client.instantiate2(alice, codeId, salt, tokenInit(bob), "token 2", "auto");
      assertEquals(made.contractAddress, address);
      assertEquals((await reader.getContracts(codeId)).length, 2);
      await assertRejects(() => client.instantiate2(alice, codeId, salt, tokenInit(bob), "again", "auto"), Error);
      comet.disconnect();
    });
    await t.step("execute, and what the contract tells in events", async () => {
      const sent = await client.execute(alice, token, { transfer: { recipient: bob, amount: "5" } }, "auto", "memo");
      transferred = sent.transactionHash;
      assertEquals(told(sent.events, "execute"), [`_contract_address=${token} msg_index=0`]);
      assertEquals(told(sent.events, "wasm"), [
        `_contract_address=${token} action=transfer from=${alice} to=${bob} amount=5 msg_index=0`,
      ]);
      assertEquals(await reader.queryContractSmart(token, { balance: { address: bob } }), { balance: "5" });
    });
    await t.step("executeMultiple: all or nothing", async () => {
      const transfer = (amount: string) => ({
        contractAddress: token,
        msg: { transfer: { recipient: bob, amount } },
      });
      const sent = await client.executeMultiple(alice, [transfer("1"), transfer("2")], "auto");
      assertEquals(told(sent.events, "wasm").map((line) => line.slice(-11)), ["msg_index=0", "msg_index=1"]);
      const fee = { amount: [], gas: "2000000" };
      await assertRejects(
        () => client.executeMultiple(alice, [transfer("1"), transfer("100000")], fee),
        Error,
        "execute wasm contract failed",
      );
      assertEquals(await reader.queryContractSmart(token, { balance: { address: bob } }), { balance: "8" });
    });
    await t.step("smart and raw queries, and refusals of them", async () => {
      const info = await reader.queryContractSmart(token, { token_info: {} });
      assertEquals(info, { name: "Token", symbol: "TOK", decimals: 6, total_supply: "1000" });
      const raw = await reader.queryContractRaw(token, new TextEncoder().encode("token_info"));
      assertEquals(JSON.parse(new TextDecoder().decode(raw!)).symbol, "TOK");
      await assertRejects(() => reader.queryContractSmart(token, { nothing: {} }), Error, "query wasm contract failed");
      await assertRejects(() => reader.queryContractSmart(alice, { token_info: {} }), Error, "no such contract");
      await assertRejects(() => reader.queryContractRaw(alice, new Uint8Array(1)), Error, "no such contract");
    });
    await t.step("transactions are found by what contracts told", async () => {
      const byRecipient = await reader.searchTx([
        { key: "wasm._contract_address", value: token },
        { key: "wasm.amount", value: "5" },
      ]);
      assertEquals(byRecipient.map(({ hash }) => hash), [transferred]);
      const all = await reader.searchTx(`execute._contract_address='${token}'`);
      assertEquals(all.length, 2);
      assertEquals(all[0]?.msgResponses[0]?.typeUrl, "/cosmwasm.wasm.v1.MsgExecuteContractResponse");
    });
    await t.step("migrate, and the history of a contract", async () => {
      const hackatom = await client.upload(alice, await contract("hackatom"), "auto");
      const made = await client.instantiate(
        alice,
        hackatom.codeId,
        { verifier: alice, beneficiary: bob },
        "escrow",
        "auto",
        { admin: alice, funds: [{ denom: "ucat", amount: "7" }] },
      );
      const again = await client.upload(alice, await contract("hackatom"), "auto");
      assertEquals(again.codeId, hackatom.codeId + 1);
      const migrated = await client.migrate(alice, made.contractAddress, again.codeId, { verifier: bob }, "auto");
      assertEquals(told(migrated.events, "migrate"), [
        `code_id=${again.codeId} _contract_address=${made.contractAddress} msg_index=0`,
      ]);
      assertEquals(await reader.queryContractSmart(made.contractAddress, { verifier: {} }), { verifier: bob });
      assertEquals([...await reader.getContractCodeHistory(made.contractAddress)], [
        { operation: "Init", codeId: hackatom.codeId, msg: { verifier: alice, beneficiary: bob } },
        { operation: "Migrate", codeId: again.codeId, msg: { verifier: bob } },
      ]);
      assertEquals((await reader.getBalance(made.contractAddress, "ucat")).amount, "7");
      await assertRejects(() => other.migrate(bob, made.contractAddress, again.codeId, { verifier: bob }, "auto"));
    });
    await t.step("updateAdmin and clearAdmin", async () => {
      const updated = await client.updateAdmin(alice, token, bob, "auto");
      assertEquals(told(updated.events, "update_contract_admin"), [
        `_contract_address=${token} new_admin_address=${bob} msg_index=0`,
      ]);
      assertEquals((await reader.getContract(token)).admin, bob);
      await assertRejects(() => client.clearAdmin(alice, token, "auto"));
      await other.clearAdmin(bob, token, "auto");
      assertEquals((await reader.getContract(token)).admin, undefined);
    });
    for (const each of [client, other, reader]) each.disconnect();
  });
});

Deno.test("a transaction with the largest contract there may be passes simulation, RPC, mempool and block", async () => {
  await withNode({}, async (node) => {
    const { address, client } = await signer(node.rpcAddress, 2);
    const code = largest(await contract("cw20_base"));
    assertEquals(code.length, 800 * 1024);
    // As it is: `upload` would compress it.
    const message = { typeUrl: "/cosmwasm.wasm.v1.MsgStoreCode", value: { sender: address, wasmByteCode: code } };
    const sent = await client.signAndBroadcast(address, [message], "auto");
    assertEquals(sent.code, 0, sent.rawLog);
    assertEquals((await client.getCodeDetails(1)).data, code);
    const made = await client.instantiate(address, 1, tokenInit(address), "large", "auto");
    assertEquals((await client.getContract(made.contractAddress)).codeId, 1);
    client.disconnect();
  });
});

Deno.test("the largest contract reaches a validator through a full node, and comes back in a block", async () => {
  // Time enough between blocks that a busy machine does not leave the full node behind, which then takes nothing.
  const net = await MemoryTestnet.make({ validators: 1, config: { consensus: { block_time_ms: 300 } } });
  const home = await Deno.makeTempDir();
  try {
    await net.startAll();
    const genesis = JSON.parse(await Deno.readTextFile(homePaths(net.homes[0]!.home).genesis));
    await initHomeWithGenesis(home, { genesis, full: true });
    const quiet = { rpc: { listen: "127.0.0.1:0" }, observability: { metrics_listen: "" as const } };
    const { node } = await net.start(1, { home, config: quiet });
    await net.until(() => !node.catchingUp);
    const { address, client } = await signer(node.rpcAddress, 0);
    const code = largest(await contract("cw20_base"));
    const message = { typeUrl: "/cosmwasm.wasm.v1.MsgStoreCode", value: { sender: address, wasmByteCode: code } };
    const sent = await client.signAndBroadcast(address, [message], "auto");
    assertEquals(sent.code, 0, sent.rawLog);
    assertEquals((await client.getCodeDetails(1)).data, code);
    assertEquals(node.bans, []);
    client.disconnect();
  } finally {
    await net.close();
    await Deno.remove(home, { recursive: true });
  }
});

/** The contract with a custom section of noise, so that it has 800 KiB. */
function largest(code: Uint8Array): Uint8Array {
  const noise = new Uint8Array(800 * 1024 - code.length - 6);
  let state = 0x2545f491;
  for (let i = 0; i < noise.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    noise[i] = state;
  }
  const content = [1, "x".charCodeAt(0)];
  const length = content.length + noise.length;
  const leb = [length & 0x7f | 0x80, length >> 7 & 0x7f | 0x80, length >> 14];
  return Uint8Array.from([...code, 0, ...leb, ...content, ...noise]);
}

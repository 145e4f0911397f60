/** Contracts that do not come to an end are asked by strangers, for free: blocks and other queries go on. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { QuerySmartContractStateRequest, QuerySmartContractStateResponse } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { MsgInstantiateContract, MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { BECH32_PREFIX, deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { AddressCodec } from "../../node/core/address.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { classicAddress } from "../../node/modules/wasm/mod.ts";
import type { CatenaryNode } from "../../node/node.ts";
import { secp256k1AccountOf, signMessages } from "../helpers/accounts.ts";
import { contractCode } from "../helpers/contract_code.ts";
import { hostileCode } from "../helpers/hostile_contracts.ts";
import { nextBlock, withNode } from "../helpers/local_node.ts";
import { rpc } from "../helpers/rpc_client.ts";

const dev0 = secp256k1AccountOf(deriveAccounts(DEVELOPMENT_MNEMONIC, 1)[0]!.privateKey);
const [BOMB, TOKEN] = [classicAddress(1n, 1n), classicAddress(2n, 2n)].map((bytes) =>
  new AddressCodec(BECH32_PREFIX).of(bytes).text
);

/** As much memory as is not large, so that code does not count more; in lines of 64 bytes. */
const PAGES = 24, LINES = PAGES * 1024;

/**
 * Puts into each line the address of another, so that they make one circle in no order, and then follows it without end: loads that
 * wait for each other, each from beyond the nearest cache, are what takes longest for its gas (some ten seconds for that of a query).
 */
const ENDLESS = `
  i32.const ${LINES} local.set 0
  loop
    local.get 0 i32.const 1 i32.sub local.tee 0 i32.const 64 i32.mul
    local.get 0 i32.const 7153 i32.mul i32.const 7919 i32.add i32.const ${LINES} i32.rem_u i32.const 64 i32.mul
    i32.store
    local.get 0 br_if 0
  end
  loop
    local.get 0 ${"i32.load ".repeat(64)} local.set 0
    br 0
  end
  i32.const 16`;

async function query(node: CatenaryNode, contract: string, message: unknown) {
  const request = QuerySmartContractStateRequest.fromPartial({
    address: contract,
    queryData: utf8ToBytes(JSON.stringify(message)),
  });
  const { response } = await rpc(node.rpcAddress, "abci_query", {
    path: "/cosmwasm.wasm.v1.Query/SmartContractState",
    data: QuerySmartContractStateRequest.encode(request).finish().toHex(),
  });
  return { code: response.code as number, log: response.log as string, value: response.value as string };
}

async function upload(node: CatenaryNode): Promise<void> {
  const sender = dev0.address;
  const token = {
    name: "Token",
    symbol: "TOK",
    decimals: 0,
    initial_balances: [{ address: sender, amount: "7" }],
  };
  const store = (wasmByteCode: Uint8Array) => ({
    typeUrl: MsgStoreCode.typeUrl,
    value: MsgStoreCode.encode(MsgStoreCode.fromPartial({ sender, wasmByteCode })).finish(),
  });
  const make = (codeId: bigint, message: unknown) => {
    const made = { sender, codeId, label: "test", msg: utf8ToBytes(JSON.stringify(message)) };
    return {
      typeUrl: MsgInstantiateContract.typeUrl,
      value: MsgInstantiateContract.encode(MsgInstantiateContract.fromPartial(made)).finish(),
    };
  };
  const tx = signMessages(
    dev0,
    [
      store(hostileCode({ query: ENDLESS, pages: PAGES })),
      make(1n, {}),
      store(contractCode("cw20_base")),
      make(2n, token),
    ],
    { chainId: node.chainId, accountNumber: 0n, sequence: 0n, gas: 40_000_000n, fee: "1000000" },
  );
  const { tx_result } = await rpc(node.rpcAddress, "broadcast_tx_commit", { tx: tx.toBase64() });
  assertEquals(tx_result.log, "");
}

async function assertTokenAnswers(node: CatenaryNode): Promise<void> {
  const { code, log, value } = await query(node, TOKEN!, { balance: { address: dev0.address } });
  assertEquals([code, log], [0, ""]);
  const { data } = QuerySmartContractStateResponse.decode(Uint8Array.fromBase64(value));
  assertEquals(new TextDecoder().decode(data), '{"balance":"7"}');
}

Deno.test("a query that does not come to an end is ended with a coded answer, and a thread is there for the next one", async () => {
  const config = { execution: { query_threads: 1 }, rpc: { query_timeout_ms: 400 } };
  await withNode({ config, metricsListen: "127.0.0.1:0" }, async (node) => {
    await upload(node);
    const { code, log } = await query(node, BOMB!, {});
    assertEquals(code, 11);
    assertMatch(log, /did not end within \d+ ms, which is the limit of this node and not of the chain: out of gas$/);
    assertEquals((await query(node, BOMB!, {})).code, 11, "its thread is there again");
    const metrics = await (await fetch(node.metricsAddress!)).text();
    assertMatch(metrics, /^catenary_query_ended_total\{how="late"\} 2$/m);
  });
});

Deno.test("while contracts are asked that do not come to an end, blocks are made and others answer; the node stops at once", async () => {
  const config = { execution: { query_threads: 2 }, rpc: { query_timeout_ms: 600_000, request_timeout_ms: 600_000 } };
  let bomb: ReturnType<typeof query> | undefined;
  await withNode({ config }, async (node) => {
    await upload(node);
    await assertTokenAnswers(node);
    let isOver = false;
    bomb = query(node, BOMB!, {}).finally(() => isOver = true);
    bomb.catch(() => {});
    for (let blocks = 0; blocks < 3; blocks++) await nextBlock(node);
    await assertTokenAnswers(node);
    assertEquals(isOver, false, "what was to last was over before the others");
  });
  const ended = await bomb!.catch(() => undefined);
  assert(ended === undefined || ended.code === 4, `${ended?.log}`);
});

import { assert, assertEquals } from "@std/assert";
import {
  GetBlockByHeightRequest,
  GetBlockByHeightResponse,
  GetLatestBlockResponse,
  GetLatestValidatorSetResponse,
  GetNodeInfoResponse,
  GetSyncingResponse,
  GetValidatorSetByHeightRequest,
  GetValidatorSetByHeightResponse,
} from "cosmjs-types/cosmos/base/tendermint/v1beta1/query";
import {
  GetTxRequest,
  GetTxResponse,
  GetTxsEventRequest,
  GetTxsEventResponse,
  OrderBy,
} from "cosmjs-types/cosmos/tx/v1beta1/service";
import { sha256 } from "../core/crypto/mod.ts";
import { CHAIN_ID, txsOf, VALIDATORS } from "./fake_backend_test.ts";
import { type Harness, withServer } from "./server_harness_test.ts";

const TX_SERVICE = "/cosmos.tx.v1beta1.Service/";
const BLOCK_SERVICE = "/cosmos.base.tendermint.v1beta1.Service/";

async function ask(call: Harness["call"], path: string, data: Uint8Array = new Uint8Array()) {
  const { response } = await call("abci_query", { path, data: data.toHex() });
  return {
    code: response.code as number,
    log: response.log as string,
    value: response.value === null ? new Uint8Array() : Uint8Array.fromBase64(response.value),
  };
}

Deno.test("GetTx finds a transaction by its hash", () =>
  withServer(async ({ call, backend }) => {
    const tx = txsOf(3n)[1]!;
    const request = (hash: string) => GetTxRequest.encode({ hash }).finish();
    const { code, value } = await ask(call, TX_SERVICE + "GetTx", request(sha256(tx).toHex()));
    const { txResponse } = GetTxResponse.decode(value);
    assertEquals([code, txResponse?.height, txResponse?.code, txResponse?.data], [0, 3n, 5, "2801"]);
    assertEquals(txResponse?.timestamp, "2023-11-14T22:13:23.12Z");
    assertEquals(new Uint8Array(txResponse!.tx!.value), tx);
    const missing = await ask(call, TX_SERVICE + "GetTx", request("00".repeat(32)));
    assertEquals(missing.code, 22);
    assert(missing.log.startsWith("rpc error: code = NotFound desc = tx not found"));
    assertEquals((await ask(call, TX_SERVICE + "GetTx", request("xyz"))).code, 18);
    assertEquals((await ask(call, TX_SERVICE + "GetTx", new Uint8Array([0xff]))).code, 18);
    assertEquals(backend.queries, []);
  }));

Deno.test("GetTxsEvent searches by query or by events, in pages and either order", () =>
  withServer(async ({ call }) => {
    const search = async (fields: Partial<GetTxsEventRequest>) => {
      const request = GetTxsEventRequest.encode({ ...GetTxsEventRequest.fromPartial({}), ...fields }).finish();
      const { code, value } = await ask(call, TX_SERVICE + "GetTxsEvent", request);
      assertEquals(code, 0);
      return GetTxsEventResponse.decode(value);
    };
    const page = await search({ query: "tm.event='Tx'", page: 2n, limit: 3n });
    assertEquals([page.total, page.txResponses.map(({ height }) => height)], [8n, [3n, 4n, 4n]]);
    const descending = await search({ events: ["tm.event='Tx'", "a.b='c'"], orderBy: OrderBy.ORDER_BY_DESC });
    assertEquals(descending.txResponses[0]?.height, 5n);
    const none = GetTxsEventRequest.encode(GetTxsEventRequest.fromPartial({})).finish();
    assertEquals((await ask(call, TX_SERVICE + "GetTxsEvent", none)).code, 18);
  }));

Deno.test("the block service answers from blocks and validators", () =>
  withServer(async ({ call, backend }) => {
    const get = async (name: string, data?: Uint8Array) => (await ask(call, BLOCK_SERVICE + name, data)).value;
    assertEquals(GetNodeInfoResponse.decode(await get("GetNodeInfo")).defaultNodeInfo?.network, CHAIN_ID);
    assertEquals(GetSyncingResponse.decode(await get("GetSyncing")).syncing, false);
    assertEquals(GetLatestBlockResponse.decode(await get("GetLatestBlock")).block?.header.height, 5n);
    const byHeight = (height: bigint) => GetBlockByHeightRequest.encode({ height }).finish();
    const two = GetBlockByHeightResponse.decode(await get("GetBlockByHeight", byHeight(2n)));
    assertEquals([two.block?.header.height, two.sdkBlock?.header.chainId], [2n, CHAIN_ID]);
    const latest = GetLatestValidatorSetResponse.decode(await get("GetLatestValidatorSet"));
    assertEquals([latest.blockHeight, latest.validators.length], [5n, VALIDATORS]);
    const request = GetValidatorSetByHeightRequest.fromPartial({ height: 6n, pagination: { offset: 40n, limit: 3n } });
    const some = await get("GetValidatorSetByHeight", GetValidatorSetByHeightRequest.encode(request).finish());
    assertEquals(GetValidatorSetByHeightResponse.decode(some).validators.length, 3);
    assertEquals((await ask(call, BLOCK_SERVICE + "GetBlockByHeight", byHeight(9n))).code, 18);
    assertEquals((await ask(call, BLOCK_SERVICE + "GetBlockByHeight", byHeight(0n))).code, 18);
    backend.latest = 0n;
    assertEquals((await ask(call, BLOCK_SERVICE + "GetLatestBlock")).code, 18);
  }));

Deno.test("other paths are the application's", () =>
  withServer(async ({ call, backend }) => {
    await ask(call, "/cosmos.bank.v1beta1.Query/Balance", new Uint8Array([1]));
    assertEquals(backend.queries, [{
      path: "/cosmos.bank.v1beta1.Query/Balance",
      data: new Uint8Array([1]),
      height: 0n,
      prove: false,
    }]);
  }));

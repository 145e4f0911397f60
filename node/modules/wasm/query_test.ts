import { assert, assertEquals } from "@std/assert";
import {
  QueryAllContractStateRequest,
  QueryAllContractStateResponse,
  QueryBuildAddressRequest,
  QueryBuildAddressResponse,
  QueryCodeInfoRequest,
  QueryCodeInfoResponse,
  QueryCodeRequest,
  QueryCodeResponse,
  QueryCodesRequest,
  QueryCodesResponse,
  QueryContractHistoryRequest,
  QueryContractHistoryResponse,
  QueryContractInfoRequest,
  QueryContractInfoResponse,
  QueryContractsByCodeRequest,
  QueryContractsByCodeResponse,
  QueryContractsByCreatorRequest,
  QueryContractsByCreatorResponse,
  QueryParamsRequest,
  QueryParamsResponse,
  QueryPinnedCodesRequest,
  QueryPinnedCodesResponse,
  QueryRawContractStateRequest,
  QueryRawContractStateResponse,
  QuerySmartContractStateRequest,
  QuerySmartContractStateResponse,
  QueryWasmLimitsConfigRequest,
  QueryWasmLimitsConfigResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/query";
import {
  AccessType,
  CodeInfo,
  ContractCodeHistoryEntry,
  ContractCodeHistoryOperationType,
  ContractInfo,
} from "cosmjs-types/cosmwasm/wasm/v1/types";
import type { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { testContext } from "../../../tests/helpers/context.ts";
import type { QueryContext } from "../../app/ports.ts";
import { AddressCodec } from "../../core/address.ts";
import { concatBytes, utf8ToBytes } from "../../core/bytes.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok } from "../../core/result.ts";
import { WasmKeeper, type WasmParts } from "./keeper.ts";
import { bytesKey, contractStore, STORE } from "./keys.ts";
import { wasmQueries } from "./query.ts";
import { SMART_QUERY_GAS_MAX } from "./query_smart_state.ts";

const codec = new AddressCodec("cat");
const creator = codec.of(new Uint8Array(20).fill(1));
const addresses = Array.from({ length: 130 }, (_, i) => codec.of(new Uint8Array(32).fill(i + 2)));
const contract = addresses[0]!;
const position = (blockHeight: bigint) => ({ blockHeight, txIndex: 0n });
const codeHash = new Uint8Array(32).fill(7);
const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d);

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
  // Partial as generated code has it.
  // deno-lint-ignore no-explicit-any
  fromPartial(message: any): T;
}

/** A chain with 130 codes and 130 contracts of the first code. */
function chain(own = codec) {
  const context = testContext({ height: 9n });
  const asked: { gas: number; message: string }[] = [];
  const keeper = new WasmKeeper({ codec: own } as unknown as WasmParts);
  const { view } = context;
  for (let id = 1n; id <= 130n; id++) {
    keeper.setCodeInfo(
      view,
      id,
      CodeInfo.fromPartial({
        creator: creator.text,
        codeHash,
        instantiateConfig: { permission: AccessType.ACCESS_TYPE_EVERYBODY, addresses: [] },
      }),
    );
    keeper.setPinned(view, id, id % 2n === 0n);
  }
  view.set(STORE, bytesKey(codeHash), bytes);
  addresses.forEach((address, i) => {
    keeper.addToCode(view, 1n, position(BigInt(i)), address.bytes);
    keeper.addToCreator(view, creator.bytes, position(BigInt(i)), address.bytes);
    view.set(STORE, concatBytes(contractStore(contract.bytes), Uint8Array.of(i)), Uint8Array.of(i, i));
  });
  keeper.setContractInfo(
    view,
    contract.bytes,
    ContractInfo.fromPartial({ codeId: 1n, creator: creator.text, label: "l", created: position(3n) }),
  );
  const entry = { operation: ContractCodeHistoryOperationType.CONTRACT_CODE_HISTORY_OPERATION_TYPE_INIT, codeId: 1n };
  keeper.appendHistory(
    view,
    contract.bytes,
    ContractCodeHistoryEntry.fromPartial({ ...entry, updated: position(3n), msg: utf8ToBytes("{}") }),
  );
  const queries = new Map(
    wasmQueries(keeper, (_keeper, _query, address, message, gas) => {
      asked.push({ gas, message: new TextDecoder().decode(message) });
      return address === contract
        ? ok(utf8ToBytes('{"a":1}'))
        : err(sdkRefusal("outOfGas", "out of gas in location: x"));
    }).map((handler) => [handler.path, handler]),
  );
  const query: QueryContext = { view, height: 9n, chainId: "test-1", time: 0n };
  const send = (method: string, data: Uint8Array) =>
    queries.get(`/cosmwasm.wasm.v1.Query/${method}`)!.handle(query, data);
  const ask = <Q, R>(method: string, request: Codec<Q>, response: Codec<R>, fields: unknown) => {
    const answer = send(method, request.encode(request.fromPartial(fields)).finish());
    return answer.ok ? response.decode(answer.value) : answer.error;
  };
  return { ask, send, asked, queries };
}

Deno.test("wasm queries: one contract, one code, parameters and limits", () => {
  const { ask } = chain();
  const { address } = { address: contract.text };
  const info = ask("ContractInfo", QueryContractInfoRequest, QueryContractInfoResponse, { address });
  assert("contractInfo" in info);
  assertEquals([info.address, info.contractInfo?.label, info.contractInfo?.codeId], [address, "l", 1n]);
  const history = ask("ContractHistory", QueryContractHistoryRequest, QueryContractHistoryResponse, { address });
  assert("entries" in history);
  assertEquals(history.entries.map(({ codeId, operation }) => [codeId, operation]), [[1n, 1]]);
  const code = ask("Code", QueryCodeRequest, QueryCodeResponse, { codeId: 1n });
  assert("data" in code);
  assertEquals([code.data, code.codeInfo?.dataHash], [bytes, codeHash]);
  const codeInfo = ask("CodeInfo", QueryCodeInfoRequest, QueryCodeInfoResponse, { codeId: 2n });
  assert("checksum" in codeInfo);
  assertEquals([codeInfo.codeId, codeInfo.creator, codeInfo.checksum], [2n, creator.text, codeHash]);
  const params = ask("Params", QueryParamsRequest, QueryParamsResponse, {});
  assert("params" in params);
  assertEquals(params.params.instantiateDefaultPermission, AccessType.ACCESS_TYPE_EVERYBODY);
  const limits = ask("WasmLimitsConfig", QueryWasmLimitsConfigRequest, QueryWasmLimitsConfigResponse, {});
  assert("config" in limits);
  assertEquals(JSON.parse(limits.config).max_imports, 100);
});

Deno.test("wasm queries: pages have at most a hundred entries and go on from keys", () => {
  const { ask } = chain();
  const page = (fields: Partial<PageRequest>) => ({ pagination: fields });
  const walk = (method: string, request: Codec<unknown>, response: Codec<unknown>, fields: object, list: string) => {
    const first = ask(method, request, response, fields) as Record<string, unknown[]> & {
      pagination: { nextKey: Uint8Array; total: bigint };
    };
    const { nextKey: key, total } = first.pagination;
    assertEquals(total, 0n);
    const rest = ask(method, request, response, { ...fields, ...page({ key, limit: 1_000_000n }) }) as typeof first;
    assertEquals(rest.pagination.nextKey.length, 0);
    return [first[list]!.length, rest[list]!.length];
  };
  const any = (codec: unknown) => codec as Codec<unknown>;
  const cases = [
    ["Codes", QueryCodesRequest, QueryCodesResponse, {}, "codeInfos", [100, 30]],
    ["ContractsByCode", QueryContractsByCodeRequest, QueryContractsByCodeResponse, { codeId: 1n }, "contracts", [
      100,
      30,
    ]],
    [
      "ContractsByCreator",
      QueryContractsByCreatorRequest,
      QueryContractsByCreatorResponse,
      { creatorAddress: creator.text },
      "contractAddresses",
      [100, 30],
    ],
    [
      "AllContractState",
      QueryAllContractStateRequest,
      QueryAllContractStateResponse,
      { address: contract.text },
      "models",
      [100, 30],
    ],
  ] as const;
  for (const [method, request, response, fields, list, expected] of cases) {
    assertEquals(walk(method, any(request), any(response), fields, list), [...expected], method);
  }
  const pinned = ask("PinnedCodes", QueryPinnedCodesRequest, QueryPinnedCodesResponse, page({ limit: 2n }));
  assert("codeIds" in pinned);
  assertEquals(pinned.codeIds, [2n, 4n]);
  const reverse = ask("ContractsByCode", QueryContractsByCodeRequest, QueryContractsByCodeResponse, {
    codeId: 1n,
    ...page({ limit: 1n, reverse: true }),
  });
  assert("contracts" in reverse);
  assertEquals(reverse.contracts, [addresses.at(-1)!.text]);
  for (const wrong of [{ offset: 1n }, { countTotal: true }]) {
    assertEquals(ask("Codes", QueryCodesRequest, QueryCodesResponse, page(wrong)), {
      codespace: "sdk",
      code: 18,
      message: "rpc error: code = InvalidArgument desc = offset and count queries not supported: invalid request",
    });
  }
});

Deno.test("wasm queries: what a contract stores, and what it answers", () => {
  const { ask, asked } = chain();
  const raw = (address: string, key: Uint8Array) =>
    ask("RawContractState", QueryRawContractStateRequest, QueryRawContractStateResponse, { address, queryData: key });
  assertEquals(raw(contract.text, Uint8Array.of(5)), { data: Uint8Array.of(5, 5) });
  assertEquals(raw(contract.text, Uint8Array.of(200)), { data: new Uint8Array() });
  assertEquals(raw(contract.text, new Uint8Array(3_000)), { data: new Uint8Array() });
  const smart = (address: string, message: string) =>
    ask("SmartContractState", QuerySmartContractStateRequest, QuerySmartContractStateResponse, {
      address,
      queryData: utf8ToBytes(message),
    });
  assertEquals(smart(contract.text, '{"q":18446744073709551615}'), { data: utf8ToBytes('{"a":1}') });
  assertEquals(asked, [{ gas: SMART_QUERY_GAS_MAX, message: '{"q":18446744073709551615}' }]);
  const refused = smart(addresses[1]!.text, "{}");
  assert("code" in refused && refused.code === 11, "a bomb has a code");
  const malformed = smart(contract.text, "{");
  assert("code" in malformed && malformed.code === 18);
});

Deno.test("wasm queries: an address that a contract would get is the one of wasmd's vectors", () => {
  // wasmd v0.61.6 x/wasm/keeper/addresses_test.go (Apache-2.0), made with CosmJS.
  const { ask } = chain(new AddressCodec("purple"));
  const build = (fields: object) =>
    ask("BuildAddress", QueryBuildAddressRequest, QueryBuildAddressResponse, {
      codeHash: "13a1fc994cc6d1c81b746ee0c0ff6f90043875e0bf1d9be6b7d779fc978dc2a5",
      creatorAddress: "purple1nxvenxve42424242hwamhwamenxvenxvhxf2py",
      salt: "61",
      ...fields,
    });
  assertEquals(build({}), { address: "purple1t6r960j945lfv8mhl4mage2rg97w63xeynwrupum2s2l7em4lprs9ce5hk" });
  assertEquals(build({ initArgs: utf8ToBytes("{}") }), {
    address: "purple1px25n9sgj3a99q0zcl4awx7my6s6mxqegmdd2lmvf5lwxh080q6suttktr",
  });
  for (const wrong of [{ salt: "" }, { salt: "0" }, { codeHash: "zz" }, { creatorAddress: "x" }]) {
    assert("code" in build(wrong), JSON.stringify(wrong));
  }
  assert("code" in build({ initArgs: utf8ToBytes("{") }));
});

Deno.test("wasm queries: what is not there has its code, and requests that do not decode are refused", () => {
  const { ask, send, queries } = chain();
  const missing = addresses[1]!.text;
  for (
    const [method, request, code] of [
      ["ContractInfo", QueryContractInfoRequest, 22],
      ["AllContractState", QueryAllContractStateRequest, 22],
      ["RawContractState", QueryRawContractStateRequest, 22],
    ] as const
  ) {
    const answer = ask(method, request as Codec<unknown>, QueryCodeResponse, { address: missing });
    assertEquals(answer, { codespace: "wasm", code, message: `address ${missing}: no such contract` });
    const nobody = ask(method, request as Codec<unknown>, QueryCodeResponse, { address: "nobody" });
    assert("code" in nobody && nobody.code === 18);
  }
  assertEquals(ask("Code", QueryCodeRequest, QueryCodeResponse, { codeId: 999n }), {
    codespace: "wasm",
    code: 28,
    message: "code id 999: no such code",
  });
  for (const method of ["Code", "CodeInfo", "ContractsByCode"]) {
    const answer = ask(method, QueryCodeRequest, QueryCodeResponse, {});
    assertEquals(answer, { codespace: "wasm", code: 14, message: "code id: invalid" });
  }
  assertEquals(queries.size, 14);
  for (const path of queries.keys()) {
    assert(!send(path.split("/")[2]!, Uint8Array.of(0xff, 0xff, 0xff)).ok, path);
  }
});

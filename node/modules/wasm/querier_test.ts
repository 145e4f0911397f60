/** Expected texts are what Go's `encoding/json` makes of wasmvm v3.0.2's response types, printed once with Go itself. @module */
import { assert, assertEquals } from "@std/assert";
import { Metadata } from "cosmjs-types/cosmos/bank/v1beta1/bank";
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { CodeInfo, ContractInfo } from "cosmjs-types/cosmwasm/wasm/v1/types";
import { Channel, Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { testContext } from "../../../tests/helpers/context.ts";
import { LimitedGasMeter, OutOfGas } from "../../app/gas.ts";
import { AddressCodec } from "../../core/address.ts";
import { concatBytes, utf8ToBytes } from "../../core/bytes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { Journal } from "../../state/mod.ts";
import { AuthKeeper } from "../auth/mod.ts";
import { BankKeeper, bankModule } from "../bank/mod.ts";
import { noSuchContract, plainly, queryFailed, queryTooDeep } from "./errors.ts";
import { contractStore, STORE } from "./keys.ts";
import { WasmKeeper, type WasmParts } from "./keeper.ts";
import { contractQuerier } from "./querier.ts";
import type { QuerierSources } from "./querier_sources.ts";

const codec = new AddressCodec("cat");
const alice = codec.of(new Uint8Array(20).fill(1));
const contract = codec.of(new Uint8Array(32).fill(2));
const other = codec.of(new Uint8Array(32).fill(3));

const channel = Channel.fromPartial({
  state: State.STATE_OPEN,
  ordering: Order.ORDER_UNORDERED,
  counterparty: { portId: "q", channelId: "channel-1" },
  connectionHops: ["connection-0"],
  version: "v",
});

/** A chain with two contracts, whose `query` is `smart`. */
function chain(smart: (message: string) => Result<Uint8Array> = () => ok(utf8ToBytes("{}"))) {
  const auth = new AuthKeeper(codec, {});
  const bank = new BankKeeper(codec, auth, new Set());
  const queries = new Map(bankModule(bank).queries.map((handler) => [handler.path, handler]));
  const context = testContext({ height: 9n, time: 5n });
  bank.setBalance(context.view, alice, { denom: "ucat", amount: 12n });
  bank.setSupply(context.view, "ucat", 12n);
  bank.setMetadata(
    context.view,
    Metadata.fromPartial({
      description: "<a> & \u2028 é \x01",
      denomUnits: [{ denom: "ucat", exponent: 0 }, { denom: "cat", exponent: 6, aliases: ["c"] }],
      base: "ucat",
      display: "cat",
      name: "n",
      symbol: "s",
    }),
  );
  for (const [key, value] of [["a", ""], ["b", "v"], ["c", "w"]] as const) {
    context.view.set(STORE, concatBytes(contractStore(contract.bytes), utf8ToBytes(key)), utf8ToBytes(value));
  }
  const infos = new Map([
    [contract.text, ContractInfo.fromPartial({ codeId: 2n ** 64n - 1n, creator: "cat1c" })],
    [
      other.text,
      ContractInfo.fromPartial({ codeId: 1n, creator: "cat1c", admin: "cat1a", ibcPortId: "wasm.x", ibc2PortId: "p" }),
    ],
  ]);
  // Reading raw state takes nothing of what a keeper is put together of.
  const keeper = new WasmKeeper({} as WasmParts);
  const sources: QuerierSources = {
    codec,
    bank,
    channels: {
      channel: (_view, { portId, channelId }) =>
        portId === "pp" ? channelId === "channel-0" ? channel : { ...channel, state: State.STATE_CLOSED } : undefined,
      channelsUnder: (_view, prefix) =>
        [{ ...channel, portId: "pp", channelId: "channel-0" }, {
          ...channel,
          state: State.STATE_INIT,
          portId: "pp",
          channelId: "channel-9",
        }].filter(({ portId }) => portId.startsWith(prefix)),
    },
    contracts: {
      contractInfo: (_view, bytes) => infos.get(codec.of(bytes).text),
      codeInfo: (_view, id) =>
        id === 1n ? CodeInfo.fromPartial({ creator: "cat1c", codeHash: new Uint8Array(32) }) : undefined,
      isPinned: (_view, id) => id !== 1n,
      raw: (view, address, key) => keeper.raw(view, address, key),
      rawRange: (view, address, range) => keeper.rawRange(view, address, range),
      querySmart: (context, address, message, { depth }) => {
        if (!infos.has(address.text)) return err(noSuchContract(address.text));
        if (depth >= 10) return err(queryTooDeep());
        context.gas.consume(1_000, "run");
        return smart(new TextDecoder().decode(message));
      },
    },
    query: (path) => queries.get(path),
  };
  return { context, querier: contractQuerier(sources) };
}

const LIMITS = { fuel: 10n ** 15n, stack: 100_000, depth: 0 };
const base64 = (text: string) => utf8ToBytes(text).toBase64();

/** The answer to a request, and what is in its inner base64. */
function ask(request: unknown, parts = chain(), limits = LIMITS, caller = contract) {
  const bytes = typeof request === "string" ? request : JSON.stringify(request);
  const text = new TextDecoder().decode(parts.querier(parts.context, caller, utf8ToBytes(bytes), limits));
  const inner = /^\{"ok":\{"ok":"(.*)"\}\}$/.exec(text)?.[1];
  return inner === undefined ? text : new TextDecoder().decode(Uint8Array.fromBase64(inner));
}

Deno.test("querier: bank answers are Go's, byte for byte", () => {
  const amount = '{"amount":{"denom":"ucat","amount":"12"}}';
  assertEquals(ask({ bank: { balance: { address: alice.text, denom: "ucat" } } }), amount);
  assertEquals(ask({ bank: { supply: { denom: "ucat" } } }), amount);
  assertEquals(
    ask({ bank: { all_balances: { address: alice.text } } }),
    '{"amount":[{"denom":"ucat","amount":"12"}]}',
  );
  assertEquals(ask({ bank: { all_balances: { address: contract.text } } }), '{"amount":[]}');
  const metadata = '{"description":"\\u003ca\\u003e \\u0026 \\u2028 é \\u0001",' +
    '"denom_units":[{"denom":"ucat","exponent":0,"aliases":[]},{"denom":"cat","exponent":6,"aliases":["c"]}],' +
    '"base":"ucat","display":"cat","name":"n","symbol":"s","uri":"","uri_hash":""}';
  assertEquals(ask({ bank: { denom_metadata: { denom: "ucat" } } }), `{"metadata":${metadata}}`);
  assertEquals(ask({ bank: { all_denom_metadata: { pagination: null } } }), `{"metadata":[${metadata}]}`);
  assertEquals(
    ask({ bank: { all_denom_metadata: { pagination: { key: null, limit: 1, reverse: true } } } }),
    `{"metadata":[${metadata}]}`,
  );
});

Deno.test("querier: the chain's own refusals are told by their codes", () => {
  const refused = (codespace: string, code: number) => `{"ok":{"error":"codespace: ${codespace}, code: ${code}"}}`;
  assertEquals(ask({ bank: { balance: { address: "nobody", denom: "ucat" } } }), refused("sdk", 7));
  assertEquals(ask({ bank: { balance: { address: alice.text, denom: "" } } }), refused("sdk", 18));
  assertEquals(ask({ bank: { denom_metadata: { denom: "none" } } }), refused("sdk", 38));
  assertEquals(ask({ wasm: { raw: { contract_addr: "x", key: "" } } }), refused("sdk", 7));
  assertEquals(ask({ wasm: { code_info: { code_id: 0 } } }), refused("wasm", 12));
  assertEquals(ask({ wasm: { smart: { contract_addr: other.text, msg: base64("{") } } }), refused("wasm", 14));
  const unordered = { contract_addr: contract.text, limit: 1, order: "up" };
  assertEquals(ask({ wasm: { raw_range: unordered } }), refused("sdk", 18));
  assertEquals(
    ask({ grpc: { path: "/cosmos.bank.v1beta1.Query/Balance", data: base64("\xff") } }),
    refused("sdk", 18),
  );
});

Deno.test("querier: wasm answers are Go's, byte for byte", () => {
  assertEquals(
    ask({ wasm: { contract_info: { contract_addr: contract.text } } }),
    '{"code_id":18446744073709551615,"creator":"cat1c","pinned":true}',
  );
  assertEquals(
    ask({ wasm: { contract_info: { contract_addr: other.text } } }),
    '{"code_id":1,"creator":"cat1c","admin":"cat1a","pinned":false,"ibc_port":"wasm.x","ibc2_port":"p"}',
  );
  assertEquals(
    ask({ wasm: { contract_info: { contract_addr: alice.text } } }),
    `{"error":{"no_such_contract":{"addr":"${alice.text}"}}}`,
  );
  assertEquals(
    ask({ wasm: { code_info: { code_id: 1 } } }),
    `{"code_id":1,"creator":"cat1c","checksum":"${"00".repeat(32)}"}`,
  );
  assertEquals(
    ask('{"wasm":{"code_info":{"code_id":18446744073709551615}}}'),
    '{"error":{"no_such_code":{"code_id":18446744073709551615}}}',
  );
  assertEquals(ask({ wasm: { raw: { contract_addr: contract.text, key: base64("b") } } }), "v");
  assertEquals(ask({ wasm: { raw: { contract_addr: contract.text, key: base64("z") } } }), "");
  assertEquals(ask({ wasm: { raw: { contract_addr: alice.text, key: base64("b") } } }), "");
  assertEquals(ask({ wasm: { raw: { contract_addr: contract.text, key: base64("b".repeat(9_000)) } } }), "");
});

Deno.test("querier: raw ranges are bounded, ordered, and say what comes next", () => {
  const range = (fields: object) =>
    ask({ wasm: { raw_range: { contract_addr: contract.text, limit: 2, order: "ascending", ...fields } } });
  const [a, b, c] = ['["YQ==",""]', '["Yg==","dg=="]', '["Yw==","dw=="]'];
  assertEquals(range({}), `{"data":[${a},${b}],"next_key":"Yw=="}`);
  assertEquals(range({ start: base64("b") }), `{"data":[${b},${c}],"next_key":null}`);
  assertEquals(range({ order: "descending" }), `{"data":[${c},${b}],"next_key":"YQ=="}`);
  assertEquals(range({ end: base64("b") }), `{"data":[${a}],"next_key":null}`);
  assertEquals(range({ start: base64("c"), end: base64("a") }), '{"data":[],"next_key":null}');
  assertEquals(range({ limit: 0 }), '{"data":[],"next_key":"YQ=="}');
  assertEquals(range({ start: base64("b".repeat(5_000)) }), `{"data":[${c}],"next_key":null}`);
  assertEquals(range({ limit: 65_535 }), `{"data":[${a},${b},${c}],"next_key":null}`);
  assert(range({ limit: 65_536 }).startsWith('{"error":{"invalid_request":'));
});

Deno.test("querier: ibc answers are Go's, byte for byte", () => {
  const open = '{"endpoint":{"port_id":"pp","channel_id":"channel-0"},' +
    '"counterparty_endpoint":{"port_id":"q","channel_id":"channel-1"},' +
    '"order":"ORDER_UNORDERED","version":"v","connection_id":"connection-0"}';
  assertEquals(ask({ ibc: { port_id: {} } }), '{"port_id":""}');
  assertEquals(ask({ ibc: { port_id: {} } }, chain(), LIMITS, other), '{"port_id":"wasm.x"}');
  assertEquals(ask({ ibc: { list_channels: {} } }), '{"channels":[]}');
  assertEquals(ask({ ibc: { list_channels: { port_id: "pp" } } }), `{"channels":[${open}]}`);
  assertEquals(ask({ ibc: { channel: { port_id: "pp", channel_id: "channel-0" } } }), `{"channel":${open}}`);
  assertEquals(ask({ ibc: { channel: { port_id: "pp", channel_id: "channel-9" } } }), "{}");
  assertEquals(ask({ ibc: { channel: { channel_id: "channel-0" } } }), "{}");
});

Deno.test("querier: another contract's answer passes through, and so do its own words of refusal", () => {
  const smart = { wasm: { smart: { contract_addr: other.text, msg: base64('{"q":{}}') } } };
  assertEquals(ask(smart, chain((message) => ok(utf8ToBytes(message)))), '{"q":{}}');
  const failing = chain(() => err(plainly(queryFailed("Generic error: no"))));
  assertEquals(ask(smart, failing), '{"ok":{"error":"Generic error: no: query wasm contract failed"}}');
  assertEquals(ask(smart, chain(), { ...LIMITS, depth: 10 }), '{"ok":{"error":"codespace: wasm, code: 27"}}');
  const missing = { wasm: { smart: { contract_addr: alice.text, msg: base64("{}") } } };
  assertEquals(ask(missing), `{"error":{"no_such_contract":{"addr":"${alice.text}"}}}`);
});

Deno.test("querier: paths on the list are asked, in protobuf and in JSON; others are not", () => {
  const path = "/cosmos.bank.v1beta1.Query/Balance";
  const data = QueryBalanceRequest.encode({ address: alice.text, denom: "ucat" }).finish().toBase64();
  const parts = chain();
  const answer = parts.querier(parts.context, contract, utf8ToBytes(JSON.stringify({ grpc: { path, data } })), LIMITS);
  const { ok: { ok: inner } } = JSON.parse(new TextDecoder().decode(answer));
  assertEquals(QueryBalanceResponse.decode(Uint8Array.fromBase64(inner)).balance, { denom: "ucat", amount: "12" });
  assertEquals(ask({ stargate: { path, data } }), '{"balance":{"denom":"ucat","amount":"12"}}');
  for (const kind of ["grpc", "stargate"]) {
    assertEquals(
      ask({ [kind]: { path: "/a<b", data: "" } }),
      '{"error":{"unsupported_request":{"kind":"\'/a\\u003cb\' path is not allowed from the contract"}}}',
    );
  }
});

Deno.test("querier: requests that nobody answers are told apart as wasmd does", () => {
  const unsupported = (kind: string) => `{"error":{"unsupported_request":{"kind":"${kind}"}}}`;
  assertEquals(ask({ custom: { anything: [1] } }), unsupported("custom"));
  assertEquals(ask({ bank: { everything: {} } }), unsupported("unknown BankQuery variant"));
  assertEquals(ask({ wasm: {} }), unsupported("unknown WasmQuery variant"));
  assertEquals(ask({ ibc: { fee_enabled_channel: {} } }), unsupported("unknown IBCQuery variant"));
  assertEquals(ask({ staking: { bonded_denom: {} } }), unsupported("bonded_denom"));
  assertEquals(ask({ staking: {} }), unsupported("unknown Staking variant"));
  assertEquals(ask({ distribution: {} }), unsupported("unknown distribution query"));
  for (const nothing of [{}, { future: {} }, "null", { bank: null }]) {
    assertEquals(ask(nothing), '{"error":{"unknown":{}}}');
  }
});

Deno.test("querier: requests that are none are given back with why", () => {
  for (
    const request of [
      "{",
      "[]",
      '"bank"',
      "[".repeat(100_000),
      '{"bank":[]}',
      '{"bank":{"balance":{"address":5}}}',
      '{"wasm":{"smart":{"msg":"="}}}',
      '{"wasm":{"code_info":{"code_id":-1}}}',
      '{"wasm":{"code_info":{"code_id":1.5}}}',
      '{"wasm":{"code_info":{"code_id":18446744073709551616}}}',
      '{"bank":{"all_denom_metadata":{"pagination":{"reverse":"yes"}}}}',
    ]
  ) {
    const answer = ask(request);
    const { error: { invalid_request: invalid } } = JSON.parse(answer);
    assertEquals(invalid.request, base64(request));
    assert(invalid.error.length > 0);
  }
});

Deno.test("querier: the asking contract's fuel bounds what an answer may use, and nothing of it stays", () => {
  const all = new LimitedGasMeter(1_000_000n);
  const parts = chain();
  const context = testContext({}, new Journal(parts.context.journal), all);
  const request = utf8ToBytes(JSON.stringify({ wasm: { smart: { contract_addr: other.text, msg: base64("{}") } } }));
  parts.querier(context, contract, request, LIMITS);
  assertEquals(all.used, 1_000);
  const thrown = thrownBy(() => parts.querier(context, contract, request, { ...LIMITS, fuel: 999n * 140_000n }));
  assert(thrown instanceof OutOfGas);
  assertEquals(thrown.meter, all, "as if the limit of the whole had been passed");
  assertEquals(all.left, 0);
});

/** What `run` throws; OutOfGas is no Error. */
function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

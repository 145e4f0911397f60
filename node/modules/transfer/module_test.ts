import { assert, assertEquals } from "@std/assert";
import {
  QueryDenomHashRequest,
  QueryDenomHashResponse,
  QueryDenomRequest,
  QueryDenomResponse,
  QueryDenomsRequest,
  QueryDenomsResponse,
  QueryEscrowAddressRequest,
  QueryEscrowAddressResponse,
  QueryParamsResponse,
  QueryTotalEscrowForDenomRequest,
  QueryTotalEscrowForDenomResponse,
} from "cosmjs-types/ibc/applications/transfer/v1/query";
import { MsgTransferResponse } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { connect, FakeIbcChain } from "../../../tests/helpers/fake_ibc_chain.ts";
import type { ModuleGenesisContext, Reading } from "../../app/ports.ts";
import { encode } from "../../core/codec/mod.ts";
import { decodePacketData, denomHash, escrowAddress } from "../../core/ibc/mod.ts";
import type { Result } from "../../core/result.ts";
import type { Work } from "../../core/work.ts";
import { transferModule } from "./module.ts";
import { msgTransfer } from "./msg_transfer.ts";
import { msgUpdateParams } from "./msg_update_params.ts";
import {
  MsgTransferCodec,
  type MsgTransferText,
  MsgUpdateParamsCodec,
  QueryDenomTraceRequestCodec,
  QueryDenomTraceResponseCodec,
  QueryDenomTracesRequestCodec,
  QueryDenomTracesResponseCodec,
} from "./types.ts";

const codeOf = (result: Result<unknown>) => result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;

function oneChain() {
  const chain = new FakeIbcChain("cat");
  const other = new FakeIbcChain("dog");
  const [channel] = connect(chain, other);
  chain.fund(chain.account("alice"), "ucat", 100n);
  const message: MsgTransferText = {
    sourcePort: "transfer",
    sourceChannel: channel,
    token: { denom: "ucat", amount: "10" },
    sender: chain.account("alice").text,
    receiver: "dog1receiver",
    timeoutHeight: undefined,
    timeoutTimestamp: 5n,
    memo: "",
    encoding: "",
  };
  return { chain, channel, message };
}

Deno.test("a message without a state is refused for each wrong field with the code of ibc-go", () => {
  const { chain, message } = oneChain();
  const handler = msgTransfer(chain.transfers);
  const decode = (change: Partial<MsgTransferText>) =>
    codeOf(handler.decode(encode(MsgTransferCodec, { ...message, ...change })));
  assertEquals(decode({}), "ok");
  assertEquals(decode({ timeoutHeight: { revisionNumber: 0n, revisionHeight: 0n } }), "ok");
  const cases: [change: Partial<MsgTransferText>, code: string][] = [
    [{ sourcePort: "" }, "host/2"],
    [{ sourceChannel: "channel/0" }, "host/2"],
    [{ token: undefined }, "ibc/6"],
    [{ token: { denom: "ucat", amount: "0" } }, "ibc/6"],
    [{ token: { denom: "ucat", amount: "-1" } }, "ibc/6"],
    [{ token: { denom: "u", amount: "1" } }, "ibc/6"],
    [{ token: { denom: "ibc", amount: "1" } }, "ibc/6"],
    [{ token: { denom: "ibc/xyz", amount: "1" } }, "ibc/6"],
    [{ token: { denom: "ucat", amount: (1n << 256n).toString() } }, "ibc/6"],
    [{ sender: "" }, "ibc/5"],
    [{ sender: "dog1receiver" }, "ibc/5"],
    [{ receiver: "  " }, "ibc/5"],
    [{ receiver: "r".repeat(2_049) }, "ibc/5"],
    [{ memo: "\u00e9".repeat(16_385) }, "transfer/11"],
  ];
  for (const [change, code] of cases) assertEquals(decode(change), code, JSON.stringify(change).slice(0, 80));
  assertEquals(codeOf(handler.decode(new Uint8Array(65_537))), "codec/1");
});

Deno.test("the sender signs, gets the sequence, and the largest amount means all there is", () => {
  const { chain, message } = oneChain();
  const handler = msgTransfer(chain.transfers);
  const all = ((1n << 256n) - 1n).toString();
  for (const [amount, expected] of [["10", 10n], [all, 90n]] as const) {
    const decoded = handler.decode(encode(MsgTransferCodec, { ...message, token: { denom: "ucat", amount } }));
    assert(decoded.ok);
    assertEquals(handler.signers(decoded.value), [chain.account("alice")]);
    const done = handler.execute(chain.context, decoded.value);
    assert(done.ok);
    const { sequence } = MsgTransferResponse.decode(done.value);
    const packet = chain.channels.sent(chain.view).find((sent) => sent.sequence === sequence)!;
    const data = decodePacketData(packet.data);
    assertEquals(data.ok && data.value.amount, expected);
  }
  const decoded = handler.decode(encode(MsgTransferCodec, { ...message, token: { denom: "ucat", amount: all } }));
  assert(decoded.ok);
  assertEquals(codeOf(handler.execute(chain.context, decoded.value)), "transfer/5");
  assertEquals(codeOf(handler.execute(chain.context, { ...decoded.value, sourcePort: "calls" })), "channel/3");
});

Deno.test("the keys a transfer reads are named before it runs", () => {
  const { chain, message } = oneChain();
  const handler = msgTransfer(chain.transfers);
  const decoded = handler.decode(encode(MsgTransferCodec, message));
  assert(decoded.ok);
  const named = new Set<string>();
  handler.touch(decoded.value, (store, key) => named.add(`${store} ${key.toHex()}`));
  assertEquals(named.size, 5);
});

Deno.test("only the authority changes parameters", () => {
  const { chain } = oneChain();
  const handler = msgUpdateParams(chain.transfers);
  const update = (signer: string) => {
    const bytes = encode(MsgUpdateParamsCodec, { signer, params: { sendEnabled: false, receiveEnabled: true } });
    const decoded = handler.decode(bytes);
    return decoded.ok ? codeOf(handler.execute(chain.context, decoded.value)) : codeOf(decoded);
  };
  assertEquals(update("nobody"), "ibc/5");
  assertEquals(update(chain.account("alice").text), "ibc/2");
  assertEquals(chain.transfers.params(chain.view), { sendEnabled: true, receiveEnabled: true });
  assertEquals(update(chain.account("authority").text), "ok");
  assertEquals(chain.transfers.params(chain.view), { sendEnabled: false, receiveEnabled: true });
  const without = handler.decode(encode(MsgUpdateParamsCodec, { signer: chain.account("x").text, params: undefined }));
  assertEquals(codeOf(without), "ibc/8");
});

/** A chain that knows some denoms and has coins in escrow. */
function usedChain() {
  const { chain, channel, message } = oneChain();
  const handler = msgTransfer(chain.transfers);
  const decoded = handler.decode(encode(MsgTransferCodec, message));
  assert(decoded.ok && handler.execute(chain.context, decoded.value).ok);
  const hop = (n: number) => ({ portId: "transfer", channelId: `channel-${n}` });
  for (const denom of [{ base: "uosmo", trace: [hop(1)] }, { base: "uatom", trace: [hop(0), hop(7)] }]) {
    chain.transfers.rememberDenom(chain.view, denom);
  }
  return { chain, channel };
}

Deno.test("queries answer as ibc-go does, by the names of v10 and of v8", () => {
  const { chain, channel } = usedChain();
  const queries = new Map(transferModule(chain.transfers).queries.map((query) => [query.path, query]));
  const context = { view: chain.view, height: 1n, chainId: "cat", time: 0n };
  const ask = (method: string, data: Uint8Array) =>
    queries.get(`/ibc.applications.transfer.v1.Query/${method}`)!.handle(context, data);
  const value = (method: string, data: Uint8Array) => {
    const answer = ask(method, data);
    assert(answer.ok, method);
    return answer.value;
  };
  const path = "transfer/channel-0/transfer/channel-7/uatom";
  const trace = [{ portId: "transfer", channelId: "channel-0" }, { portId: "transfer", channelId: "channel-7" }];
  const name = denomHash(path);
  for (const hash of [name, name.slice(4), name.slice(4).toLowerCase()]) {
    const { denom } = QueryDenomResponse.decode(value("Denom", encode(QueryDenomRequest, { hash })));
    assertEquals(denom, { base: "uatom", trace });
    const old = value("DenomTrace", encode(QueryDenomTraceRequestCodec, { hash }));
    assertEquals(QueryDenomTraceResponseCodec.decode(old).denomTrace, {
      path: "transfer/channel-0/transfer/channel-7",
      baseDenom: "uatom",
    });
  }
  const all = QueryDenomsResponse.decode(value("Denoms", encode(QueryDenomsRequest, {})));
  assertEquals(all.denoms.map(({ base }) => base), ["uatom", "uosmo"]);
  const page = encode(QueryDenomTracesRequestCodec, {
    pagination: { key: new Uint8Array(), offset: 0n, limit: 1n, countTotal: true, reverse: false },
  });
  const traces = QueryDenomTracesResponseCodec.decode(value("DenomTraces", page));
  assertEquals([traces.denomTraces.length, traces.pagination?.total], [1, 2n]);
  const hash = value("DenomHash", encode(QueryDenomHashRequest, { trace: path }));
  assertEquals(QueryDenomHashResponse.decode(hash).hash, name.slice(4));
  const end = { portId: "transfer", channelId: channel };
  assertEquals(
    QueryEscrowAddressResponse.decode(value("EscrowAddress", encode(QueryEscrowAddressRequest, end))).escrowAddress,
    chain.codec.of(escrowAddress("transfer", channel)).text,
  );
  const escrowed = value("TotalEscrowForDenom", encode(QueryTotalEscrowForDenomRequest, { denom: "ucat" }));
  assertEquals(QueryTotalEscrowForDenomResponse.decode(escrowed).amount, { denom: "ucat", amount: "10" });
  const params = QueryParamsResponse.decode(value("Params", new Uint8Array())).params;
  assertEquals(params, { sendEnabled: true, receiveEnabled: true });

  const refusals: [method: string, data: Uint8Array, code: string][] = [
    ["Denom", encode(QueryDenomRequest, { hash: "xyz" }), "sdk/18"],
    ["Denom", encode(QueryDenomRequest, { hash: "00".repeat(32) }), "sdk/22"],
    ["DenomHash", encode(QueryDenomHashRequest, { trace: "" }), "sdk/18"],
    ["DenomHash", encode(QueryDenomHashRequest, { trace: "transfer/channel-0/none" }), "sdk/22"],
    ["EscrowAddress", encode(QueryEscrowAddressRequest, { ...end, channelId: "channel-9" }), "sdk/22"],
    ["EscrowAddress", encode(QueryEscrowAddressRequest, { ...end, portId: "" }), "sdk/18"],
    ["TotalEscrowForDenom", encode(QueryTotalEscrowForDenomRequest, { denom: "!" }), "sdk/18"],
    ["Denoms", new Uint8Array(40_000), "codec/1"],
  ];
  for (const [method, data, code] of refusals) assertEquals(codeOf(ask(method, data)), code, method);
});

function finish<T>(work: Work<T>): T {
  const step = work.next(undefined);
  assert(step.done === true, "it asked for something");
  return step.value;
}

const exportOf = (chain: FakeIbcChain) => {
  // deno-lint-ignore require-yield
  const read: Reading = function* (run) {
    return run(chain.view);
  };
  return finish(transferModule(chain.transfers).exportGenesis(read));
};
const importTo = (chain: FakeIbcChain, json: unknown) => {
  const context: ModuleGenesisContext = Object.assign(chain.context, { validators: [] });
  return transferModule(chain.transfers).initGenesis(context, json);
};

Deno.test("what genesis exports, it imports to the same state", () => {
  const { chain } = usedChain();
  chain.transfers.setParams(chain.view, { sendEnabled: false, receiveEnabled: true });
  const exported = exportOf(chain);
  assertEquals(exported, {
    port_id: "transfer",
    denoms: [
      {
        base: "uatom",
        trace: [{ port_id: "transfer", channel_id: "channel-0" }, { port_id: "transfer", channel_id: "channel-7" }],
      },
      { base: "uosmo", trace: [{ port_id: "transfer", channel_id: "channel-1" }] },
    ],
    params: { send_enabled: false, receive_enabled: true },
    total_escrowed: [{ denom: "ucat", amount: "10" }],
  });
  const again = new FakeIbcChain("cat");
  assert(importTo(again, JSON.parse(JSON.stringify(exported))).ok);
  const transferState = (from: FakeIbcChain) =>
    from.context.journal.changes().filter(({ store }) => store === "transfer");
  assertEquals(transferState(again), transferState(chain));
  const name = denomHash("transfer/channel-1/uosmo");
  assertEquals(again.bank.metadata(again.view, name), chain.bank.metadata(chain.view, name));
});

Deno.test("a wrong genesis is refused and says where", () => {
  const good = { port_id: "transfer", denoms: [], params: { send_enabled: true, receive_enabled: true } };
  const hop = { port_id: "transfer", channel_id: "channel-0" };
  const wrong = [
    { ...good, port_id: "other" },
    { ...good, params: { send_enabled: true } },
    { ...good, denoms: [{ base: "uatom", trace: [] }] },
    { ...good, denoms: [{ base: " ", trace: [hop] }] },
    { ...good, denoms: [{ base: "uatom", trace: [{ ...hop, channel_id: "!" }] }] },
    { ...good, denoms: [{ base: "uatom", trace: [hop] }, { base: "uatom", trace: [hop] }] },
    { ...good, denoms: [{ base: "x".repeat(5_000), trace: [hop] }] },
    { ...good, total_escrowed: [{ denom: "ucat", amount: "0" }] },
    { ...good, surprise: 1 },
  ];
  assert(importTo(new FakeIbcChain("cat"), good).ok);
  for (const json of wrong) {
    const result = importTo(new FakeIbcChain("cat"), json);
    assertEquals(codeOf(result), "sdk/18", JSON.stringify(json).slice(0, 100));
  }
});

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ContinuousVestingAccount } from "cosmjs-types/cosmos/vesting/v1beta1/vesting";
import { BaseAccount, ModuleAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { QueryAccountResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { CommitmentProof, ExistenceProof, NonExistenceProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import fc from "fast-check";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { IoError } from "../../node/core/errors.ts";
import { queryAccount } from "./account.ts";
import { readBlockEvents } from "./_answers.ts";
import { readEventLists } from "./_events.ts";
import type { Endpoint } from "./endpoint.ts";
import { feeOf, parseGasPrice, scaleGas } from "./gas_price.ts";
import { merkleProofOfOps } from "./proof_ops.ts";
import { expectedSequence, failedMessage, retryReasonOf } from "./submit_policy.ts";

Deno.test("prices of gas are exact, and fees are rounded up", () => {
  const fee = (price: string, gas: bigint) => feeOf(parseGasPrice(price)!, gas);
  assertEquals(fee("0.025ucat", 100_001n), 2_501n);
  assertEquals(fee("0ucat", 100_001n), 0n);
  assertEquals(fee("25000000000aevmos", 10n ** 9n), 25n * 10n ** 18n);
  assertEquals(fee("0.000000000000000001ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2", 1n), 1n);
  for (const text of ["", "ucat", "0.1", "-1ucat", "0.1.1ucat", ".5ucat", "1e3 ucat", `${"9".repeat(40)}ucat`, "1u"]) {
    assertEquals(parseGasPrice(text), undefined, text);
  }
  assertEquals([scaleGas(100_000n, 1.3), scaleGas(3n, 1.5), scaleGas(7n, 1)], [130_000n, 5n, 7n]);
});

Deno.test("the words of the cosmos-sdk are read", () => {
  const log = "account sequence mismatch, expected 12, got 11: incorrect account sequence";
  assertEquals(expectedSequence(log), 12n);
  assertEquals(expectedSequence("expected something"), undefined);
  assertEquals(failedMessage("failed to execute message; message index: 17: no"), 17);
  assertEquals(failedMessage("no"), undefined);
  assertEquals(retryReasonOf({ codespace: "sdk", code: 18, log: `rpc error: ${log} with gas used: '7'` }), "sequence");
  assertEquals(retryReasonOf({ codespace: "ibc", code: 32, log: "" }), undefined);
});

Deno.test("accounts of every kind are read by the base they extend", async () => {
  const address = "cat1abc";
  const baseAccount = BaseAccount.fromPartial({ address, accountNumber: 5n, sequence: 9n });
  const encodeVesting = ContinuousVestingAccount.encode(
    ContinuousVestingAccount.fromPartial({ baseVestingAccount: { baseAccount, endTime: 7n }, startTime: 3n }),
  );
  const accounts: [string, Uint8Array][] = [
    ["/cosmos.auth.v1beta1.BaseAccount", BaseAccount.encode(baseAccount).finish()],
    ["/cosmos.auth.v1beta1.ModuleAccount", ModuleAccount.encode(ModuleAccount.fromPartial({ baseAccount })).finish()],
    ["/cosmos.vesting.v1beta1.ContinuousVestingAccount", encodeVesting.finish()],
  ];
  const answering = (value: Uint8Array) => ({ query: () => Promise.resolve(value) }) as unknown as Endpoint;
  for (const [typeUrl, value] of accounts) {
    const answer = QueryAccountResponse.encode({ account: { typeUrl, value } }).finish();
    assertEquals(await queryAccount(answering(answer), address), { accountNumber: 5n, sequence: 9n }, typeUrl);
    await assertRejects(() => queryAccount(answering(answer), "cat1other"), IoError, "no account cat1other");
  }
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
    for (const answer of [bytes, QueryAccountResponse.encode({ account: { typeUrl: "/x", value: bytes } }).finish()]) {
      await assertRejects(() => queryAccount(answering(answer), address), IoError);
    }
  }));
});

const attribute = (key: string, value: string | null) => ({ key, value, index: true });

Deno.test("attributes in base64, as Tendermint v0.34 has them, are read as plain ones", () => {
  const plain = [
    {
      type: "message",
      attributes: [attribute("action", "/ibc.core.channel.v1.MsgRecvPacket"), attribute("module", "")],
    },
    { type: "send_packet", attributes: [attribute("packet_sequence", "17"), attribute("fee", "data")] },
  ];
  const old = plain.map(({ type, attributes }) => ({
    type,
    attributes: attributes.map(({ key, value }) => attribute(btoa(key), value === "" ? null : btoa(value!))),
  }));
  assertEquals(readEventLists([old, null]), [plain, []]);
  assertEquals(readEventLists([plain]), [plain]);
  // A lone event whose names look like base64 by chance stays what it is: they do not decode to text.
  const chance = [{ type: "wasm", attributes: [attribute("spenders", "AAAA")] }];
  assertEquals(readEventLists([chance]), [chance]);
});

Deno.test("a block's results go with its transactions, failed ones left out, also in the form of Tendermint v0.34", () => {
  const event = (type: string) => ({ type, attributes: [attribute("a_b", "c")] });
  const txs_results = [{ code: 0, events: [event("one")] }, { code: 5, events: [event("two")] }, {
    events: [event("three")],
  }];
  const block = { block: { header: { height: "7" }, data: { txs: ["AQ==", "Ag==", "Aw=="] } } };
  const read = readBlockEvents(
    { height: "7", txs_results, begin_block_events: [event("b")], end_block_events: [event("e")] },
    block,
    7n,
  );
  assertEquals(read.txs.map(({ events }) => events[0]!.type), ["one", "three"]);
  assertEquals(read.txs[0]!.hash, "4BF5122F344554C53BDE2EBB8CD2B7E3D1600AD631C385A5D7CCE23C7785459A");
  assertEquals(read.block.map(({ type }) => type), ["b", "e"]);
  const wrong = (results: unknown, other: unknown) => assertThrows(() => readBlockEvents(results, other, 7n), IoError);
  wrong({ height: "8", txs_results }, block);
  wrong({ height: "7", txs_results: txs_results.slice(1) }, block);
  wrong({ height: "7", txs_results }, { block: { header: { height: "6" }, data: { txs: [] } } });
});

const KEY = utf8ToBytes("commitments/x");
const VALUE = Uint8Array.of(1, 2);
const presence = (key: Uint8Array, value: Uint8Array) =>
  CommitmentProof.encode({ exist: ExistenceProof.fromPartial({ key, value }) }).finish();
const absence = (key: Uint8Array) =>
  CommitmentProof.encode({ nonexist: NonExistenceProof.fromPartial({ key }) }).finish();
const op = (type: string, key: Uint8Array, data: Uint8Array) => ({ type, key: key.toBase64(), data: data.toBase64() });
const INNER = op("ics23:iavl", KEY, presence(KEY, VALUE));
const OUTER = op("ics23:simple", utf8ToBytes("ibc"), presence(utf8ToBytes("ibc"), VALUE));
const ABSENT = op("ics23:jmt", KEY, absence(KEY));

Deno.test("proof steps become a MerkleProof when they are about the key, the store and the value", () => {
  assert(merkleProofOfOps({ ops: [INNER, OUTER] }, "ibc", KEY, VALUE).length > 0);
  assert(merkleProofOfOps({ ops: [ABSENT, OUTER] }, "ibc", KEY, undefined).length > 0);
  const other = utf8ToBytes("other");
  const cases: [string, unknown, Uint8Array | undefined][] = [
    ["no steps", { ops: null }, VALUE],
    ["no proof at all", null, VALUE],
    ["one step", { ops: [INNER] }, VALUE],
    ["three steps", { ops: [INNER, OUTER, OUTER] }, VALUE],
    ["steps in the other order", { ops: [OUTER, INNER] }, VALUE],
    ["another type", { ops: [{ ...INNER, type: "simple:v" }, OUTER] }, VALUE],
    ["another key beside the proof", { ops: [{ ...INNER, key: other.toBase64() }, OUTER] }, VALUE],
    ["another key in the proof", {
      ops: [op("ics23:iavl", KEY, presence(other, VALUE)), OUTER],
    }, VALUE],
    ["another value", { ops: [INNER, OUTER] }, Uint8Array.of(9)],
    ["absence of what is there", { ops: [ABSENT, OUTER] }, VALUE],
    ["presence of what is not", { ops: [INNER, OUTER] }, undefined],
    ["another store", {
      ops: [INNER, op("ics23:simple", utf8ToBytes("ibc"), presence(other, VALUE))],
    }, VALUE],
    ["no protobuf", { ops: [{ ...INNER, data: "////" }, OUTER] }, VALUE],
    ["no base64", { ops: [{ ...INNER, data: "!" }, OUTER] }, VALUE],
  ];
  for (const [name, ops, value] of cases) {
    const error = assertThrows(() => merkleProofOfOps(ops, "ibc", KEY, value), IoError, undefined, name);
    assertEquals(error.code, "chain_bad_answer");
  }
});

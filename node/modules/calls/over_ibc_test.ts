/** Calls and proven reads between whole chains: real clients, commitments and proofs. */
import { assert, assertEquals } from "@std/assert";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import {
  assertRefused,
  type Delivered,
  encodeTyped,
  type End,
  eventsOf,
  pair,
  relayAll,
  type TestChain,
  transfer,
  type Typed,
  voucher,
} from "../../../tests/helpers/ibc/mod.ts";
import { codec, DENOM } from "../../../tests/bad_input/harness.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import { encode, type MessageOf } from "../../core/codec/mod.ts";
import { balanceKey } from "../bank/keys.ts";
import { callerAddress } from "./mod.ts";
import {
  CALL_STATUS,
  MsgCallCodec,
  MsgRequestReadCodec,
  MsgSubmitReadCodec,
  QueryCallRequestCodec,
  QueryCallResponseCodec,
  QueryReadRequestCodec,
  QueryReadResponseCodec,
  READ_STATUS,
} from "./types.ts";

const HOUR = 3_600_000_000_000n;

const call = (
  end: End,
  sender: string,
  target: string,
  payload: Uint8Array,
): Typed<MessageOf<typeof MsgCallCodec>> => ({
  codec: MsgCallCodec,
  value: {
    sender,
    sourceChannel: end.channelId,
    target,
    payload,
    gasLimit: 500_000n,
    timeoutHeight: undefined,
    timeoutTimestamp: end.chain.clock.now + HOUR,
  },
});

const attributesOf = (delivered: Delivered, type: string) => {
  const [event] = eventsOf(delivered, type);
  return Object.fromEntries(event!.attributes.map(({ key, value }) => [key, value]));
};

for (const ordered of [false, true]) {
  Deno.test(`a call spends what its sender was sent over there, ${ordered ? "in order" : "in any order"}`, () => {
    const { a, b, path: transfers } = pair();
    const calls = transfers.another({ port: "calls", version: "calls-1", ordered }).openChannel();
    const alice = a.accounts[1]!.address.text;
    const there = codec.of(callerAddress(calls.b.channelId, alice)).text;
    const bob = b.accounts[2]!.address.text;
    const denom = voucher(DENOM, transfers.a);
    a.deliverOk([encodeTyped(transfer(transfers.a, alice, there, 100n))], { signer: 1 });
    relayAll(transfers);
    assertEquals(b.balance(there, denom), 100n);
    const spend = (amount: string) =>
      encode(MsgSend, { fromAddress: there, toAddress: bob, amount: [{ denom, amount }] });
    const messages = [spend("60"), spend("60"), spend("40")].map((payload) =>
      encodeTyped(call(calls.a, alice, "bank.send", payload))
    );
    a.deliverOk(messages, { signer: 1 });
    relayAll(calls);
    assertEquals([b.balance(there, denom), b.balance(bob, denom)], [0n, 100n]);
    const outcomes = [1n, 2n, 3n].map((sequence) => {
      const request = { channelId: calls.a.channelId, sequence };
      const answer = a.ask("/catenary.calls.v1.Query/Call", QueryCallRequestCodec, QueryCallResponseCodec, request);
      const { status, codespace, code, gasUsed } = answer.call!;
      assert(status !== CALL_STATUS.succeeded || gasUsed > 1_000n);
      return [status, codespace, code];
    });
    assertEquals(outcomes, [[CALL_STATUS.succeeded, "", 0], [CALL_STATUS.failed, "sdk", 5], [
      CALL_STATUS.succeeded,
      "",
      0,
    ]]);
  });
}

Deno.test("a call that nobody delivers in time is told so", () => {
  const { a, b, clock, path } = pair();
  const calls = path.another({ port: "calls", version: "calls-1" }).openChannel();
  const alice = a.accounts[1]!.address.text;
  const sent = a.deliverOk([encodeTyped(call(calls.a, alice, "query", new Uint8Array()))], { signer: 1 });
  clock.advance(2n * HOUR);
  b.nextBlock();
  const timedOut = calls.a.timeout(calls.a.sent(sent)[0]!);
  const { success, codespace, code, caller } = attributesOf(timedOut, "call_result");
  assertEquals([success, codespace, code, caller], ["false", "calls", "8", alice]);
});

/** Asks, on a, for the balance of an account on b. */
function askBalance(a: TestChain, end: End, of: Uint8Array, denom: string): bigint {
  const request = {
    requester: a.accounts[1]!.address.text,
    clientId: end.clientId,
    store: utf8ToBytes("bank"),
    key: balanceKey(of, denom),
    minHeight: undefined,
    timeoutTimestamp: a.clock.now + HOUR,
  };
  const asked = a.deliverOk([encodeTyped({ codec: MsgRequestReadCodec, value: request })], { signer: 1 });
  return BigInt(attributesOf(asked, "read_request").id!);
}

/** The proven answer, at the height the client is at. */
function answerTo(end: End, id: bigint, key: Uint8Array): Typed<MessageOf<typeof MsgSubmitReadCodec>> {
  const { value, proof, height } = end.other.chain.prove("bank", key, end.clientHeight - 1n);
  const given = { absent: value === undefined, value: value ?? new Uint8Array(), proof, proofHeight: height };
  return { codec: MsgSubmitReadCodec, value: { submitter: end.chain.relayer, id, ...given } };
}

Deno.test("a value of another chain is read with a proof: there, not there, forged and old", () => {
  const { a, b, path } = pair();
  const end = path.a;
  const holder = b.accounts[3]!.address.bytes;
  const [known, none] = [balanceKey(holder, DENOM), balanceKey(holder, "unothing")];
  const stale = answerTo(end, 1n, known);
  end.updateClient();
  const ids = [askBalance(a, end, holder, DENOM), askBalance(a, end, holder, "unothing")];
  assertEquals(ids, [1n, 2n]);
  assertRefused(a, ["calls", 16], () => end.try(stale));
  const [there, notThere] = [answerTo(end, 1n, known), answerTo(end, 2n, none)];
  const forge = (change: Partial<typeof there.value>) => ({ ...there, value: { ...there.value, ...change } });
  for (
    const forged of [
      forge({ value: utf8ToBytes("1") }),
      forge({ absent: true, value: new Uint8Array() }),
      forge({ proof: notThere.value.proof }),
      forge({ id: 2n }),
    ]
  ) {
    const refused = end.try(forged);
    assert(refused.code !== 0 && refused.codespace !== "calls", `${refused.codespace} ${refused.code}`);
  }
  end.do(there);
  assertEquals(attributesOf(end.do(notThere), "read_result").found, "false");
  const results = ids.map((id) =>
    a.ask("/catenary.calls.v1.Query/Read", QueryReadRequestCodec, QueryReadResponseCodec, { id }).read!
  );
  assertEquals(results.map(({ status }) => status), [READ_STATUS.found, READ_STATUS.absent]);
  assertEquals(results[0]!.value, utf8ToBytes(b.balance(codec.of(holder)).toString()));
  assertEquals(results[0]!.proofHeight, there.value.proofHeight);
  assertRefused(a, ["calls", 15], () => end.try(there));
});

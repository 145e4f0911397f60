import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { MsgSend as MsgSendCodec } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { AuthInfo, TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { concatBytes } from "../../node/core/bytes.ts";
import { makeTx, sendMessage, signerOf, TestChain, type TxOptions } from "./harness.ts";

const alice = signerOf("alice");
const bob = signerOf("bob", "ed25519");
const stranger = signerOf("stranger");
const newChain = (minGasPrices = "") => new TestChain({ accounts: [alice, bob], minGasPrices });

function fromAlice(options: Partial<TxOptions> = {}): Uint8Array {
  return makeTx({
    messages: [sendMessage(alice.address, bob.address, "5ucat")],
    signers: [{ signer: alice, accountNumber: 0n, sequence: 0n }],
    ...options,
  });
}

/** Checked and delivered alike, and nothing of it is left. */
function assertRefused(tx: Uint8Array, code: number, log: string | RegExp, codespace = "sdk"): void {
  const chain = newChain();
  const before = chain.state.appHash;
  const check = chain.check(tx);
  assertEquals([check.codespace, check.code], [codespace, code], check.log);
  assertMatch(check.log, log instanceof RegExp ? log : new RegExp(log.replaceAll(/[().?]/g, "\\$&")));
  const [delivered] = chain.block(tx).txResults;
  assertEquals([delivered!.codespace, delivered!.code, delivered!.log], [codespace, code, check.log]);
  assertEquals(delivered!.events, []);
  assertEquals(chain.state.appHash, before);
  assertEquals(chain.check(fromAlice()).code, 0, "the chain goes on");
}

Deno.test("a good transaction passes, so that the refusals below mean something", () => {
  assertEquals(newChain().check(fromAlice()).code, 0);
});

Deno.test("every truncation of a transaction is refused with code 2 or a missing part, and never throws", () => {
  const tx = fromAlice({ fee: "10ucat", memo: "hello" });
  const chain = newChain();
  for (let length = 0; length < tx.length; length++) {
    const result = chain.check(tx.slice(0, length));
    assert(result.code !== 0, `cut to ${length} bytes`);
    assertEquals(result.codespace, "sdk");
  }
});

Deno.test("arbitrary bytes and arbitrary changes of a transaction are refused without a throw", () => {
  const chain = newChain();
  const tx = fromAlice({ fee: "10ucat" });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => chain.check(bytes).code !== 0));
  fc.assert(
    fc.property(fc.nat(tx.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = tx.slice();
      changed[at]! ^= change;
      return chain.check(changed).code !== 0;
    }),
    { numRuns: 400 },
  );
});

Deno.test("an oversized transaction is refused with code 21 before it is decoded", () => {
  assertRefused(new Uint8Array(1_048_577), 21, "1048577 bytes, limit 1048576");
});

Deno.test("unknown fields and forms that are not canonical are refused with code 2", () => {
  const tx = fromAlice();
  const raw = TxRaw.decode(tx);
  assertRefused(concatBytes(tx, Uint8Array.of(0x22, 0x00)), 2, "TxRaw");
  const reordered = concatBytes(tx.slice(2 + raw.bodyBytes.length + 1), tx.slice(0, 3 + raw.bodyBytes.length));
  assertRefused(reordered, 2, "TxRaw");
  const bodyBytes = concatBytes(raw.bodyBytes, Uint8Array.of(0x7a, 0x00));
  assertRefused(TxRaw.encode({ ...raw, bodyBytes }).finish(), 2, "TxBody");
  const authInfoBytes = concatBytes(raw.authInfoBytes, Uint8Array.of(0x7a, 0x00));
  assertRefused(TxRaw.encode({ ...raw, authInfoBytes }).finish(), 2, "AuthInfo");
  const long = concatBytes(
    Uint8Array.of(0x0a, 0x80 | (raw.bodyBytes.length & 0x7f), (raw.bodyBytes.length >> 7) | 0x80, 0),
  );
  assertRefused(concatBytes(long, tx.slice(3)), 2, "TxRaw");
});

Deno.test("a transaction for another chain is refused with code 4, and the log names this chain", () => {
  assertRefused(
    fromAlice({ chainId: "other-1" }),
    4,
    "account number (0), sequence (0) and chain-id (test-1): unauthorized",
  );
});

Deno.test("a replayed sequence is refused with code 32 in the words that clients parse", () => {
  const chain = newChain();
  const tx = fromAlice();
  assertEquals(chain.block(tx).txResults[0]!.code, 0);
  const again = chain.check(tx);
  assertEquals(again.code, 32);
  assertEquals(again.log, "account sequence mismatch, expected 1, got 0: incorrect account sequence");
  const hash = chain.state.appHash;
  assertEquals(chain.block(tx).txResults[0]!.code, 32);
  assertEquals(chain.state.appHash, hash);
});

Deno.test("a wrong signature is refused with code 4, also when the right one was seen before", () => {
  const tx = fromAlice();
  const broken = tx.slice();
  broken[broken.length - 1]! ^= 1;
  assertRefused(broken, 4, "signature verification failed");
  const chain = newChain();
  assertEquals(chain.check(tx).code, 0);
  assertEquals(chain.check(broken).code, 32, "the check state has moved on");
  assertEquals(chain.block(broken).txResults[0]!.code, 4);
});

Deno.test("a signature remembered from a check does not hold for another account number", () => {
  const first = newChain();
  const tx = fromAlice();
  assertEquals(first.check(tx).code, 0);
  const swapped = new TestChain({ accounts: [bob, alice] });
  assertEquals(swapped.check(tx).code, 4);
});

Deno.test("an unknown message is refused with code 6 and named", () => {
  const messages = [{ typeUrl: "/foo.bar.MsgBaz", value: new Uint8Array() }];
  assertRefused(fromAlice({ messages }), 6, "/foo.bar.MsgBaz: unknown request");
});

Deno.test("who has no account cannot sign", () => {
  const options = {
    messages: [sendMessage(stranger.address, bob.address, "5ucat")],
    signers: [{ signer: stranger, accountNumber: 2n, sequence: 0n }],
  };
  assertRefused(fromAlice(options), 9, "does not exist: unknown address");
  assertRefused(fromAlice({ ...options, fee: "1ucat" }), 9, /fee payer address: .* does not exist/);
});

Deno.test("a key that is not the signer's is refused with code 8", () => {
  assertRefused(
    fromAlice({ signers: [{ signer: stranger, accountNumber: 0n, sequence: 0n }] }),
    8,
    "pubKey does not match signer address",
  );
  assertRefused(fromAlice({ withoutKeys: true }), 8, "pubkey on account is not set");
});

Deno.test("the number of signatures must be that of the signers", () => {
  const twice = { signer: alice, accountNumber: 0n, sequence: 0n };
  assertRefused(fromAlice({ signers: [twice, twice] }), 4, "wrong number of signers; expected 1, got 2");
  assertRefused(fromAlice({ signers: [] }), 15, "no signatures supplied");
});

Deno.test("other sign modes are refused with code 37 and named", () => {
  for (
    const mode of [SignMode.SIGN_MODE_LEGACY_AMINO_JSON, SignMode.SIGN_MODE_DIRECT_AUX, SignMode.SIGN_MODE_TEXTUAL]
  ) {
    assertRefused(fromAlice({ mode }), 37, `${SignMode[mode]}: only SIGN_MODE_DIRECT is accepted`);
  }
  assertRefused(fromAlice({ mode: SignMode.SIGN_MODE_UNSPECIFIED }), 37, "SIGN_MODE_UNSPECIFIED");
});

Deno.test("memo, timeout, gas, extension options, messages: each bound has its code", () => {
  assertRefused(fromAlice({ memo: "é".repeat(129) }), 12, "maximum number of characters is 256 but received 258");
  assertEquals(newChain().check(fromAlice({ memo: "x".repeat(256) })).code, 0);
  const late = newChain();
  const tx = fromAlice({ timeoutHeight: 1n });
  assertEquals(late.check(tx).code, 0);
  late.block();
  assertEquals(late.check(tx).code, 30);
  assertRefused(fromAlice({ gas: 0n }), 41, "must provide positive gas");
  assertRefused(fromAlice({ gas: 1n << 63n }), 18, "invalid gas supplied");
  const option = { typeUrl: "/x.Y", value: new Uint8Array() };
  assertRefused(fromAlice({ body: (body) => ({ ...body, extensionOptions: [option] }) }), 31, "/x.Y");
  assertEquals(
    newChain().check(fromAlice({ body: (body) => ({ ...body, nonCriticalExtensionOptions: [option] }) })).code,
    0,
  );
  assertRefused(fromAlice({ messages: [], memo: "x" }), 18, "at least one message");
  assertRefused(fromAlice({ body: (body) => ({ ...body, unordered: true }) }), 37, "unordered");
  const many = Array.from({ length: 1001 }, () => sendMessage(alice.address, bob.address, "1ucat"));
  assertRefused(fromAlice({ messages: many }), 18, "1001, limit 1000");
});

Deno.test("more signers than the chain allows are refused with code 14", () => {
  const signers = Array.from({ length: 8 }, (_, i) => signerOf(`many ${i}`));
  const chain = new TestChain({ accounts: signers });
  const tx = makeTx({
    messages: signers.map(({ address }) => sendMessage(address, alice.address, "1ucat")),
    signers: signers.map((signer, i) => ({ signer, accountNumber: BigInt(i), sequence: 0n })),
  });
  const check = chain.check(tx);
  assertEquals([check.code, check.log], [14, "signatures: 8, limit: 7: maximum number of signatures exceeded"]);
});

Deno.test("fees: invalid coins, too little for this node, more than there is", () => {
  const raw = TxRaw.decode(fromAlice());
  const auth = AuthInfo.decode(raw.authInfoBytes);
  const fee = { ...auth.fee!, amount: [{ denom: "ucat", amount: "-1" }] };
  const authInfoBytes = AuthInfo.encode({ ...auth, fee }).finish();
  assertRefused(TxRaw.encode({ ...raw, authInfoBytes }).finish(), 13, "invalid fee provided: -1ucat");
  const asking = newChain("0.025ucat");
  const poor = asking.check(fromAlice({ fee: "4999ucat" }));
  assertEquals([poor.code, poor.log], [13, "insufficient fees; got: 4999ucat required: 5000ucat: insufficient fee"]);
  assertEquals(asking.check(fromAlice({ fee: "5000ucat" })).code, 0);
  assertEquals(
    asking.block(fromAlice()).txResults[0]!.code,
    0,
    "the minimum is the node's own policy, not the chain's",
  );
  const detail = "spendable balance 1000000ucat is smaller than 1000001ucat: insufficient funds";
  assertRefused(fromAlice({ fee: "1000001ucat" }), 5, detail);
});

Deno.test("bad messages are refused before anything is paid", () => {
  const send = (value: Partial<{ to: string; amount: { denom: string; amount: string }[] }>) => {
    const good = sendMessage(alice.address, bob.address, "5ucat");
    return fromAlice({
      body: (body) => TxBody.fromPartial({ ...body, messages: [{ ...good, value: patchSend(good.value, value) }] }),
    });
  };
  const coins = (...amounts: string[]) => amounts.map((amount) => ({ denom: "ucat", amount }));
  assertRefused(send({ to: "cosmos1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn3nst8s" }), 7, "invalid to address");
  assertRefused(send({ amount: coins("0") }), 10, "0ucat: invalid coins");
  assertRefused(send({ amount: coins("-5") }), 10, "invalid coins");
  assertRefused(send({ amount: coins("1", "2") }), 10, "invalid coins");
  assertRefused(send({ amount: coins("01") }), 10, "invalid coins");
  assertRefused(send({ amount: coins((1n << 256n).toString()) }), 10, "invalid coins");
  assertRefused(send({ amount: [{ denom: "a!", amount: "1" }] }), 10, "invalid coins");
  assertRefused(send({ amount: [] }), 10, "invalid coins");
});

function patchSend(
  bytes: Uint8Array,
  value: { to?: string; amount?: { denom: string; amount: string }[] },
): Uint8Array {
  const decoded = MsgSendCodec.decode(bytes);
  return MsgSendCodec.encode({
    ...decoded,
    toAddress: value.to ?? decoded.toAddress,
    amount: value.amount ?? decoded.amount,
  }).finish();
}
Deno.test("a message that fails pays the fee, counts the sequence and changes nothing else", () => {
  const chain = newChain();
  const tx = fromAlice({
    messages: [
      sendMessage(alice.address, bob.address, "5ucat"),
      sendMessage(alice.address, bob.address, "9999999ucat"),
    ],
    fee: "10ucat",
  });
  const [result] = chain.block(tx).txResults;
  assertEquals([result!.codespace, result!.code], ["sdk", 5]);
  assertEquals(
    result!.log,
    "failed to execute message; message index: 1: spendable balance 999985ucat is smaller than 9999999ucat: insufficient funds",
  );
  assertEquals(result!.events.filter(({ attributes }) => attributes.some(({ key }) => key === "msg_index")), []);
  assertEquals(result!.events.at(-1)!.attributes[0]!.key, "signature");
  assertEquals(chain.balance(alice.address), 999_990n);
  assertEquals(chain.balance(bob.address), 1_000_000n);
  assertEquals(chain.check(fromAlice()).code, 32);
});

Deno.test("running out of gas pays the fee, counts the sequence and changes nothing else", () => {
  const chain = newChain();
  const [result] = chain.block(fromAlice({ fee: "10ucat", gas: 30_000n })).txResults;
  assertEquals([result!.codespace, result!.code], ["sdk", 11]);
  assertStringIncludes(result!.log, "out of gas in location: ");
  assertStringIncludes(result!.log, "gasWanted: 30000, gasUsed: ");
  assert(result!.gasUsed > 30_000n);
  assertEquals(chain.balance(alice.address), 999_990n);
  assertEquals(chain.balance(bob.address), 1_000_000n);
  assertEquals(chain.check(fromAlice()).code, 32);
});

Deno.test("too little gas for the fee itself: nothing is paid, as the transaction never got that far", () => {
  assertRefused(fromAlice({ fee: "10ucat", gas: 5_000n }), 11, "out of gas in location");
});

Deno.test("coins cannot be sent to the accounts of modules", () => {
  const chain = newChain();
  const collector = chain.moduleAddress("fee_collector");
  const [result] = chain.block(fromAlice({ messages: [sendMessage(alice.address, collector, "5ucat")] })).txResults;
  assertEquals([result!.code], [4]);
  assertStringIncludes(result!.log, "is not allowed to receive funds: unauthorized");
});

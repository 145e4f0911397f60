import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MsgMultiSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { AddressCodec } from "../../core/address.ts";
import { testContext } from "../../../tests/helpers/context.ts";
import { makeTx, signerOf, TestChain } from "../../../tests/bad_input/harness.ts";
import { BankKeeper } from "./mod.ts";
import { decodeAmount, encodeAmount } from "./types.ts";

const codec = new AddressCodec("cat");
const a = codec.of(new Uint8Array(20).fill(1));
const b = codec.of(new Uint8Array(20).fill(2));

function newKeeper() {
  const accounts = { ensure: () => {}, touch: () => {} };
  const keeper = new BankKeeper(codec, accounts, new Set());
  const context = testContext();
  return { keeper, context, events: context.events };
}

Deno.test("minting and burning change the supply by what they say, with their events", () => {
  const { keeper, context, events } = newKeeper();
  assert(keeper.mint(context, a, [{ denom: "ucat", amount: 100n }]).ok);
  assert(keeper.burn(context, a, [{ denom: "ucat", amount: 30n }]).ok);
  assertEquals(keeper.supply(context.view, "ucat"), 70n);
  assertEquals(keeper.balance(context.view, a.bytes, "ucat"), 70n);
  assertEquals(events.map(({ type }) => type), ["coin_received", "coinbase", "coin_spent", "burn"]);
  assertEquals(keeper.burn(context, b, [{ denom: "ucat", amount: 1n }]).ok, false);
  assertEquals(keeper.mint(context, a, [{ denom: "ucat", amount: (1n << 256n) - 70n }]).ok, false);
  assertEquals(keeper.supply(context.view, "ucat"), 70n);
});

Deno.test("sending to oneself changes nothing, and an emptied balance leaves no entry", () => {
  const { keeper, context } = newKeeper();
  keeper.mint(context, a, [{ denom: "ucat", amount: 5n }]);
  assert(keeper.send(context, a, a, [{ denom: "ucat", amount: 5n }]).ok);
  assertEquals(keeper.balance(context.view, a.bytes, "ucat"), 5n);
  assert(keeper.send(context, a, b, [{ denom: "ucat", amount: 5n }]).ok);
  const entries = context.journal.changes().filter(({ value }) => value !== undefined);
  assertEquals(entries.map(({ key }) => key[0]).sort(), [0, 2, 3], "supply, one balance, one holder");
});

Deno.test("a denom that is disabled cannot be sent by messages", () => {
  const { keeper, context } = newKeeper();
  keeper.setParams(context.view, { sendEnabled: [], defaultSendEnabled: true });
  keeper.setSendEnabled(context.view, "ucat", false);
  const refused = keeper.checkSendEnabled(context.view, [{ denom: "ucat", amount: 1n }]);
  assertEquals(!refused.ok && [refused.error.codespace, refused.error.code], ["bank", 5]);
  assert(keeper.checkSendEnabled(context.view, [{ denom: "uatom", amount: 1n }]).ok);
});

Deno.test("amounts are stored as decimal text and come back, however large", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), (amount) => {
      assertEquals(decodeAmount(encodeAmount(amount)), amount);
    }),
  );
  assertEquals(encodeAmount(120n), new TextEncoder().encode("120"));
});

Deno.test("multi-send: one input, outputs that add up, all or nothing", () => {
  const alice = signerOf("alice");
  const [x, y] = [signerOf("x").address, signerOf("y").address];
  const coins = (amount: number) => [{ denom: "ucat", amount: `${amount}` }];
  const send = (message: MsgMultiSend, sequence: bigint) =>
    makeTx({
      messages: [{ typeUrl: "/cosmos.bank.v1beta1.MsgMultiSend", value: MsgMultiSend.encode(message).finish() }],
      signers: [{ signer: alice, accountNumber: 0n, sequence }],
    });
  const chain = new TestChain({ accounts: [alice] });
  const input = { address: alice.address.text, coins: coins(30) };
  const outputs = [{ address: x.text, coins: coins(10) }, { address: y.text, coins: coins(20) }];
  const [result] = chain.block(send({ inputs: [input], outputs }, 0n)).txResults;
  assertEquals([result!.code, chain.balance(x), chain.balance(y)], [0, 10n, 20n]);
  const codeOf = (message: MsgMultiSend) => {
    const { codespace, code } = chain.check(send(message, 1n));
    return [codespace, code];
  };
  assertEquals(codeOf({ inputs: [], outputs }), ["bank", 2]);
  assertEquals(codeOf({ inputs: [input], outputs: [] }), ["bank", 3]);
  assertEquals(codeOf({ inputs: [input], outputs: outputs.slice(1) }), ["bank", 4]);
  assertEquals(codeOf({ inputs: [input, input], outputs }), ["bank", 9]);
  assertEquals(codeOf({ inputs: [{ ...input, coins: coins(-1) }], outputs }), ["sdk", 10]);
});

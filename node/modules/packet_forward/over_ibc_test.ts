/** Transfers over two hops between whole chains: real clients, commitments and proofs. */
import { assertEquals } from "@std/assert";
import { MsgTransferResponse } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import {
  encodeTyped,
  escrowOf,
  relayAll,
  supply,
  TestChain,
  three,
  transfer,
  voucher,
} from "../../../tests/helpers/ibc/mod.ts";
import { DENOM } from "../../../tests/bad_input/harness.ts";

const forward = (receiver: string, channel: string, more: object = {}) =>
  JSON.stringify({ forward: { receiver, port: "transfer", channel, ...more } });

Deno.test("tokens go over two hops by memo and back the same way, and nothing of them stays", () => {
  const { a, b, c, ab, bc } = three();
  const [alice, carol] = [a.accounts[1]!.address.text, c.accounts[1]!.address.text];
  const before = a.balance(alice);
  const memo = forward(carol, bc.a.channelId);
  const sent = a.deliverOk([encodeTyped(transfer(ab.a, alice, "whoever", 500n, { memo }))], { signer: 1 });
  const response = MsgTransferResponse.decode(TxMsgData.decode(sent.data).msgResponses[0]!.value);
  assertEquals(response.sequence, 1n);
  relayAll(ab, bc);
  const onB = voucher(DENOM, ab.a);
  const onC = voucher(DENOM, ab.a, bc.a);
  assertEquals([c.balance(carol, onC), supply(b, onB), b.balance(escrowOf(bc.a), onB)], [500n, 500n, 500n]);
  assertEquals(a.balance(escrowOf(ab.a)), 500n);
  const back = { denom: onC, memo: forward(alice, ab.b.channelId) };
  c.deliverOk([encodeTyped(transfer(bc.b, carol, "whoever", 500n, back))], { signer: 1 });
  relayAll(ab, bc);
  assertEquals([a.balance(alice), supply(b, onB), supply(c, onC)], [before, 0n, 0n]);
  assertEquals(a.balance(escrowOf(ab.a)), 0n);
});

Deno.test("a timeout at the second hop is tried again and then refunded over the first one", () => {
  const { a, b, c, clock, ab, bc } = three();
  const [alice, carol] = [a.accounts[1]!.address.text, c.accounts[1]!.address.text];
  const before = a.balance(alice);
  const memo = forward(carol, bc.a.channelId, { retries: 1, timeout: "10s" });
  a.deliverOk([encodeTyped(transfer(ab.a, alice, "whoever", 500n, { memo }))], { signer: 1 });
  ab.relay();
  const onB = voucher(DENOM, ab.a);
  for (let round = 0; round < 2; round++) {
    assertEquals(b.balance(escrowOf(bc.a), onB), 500n, `try ${round}`);
    clock.advance(60_000_000_000n);
    c.nextBlock();
    bc.relay();
  }
  assertEquals(supply(b, onB), 0n);
  relayAll(ab, bc);
  assertEquals([a.balance(alice), a.balance(escrowOf(ab.a))], [before, 0n]);
});

Deno.test("a chain exported in the middle of a forward starts again with the same coins, vouchers and forwards", () => {
  const { a, b, c, ab, bc } = three();
  const [alice, carol] = [a.accounts[1]!.address.text, c.accounts[1]!.address.text];
  const memo = forward(carol, bc.a.channelId, { retries: 3 });
  a.deliverOk([encodeTyped(transfer(ab.a, alice, "whoever", 500n, { memo }))], { signer: 1 });
  ab.relay();
  const exported = JSON.parse(JSON.stringify(b.run(b.app.exportGenesis())));
  assertEquals(Object.keys(exported.packetfowardmiddleware.in_flight_packets), [`${bc.a.channelId}/transfer/1`]);
  const again = new TestChain({ chainId: b.chainId, appState: () => exported });
  const stores = ["bank", "transfer", "packetfowardmiddleware", "calls"];
  const rootsOf = (chain: TestChain) => new Map([...chain.roots()].filter(([store]) => stores.includes(store)));
  assertEquals(rootsOf(again), rootsOf(b));
});

/** The worker over whole chains in this process: real headers, proofs and transactions, in simulated time. */
import { assert, assertEquals } from "@std/assert";
import { encodeForwardMemo } from "../../node/core/ibc/mod.ts";
import { encodeTyped, pair, three, transfer, voucher } from "../../tests/helpers/ibc/mod.ts";
import { DENOM } from "../../tests/bad_input/harness.ts";
import { withRelay } from "../../tests/helpers/relay/world.ts";

Deno.test("tokens cross between two chains and come back, or are refunded after a timeout", async () => {
  const { a, b, path } = pair();
  await withRelay([path], {}, async (world) => {
    await world.clock.advance(3_000);
    const [alice, bob] = [a.accounts[1]!.address.text, b.accounts[1]!.address.text];
    for (let i = 0; i < 5; i++) {
      a.mempool.push(a.sign([encodeTyped(transfer(path.a, alice, bob, 100n))], { signer: 1, after: BigInt(i) }));
    }
    const timeoutHeight = b.ibcHeight(b.height + 1n);
    const late = transfer(path.a, a.accounts[2]!.address.text, bob, 7n, { timeoutHeight });
    a.mempool.push(a.sign([encodeTyped(late)], { signer: 2 }));
    const before = a.balance(2);
    await world.clock.advance(8_000);
    const there = voucher(DENOM, path.a);
    assertEquals(b.balance(1, there), 500n);
    assertEquals(a.balance(2), before);
    assertEquals(await world.pending(), 0);

    b.mempool.push(b.sign([encodeTyped(transfer(path.b, bob, alice, 500n, { denom: there }))], { signer: 1 }));
    await world.clock.advance(8_000);
    assertEquals(b.balance(1, there), 0n);
    assertEquals(await world.pending(), 0);
  });
});

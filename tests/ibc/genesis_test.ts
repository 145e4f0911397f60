/** A chain is exported in the middle of its traffic and begun again: nobody on the other side notices. @module */
import { assertEquals } from "@std/assert";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { DENOM } from "../bad_input/harness.ts";
import {
  acknowledge,
  encodeTyped,
  type End,
  headerOf,
  type Path,
  recvPacket,
  relayAll,
  SECOND,
  sentPackets,
  supply,
  TestChain,
  three,
  timeout,
  transfer,
  updateClientWith,
  voucher,
} from "../helpers/ibc/mod.ts";

const user = (chain: TestChain) => chain.accounts[1]!.address.text;

/** The chain that begins where `old` was exported. */
function begunAgain(old: TestChain): TestChain {
  const appState = old.exportGenesis();
  return new TestChain({
    chainId: old.chainId,
    clock: old.clock,
    initialHeight: old.height + 1n,
    appState: () => appState,
  });
}

/**
 * Brings the client at `end` to the first block of the chain that was begun again, on the trust in a block before. The
 * blocks between are gone with the old chain.
 */
function follow(end: End, old: TestChain, again: TestChain): void {
  const { height } = again;
  const trusted = end.clientHeight;
  const { nextValidators } = old.blocks.at(trusted);
  end.do(updateClientWith(end, headerOf(again.blocks.light(height), again.ibcHeight(trusted), nextValidators)));
  end.clientHeight = height;
}

const send = (end: End, amount: bigint, memo = "", timeoutTimestamp?: bigint): Packet => {
  const chain = end.chain as TestChain;
  const options = { memo, ...(timeoutTimestamp !== undefined && { timeoutTimestamp }) };
  const message = transfer(end, user(chain), user(end.other.chain as TestChain), amount, options);
  return sentPackets(chain.deliverOk([encodeTyped(message)], { signer: 1 }))[0]!;
};

/** Three chains with packets in every state around b. */
function busy() {
  const { clock, a, b, c, ab, bc } = three();
  send(ab.a, 500n);
  relayAll(ab, bc);
  const forward = { receiver: user(c), port: "transfer", channel: bc.a.channelId, retries: 1, timeout: "1h" };
  // On its way through b: received, sent on, not acknowledged.
  const through = send(ab.a, 30n, JSON.stringify({ forward }));
  ab.b.recv(through);
  // Sent by a and not received; received by b and not yet known to a; sent by b.
  const unreceived = send(ab.a, 40n);
  const received = send(ab.a, 50n);
  const { ack } = ab.b.acked(ab.b.recv(received))[0]!;
  const outgoing = send(bc.a, 60n);
  const late = send(bc.a, 70n, "", clock.now + 5n * SECOND);
  return { clock, a, b, c, ab, bc, unreceived, received, ack, outgoing, late };
}

Deno.test("an exported chain begins again with the same stores, byte for byte", () => {
  const { b } = busy();
  const again = begunAgain(b);
  // The first block has been made; it wrote nothing.
  assertEquals(again.roots(), b.roots());
  assertEquals(again.exportGenesis(), b.exportGenesis());
});

Deno.test("packets of a chain that was begun again are received, acknowledged and timed out as before", () => {
  const { clock, a, b: old, c, ab: before, bc: beyond, unreceived, received, ack, outgoing, late } = busy();
  const b = begunAgain(old);
  b.nextBlock();
  const [ab, bc] = [before.over(a, b), beyond.over(b, c)];
  follow(ab.a, old, b);
  follow(bc.b, old, b);
  // Proofs of the state that was there before the export, and of what comes after.
  ab.a.do(acknowledge(ab.a, received, ack));
  const arrived = bc.b.acked(bc.b.do(recvPacket(bc.b, outgoing)))[0]!;
  const entered = ab.b.acked(ab.b.recv(unreceived))[0]!;
  clock.advance(60n * SECOND);
  c.nextBlock();
  bc.a.updateClient();
  bc.a.do(timeout(bc.a, late));
  bc.a.acknowledge(outgoing, arrived.ack);
  ab.a.acknowledge(unreceived, entered.ack);
  forwarded(ab, bc, old);
  const [onB, onC] = [voucher(DENOM, ab.a), voucher(DENOM, ab.a, bc.a)];
  assertEquals([supply(c, onC), c.balance(1, onC)], [30n, 30n]);
  assertEquals(supply(b, onB), 500n + 30n + 40n + 50n);
  assertEquals(c.balance(1, voucher(DENOM, bc.a)), 60n);
});

/** The packet that b was passing on when it was exported, and its acknowledgement all the way back. */
function forwarded(ab: Path, bc: Path, old: TestChain): void {
  const packets = old.history.filter(({ code }) => code === 0).flatMap((tx) => bc.a.sent(tx));
  const onwards = packets.find(({ data }) => new TextDecoder().decode(data).includes('"amount":"30"'))!;
  const { ack } = bc.b.acked(bc.b.recv(onwards))[0]!;
  const { packet, ack: passed } = ab.b.acked(bc.a.acknowledge(onwards, ack))[0]!;
  ab.a.acknowledge(packet, passed);
}

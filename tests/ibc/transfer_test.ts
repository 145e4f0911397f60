/** ICS-20 between whole chains: vouchers and their names, refunds, and counterparts that lie. @module */
import { assertEquals } from "@std/assert";
import { QueryDenomRequest, QueryDenomResponse } from "cosmjs-types/ibc/applications/transfer/v1/query";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { DENOM } from "../bad_input/harness.ts";
import {
  assertRefused,
  changed,
  type Delivered,
  encodeTyped,
  type End,
  escrowOf,
  eventsOf,
  MOCK_PORT,
  mockSend,
  modulesWithMock,
  pair,
  Path,
  recvPacket,
  relayAll,
  SECOND,
  sentPackets,
  supply,
  type TestChain,
  three,
  transfer,
  voucher,
} from "../helpers/ibc/mod.ts";

const chainOf = (end: End) => end.chain as TestChain;
const user = (chain: TestChain, index = 1) => chain.accounts[index]!.address.text;

/** Sends from the user of the end's chain to that of the other one. */
function sends(end: End, amount: bigint, options: Parameters<typeof transfer>[4] = {}): Delivered {
  const message = transfer(end, user(chainOf(end)), user(chainOf(end.other)), amount, options);
  return chainOf(end).deliverOk([encodeTyped(message)], { signer: 1 });
}

Deno.test("a token goes to another chain and back, and the voucher says where it came from", () => {
  const { a, b, path } = pair({});
  const onB = voucher(DENOM, path.a);
  sends(path.a, 100n);
  relayAll(path);
  assertEquals([a.balance(escrowOf(path.a)), b.balance(1, onB), supply(b, onB)], [100n, 100n, 100n]);
  const { denom } = b.ask(
    "/ibc.applications.transfer.v1.Query/Denom",
    QueryDenomRequest,
    QueryDenomResponse,
    { hash: onB.slice(4) },
  );
  assertEquals(denom, { base: DENOM, trace: [{ portId: "transfer", channelId: path.b.channelId }] });
  sends(path.b, 40n, { denom: onB });
  relayAll(path);
  assertEquals([a.balance(escrowOf(path.a)), supply(b, onB)], [60n, 60n]);
  sends(path.b, 60n, { denom: onB });
  relayAll(path);
  assertEquals([a.balance(1), a.balance(escrowOf(path.a)), supply(b, onB)], [1_000_000_000n, 0n, 0n]);
});

Deno.test("the same token over another way is another token, and each goes home its own way", () => {
  const { a, c, ab, bc } = three();
  const ac = new Path(a, c).open();
  const [direct, around] = [voucher(DENOM, ac.a), voucher(DENOM, ab.a, bc.a)];
  sends(ac.a, 10n);
  sends(ab.a, 20n);
  relayAll(ab, bc, ac);
  sends(bc.a, 20n, { denom: voucher(DENOM, ab.a) });
  relayAll(ab, bc, ac);
  assertEquals([c.balance(1, direct), c.balance(1, around)], [10n, 20n]);
  // Over the direct channel the one that came around is no voucher of it: it is wrapped once more.
  sends(ac.b, 20n, { denom: around });
  relayAll(ab, bc, ac);
  assertEquals(a.balance(1, voucher(DENOM, ab.a, bc.a, ac.b)), 20n);
  assertEquals(a.balance(escrowOf(ac.a)), 10n);
});

Deno.test("what the other chain refuses or never gets comes back to its sender", () => {
  const { clock, a, path } = pair({});
  const before = a.balance(1);
  a.deliverOk([encodeTyped(transfer(path.a, user(a), "nobody", 7n))], { signer: 1 });
  relayAll(path);
  assertEquals([a.balance(1), a.balance(escrowOf(path.a))], [before, 0n]);
  sends(path.a, 8n, { timeoutTimestamp: clock.now + 5n * SECOND });
  assertEquals(a.balance(1), before - 8n);
  clock.advance(60n * SECOND);
  chainOf(path.b).nextBlock();
  relayAll(path);
  assertEquals([a.balance(1), a.balance(escrowOf(path.a))], [before, 0n]);
  assertEquals(eventsOf(a.history.at(-1)!, "timeout").length, 1);
});

Deno.test("nothing is sent that is not there, over no channel, or to come late already", () => {
  const { a, path } = pair({});
  const send = (message: ReturnType<typeof transfer>) => () => a.deliver([encodeTyped(message)], { signer: 1 });
  const good = transfer(path.a, user(a), "anybody", 5n);
  assertRefused(a, ["sdk", 5], send(transfer(path.a, user(a), "anybody", 10n ** 12n)));
  assertRefused(a, "channelNotFound", send(changed(good, { sourceChannel: "channel-9" })));
  assertRefused(a, "timeoutElapsed", send(changed(good, { timeoutTimestamp: 1n })));
  assertRefused(a, ["ibc", 6], send(changed(good, { token: { denom: DENOM, amount: "0" } })));
  assertRefused(a, ["transfer", 6], send(transfer(path.a, user(a), "anybody", 5n, { denom: `ibc/${"A".repeat(64)}` })));
});

/** A chain that says whatever it wants over a channel that our transfers are the other end of. */
function liar() {
  const { a, b, path: known } = pair({ chain: { modules: modulesWithMock } });
  const path = known.another();
  path.b.portId = MOCK_PORT;
  path.openChannel();
  const says = (data: string): Packet => {
    const packet = { data, timeoutHeight: a.ibcHeight(a.height + 1000n) };
    return sentPackets(b.deliverOk([encodeTyped(mockSend(user(b), path.b.channelId, packet))], { signer: 1 }))[0]!;
  };
  return { a, b, path, says };
}

Deno.test("a chain that lies gets no more out of a channel than went in", () => {
  const { a, path, says } = liar();
  sends(path.a, 50n);
  const claim = (amount: string, denom = `mock/${path.b.channelId}/${DENOM}`) =>
    says(JSON.stringify({ amount, denom, receiver: user(a, 3), sender: "liar" }));
  const before = a.balance(3);
  const answers: boolean[] = [];
  for (const packet of [claim("51"), claim("50"), claim("1"), claim(`${2n ** 256n - 1n}`)]) {
    const { ack } = path.a.acked(path.a.recv(packet))[0]!;
    answers.push(new TextDecoder().decode(ack).startsWith('{"result"'));
  }
  assertEquals(answers, [false, true, false, false]);
  assertEquals([a.balance(3), a.balance(escrowOf(path.a))], [before + 50n, 0n]);
  // It may make as much of its own as it wants: that is its own token.
  const { ack } = path.a.acked(path.a.recv(claim("999", DENOM)))[0]!;
  assertEquals(new TextDecoder().decode(ack), '{"result":"AQ=="}');
  assertEquals([a.balance(3), supply(a, voucher(DENOM, path.b))], [before + 50n, 999n]);
});

Deno.test("data that is no transfer is answered with a failure and moves nothing", () => {
  const { a, path, says } = liar();
  const good = { amount: "1", denom: "x", receiver: user(a), sender: "liar" };
  const roots = () => new Map([...a.roots()].filter(([store]) => store === "bank" || store === "transfer"));
  const before = roots();
  const bad = [
    "garbage",
    "{}",
    "[]",
    JSON.stringify({ ...good, amount: "-1" }),
    JSON.stringify({ ...good, amount: "1e3" }),
    JSON.stringify({ ...good, amount: `${2n ** 256n}` }),
    JSON.stringify({ ...good, denom: "" }),
    JSON.stringify({ ...good, receiver: "" }),
    JSON.stringify({ ...good, receiver: "cat1nobody" }),
    JSON.stringify({ ...good, receiver: escrowOf(path.a), denom: "x".repeat(5000) }),
    JSON.stringify({ ...good, memo: JSON.stringify({ forward: { receiver: 7 } }) }),
    JSON.stringify({ ...good, amount: 1 }),
  ];
  for (const data of bad) {
    const { ack } = path.a.acked(path.a.recv(says(data)))[0]!;
    assertEquals(new TextDecoder().decode(ack).slice(0, 9), '{"error":', data.slice(0, 80));
  }
  assertEquals(roots(), before);
});

Deno.test("a packet of one channel is not received on another", () => {
  const { b, path } = pair({});
  const second = path.another().openChannel();
  const [packet] = sentPackets(sends(path.a, 5n)) as [Packet];
  second.b.updateClient();
  const end = { portId: "transfer", channelId: second.b.channelId };
  assertRefused(b, "invalidPacket", () =>
    second.b.try(
      changed(recvPacket(second.b, packet), { packet: { ...packet, destinationChannel: end.channelId } }),
    ));
  assertEquals(b.balance(1, voucher(DENOM, path.a)), 0n);
});

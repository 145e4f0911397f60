/** The worker over whole chains in this process: real headers, proofs and transactions, in simulated time. */
import { assert, assertEquals } from "@std/assert";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import type { MessageOf } from "../../node/core/codec/mod.ts";
import { channelPath, encodeForwardMemo } from "../../node/core/ibc/mod.ts";
import {
  MsgRequestReadCodec,
  QueryReadRequestCodec,
  QueryReadResponseCodec,
  READ_STATUS,
} from "../../node/modules/calls/types.ts";
import type { PacketRecord } from "../packet/mod.ts";
import { encodeTyped, pair, SECOND, three, transfer, voucher } from "../../tests/helpers/ibc/mod.ts";
import { DENOM } from "../../tests/bad_input/harness.ts";
import { withRelay } from "../../tests/helpers/relay/world.ts";
import { queryClientStatus } from "./clients.ts";
import { PathBook } from "./paths.ts";

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

Deno.test("a transfer is forwarded over two paths, and each step is told once with what it was proven against", async () => {
  const { a, b, c, ab, bc } = three();
  await withRelay([ab, bc], {}, async (world) => {
    const told: [string, PacketRecord][] = [];
    world.hooks.packetChanged = (lane, record) => told.push([lane.id, record]);
    await world.clock.advance(3_000);
    const carol = c.accounts[3]!.address.text;
    const memo = encodeForwardMemo({
      receiver: carol,
      portId: "transfer",
      channelId: bc.a.channelId,
      timeoutNs: 600_000_000_000n,
    });
    const message = transfer(ab.a, a.accounts[1]!.address.text, "pfm", 50n, { memo });
    a.mempool.push(a.sign([encodeTyped(message)], { signer: 1 }));
    await world.clock.advance(15_000);
    assertEquals(c.balance(3, voucher(DENOM, ab.a, bc.a)), 50n);
    assertEquals(await world.pending(), 0);
    const [first, second] = [`a/transfer/${ab.a.channelId}`, `b/transfer/${bc.a.channelId}`];
    const stages = (id: string) => told.filter(([lane]) => lane === id).map(([, { stage }]) => stage);
    assertEquals(stages(first), ["sent", "received", "written", "acknowledged"]);
    assertEquals(stages(second), ["sent", "received", "written", "acknowledged"]);
    const last = told.findLast(([lane]) => lane === first)![1];
    assertEquals(last.forwardedAs, { chain: "b", portId: "transfer", channelId: bc.a.channelId, sequence: 1n });
    assert(last.received?.proofHeight !== undefined && last.settled?.proofHeight !== undefined);
    assert(b.height > last.received.height && last.settled.height > last.received.proofHeight.revisionHeight);
  });
});

Deno.test("clients hear of their chains before they stop trusting them", async () => {
  const { a, b, path } = pair({ client: { trustingPeriod: 60n * SECOND, unbondingPeriod: 90n * SECOND } });
  await withRelay([path], { policy: { clientCheckMs: 5_000, refreshAt: 0.5 } }, async (world) => {
    let refreshes = 0;
    world.hooks.clientUpdated = ({ refresh }) => refresh && refreshes++;
    await world.clock.advance(200_000);
    // The chains share a clock, which each of their blocks winds: twice the time, for two clients.
    assert(refreshes >= 2 * 400 / 60 && refreshes <= 2 * 400 / 30, `${refreshes}`);
    const status = ({ name, clientId }: { name: string; clientId: string }) =>
      queryClientStatus(world.chains.get(name)!.endpoint, clientId);
    assertEquals(await status({ name: "a", clientId: path.a.clientId }), "Active");
    assertEquals(await status({ name: "b", clientId: path.b.clientId }), "Active");
    assertEquals([a.mempool.length, b.mempool.length], [0, 0]);
  });
});

Deno.test("a path says when its client is of no use any more, and its packets wait", async () => {
  const { a, path } = pair({ client: { trustingPeriod: 30n * SECOND, unbondingPeriod: 90n * SECOND } });
  a.deliverOk([encodeTyped(transfer(path.a, a.accounts[1]!.address.text, "x", 1n))], { signer: 1 });
  // Nobody looks after the clients while the relayer is away.
  for (let i = 0; i < 40; i++) a.nextBlock();
  await withRelay([path], { policy: { clientCheckMs: 5_000 } }, async (world) => {
    const ended: string[] = [];
    world.hooks.clientEnded = ({ chain, status }) => ended.push(`${chain} ${status}`);
    await world.clock.advance(12_000);
    assert(ended.includes("b expired"), `${ended}`);
    const book = new PathBook(world.store);
    await book.refresh();
    assert(/expired/.test(book.get("a-b")!.fault ?? ""));
    assertEquals(await world.pending(), 1);
  });
});

Deno.test("a chain asks for values of another one and gets them proven, present or absent", async () => {
  const { a, b, path } = pair();
  const requester = a.accounts[1]!.address.text;
  const request = (key: string, more: Partial<MessageOf<typeof MsgRequestReadCodec>> = {}) => ({
    codec: MsgRequestReadCodec,
    value: {
      requester,
      clientId: path.a.clientId,
      store: utf8ToBytes("ibc"),
      key: utf8ToBytes(key),
      minHeight: undefined,
      timeoutTimestamp: a.clock.now + 600n * SECOND,
      ...more,
    },
  });
  const there = channelPath(path.b.portId, path.b.channelId);
  // A block that proves that the channel is open.
  b.nextBlock();
  // The first is asked while nobody is there, and found by asking the chain.
  a.deliverOk([encodeTyped(request(there))], { signer: 1 });
  await withRelay([path], {}, async (world) => {
    await world.clock.advance(4_000);
    const later = { revisionNumber: b.blocks.revision, revisionHeight: b.height + 4n };
    const messages = [request("nothing/is/here"), request(there, { minHeight: later })];
    a.mempool.push(a.sign(messages.map(encodeTyped), { signer: 1 }));
    await world.clock.advance(9_000);
    const query = (id: bigint) =>
      a.ask("/catenary.calls.v1.Query/Read", QueryReadRequestCodec, QueryReadResponseCodec, { id }).read!;
    const reads = [1n, 2n, 3n].map(query);
    assertEquals(reads.map(({ status }) => status), [READ_STATUS.found, READ_STATUS.absent, READ_STATUS.found]);
    assertEquals(reads[0]!.value, b.prove("ibc", utf8ToBytes(there), b.height - 1n).value);
    assert(reads[2]!.proofHeight!.revisionHeight >= later.revisionHeight);
    assertEquals((await world.store.list(["read"], { limit: 10 })).length, 0);
  });
});

Deno.test("a connection with a delay: the client learns first, and the packets go when the time has passed", async () => {
  const { a, b, path } = pair({ delayPeriod: 8n * SECOND });
  await withRelay([path], {}, async (world) => {
    await world.clock.advance(3_000);
    const [alice, bob] = [a.accounts[1]!.address.text, b.accounts[1]!.address.text];
    for (let i = 0; i < 12; i++) {
      a.mempool.push(a.sign([encodeTyped(transfer(path.a, alice, bob, 1n))], { signer: 1 }));
      await world.clock.advance(2_000);
    }
    await world.clock.advance(20_000);
    assertEquals(b.balance(1, voucher(DENOM, path.a)), 12n);
    assertEquals(await world.pending(), 0);
  });
});

/** What comes too late is not admitted, so that nobody pays for it (ibc-go `RedundantRelayDecorator`). @module */
import { assert, assertEquals } from "@std/assert";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { CheckKind } from "../../node/app/ports.ts";
import {
  acknowledge,
  encodeTyped,
  type End,
  type Message,
  MOCK_PORT,
  MOCK_VERSION,
  mockSend,
  modulesWithMock,
  pair,
  recvPacket,
  SECOND,
  sentPackets,
  type TestChain,
  timeout,
  transfer,
  updateClient,
} from "../helpers/ibc/mod.ts";

const REDUNDANT = "channel/22";
const withMock = { port: MOCK_PORT, version: MOCK_VERSION, chain: { modules: modulesWithMock } } as const;
const chainOf = (end: End) => end.chain as TestChain;

/** What the check says of these messages of a relayer, at a chain that has admitted nothing else. */
function codeOf(end: End, messages: readonly Message[], kind: CheckKind = "new"): string {
  const chain = chainOf(end).fork();
  const { code, codespace } = chain.run(chain.app.checkTx(chain.sign(messages, { signer: 9 }), kind));
  return code === 0 ? "ok" : `${codespace}/${code}`;
}

function sends(end: End, count: number, options: { timeoutTimestamp?: bigint } = {}): Packet[] {
  const chain = chainOf(end);
  const timeoutHeight = end.other.chain.ibcHeight(end.other.chain.height + 10_000n);
  const packet = options.timeoutTimestamp === undefined ? { timeoutHeight } : options;
  const message = encodeTyped(mockSend(chain.accounts[0]!.address.text, end.channelId, packet));
  return sentPackets(chain.deliverOk(new Array(count).fill(message)));
}

for (const ordered of [false, true]) {
  const order = ordered ? "ordered" : "unordered";

  Deno.test(`packets and acknowledgements of an ${order} channel that were relayed before are not admitted`, () => {
    const { path } = pair({ ...withMock, ordered });
    const [first, second] = sends(path.a, 2);
    path.b.updateClient();
    const recv = [first!, second!].map((packet) => encodeTyped(recvPacket(path.b, packet)));
    chainOf(path.a).nextBlock();
    const update = encodeTyped(updateClient(path.b));
    assertEquals(codeOf(path.b, recv), "ok");
    const received = path.b.recv(first!);
    for (const kind of ["new", "recheck"] as const) {
      assertEquals(codeOf(path.b, [recv[0]!], kind), REDUNDANT);
      assertEquals(codeOf(path.b, [update, recv[0]!], kind), REDUNDANT, "the update would serve nothing else");
      assertEquals(codeOf(path.b, recv, kind), "ok", "one of them is new");
      assertEquals(codeOf(path.b, [update], kind), "ok");
    }
    const [{ packet, ack }] = path.b.acked(received) as [{ packet: Packet; ack: Uint8Array }];
    path.a.updateClient();
    const acked = encodeTyped(acknowledge(path.a, packet, ack));
    assertEquals(codeOf(path.a, [acked]), "ok");
    path.a.acknowledge(packet, ack);
    assertEquals(codeOf(path.a, [acked]), REDUNDANT);
  });

  Deno.test(`a timeout over an ${order} channel is not admitted twice`, () => {
    const { path } = pair({ ...withMock, ordered });
    const [packet] = sends(path.a, 1, { timeoutTimestamp: path.b.chain.time + 10n * SECOND });
    for (let i = 0; i < 20; i++) chainOf(path.b).nextBlock();
    path.a.updateClient();
    const late = encodeTyped(timeout(path.a, packet!));
    assertEquals(codeOf(path.a, [late]), "ok");
    path.a.timeout(packet!);
    assertEquals(codeOf(path.a, [late]), REDUNDANT);
  });
}

Deno.test("with anything else in it a transaction is admitted, and delivery refuses nothing for being late", () => {
  const { path } = pair(withMock);
  const [packet] = sends(path.a, 1);
  path.b.updateClient();
  const recv = encodeTyped(recvPacket(path.b, packet!));
  path.b.recv(packet!);
  const chain = chainOf(path.b);
  const { relayer } = chain;
  const other = encodeTyped(transfer(path.b, relayer, "somebody", 1n));
  for (const messages of [[recv, other], [other, recv]]) assertEquals(codeOf(path.b, messages), "ok");
  assertEquals(chain.relay([recv]).code, 0, "as before: it has no effect");
});

Deno.test("a check of many packets loads what it reads in one go", () => {
  const { path } = pair(withMock);
  const packets = sends(path.a, 200);
  path.b.updateClient();
  const messages = packets.map((packet) => encodeTyped(recvPacket(path.b, packet)));
  const chain = chainOf(path.b).fork();
  const tx = chain.sign(messages, { signer: 9, gas: 100_000_000n });
  const before = chain.storage.loads;
  assertEquals(chain.run(chain.app.checkTx(tx, "new")).code, 0);
  assert(chain.storage.loads - before < 10, `${chain.storage.loads - before} loads`);
});

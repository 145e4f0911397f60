/**
 * What chains put into transfer packets is judged by our transfers as by ibc-go's: the same acknowledgement, byte for byte,
 * but for what ours is known to be stricter about. Needs Go and its modules; where they cannot be had the test says so and
 * ends.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import {
  encodeTyped,
  type End,
  MOCK_PORT,
  mockSend,
  modulesWithMock,
  Path,
  recvPacket,
  sentPackets,
  TestChain,
} from "../helpers/ibc/mod.ts";
import { withJudge } from "./ibc_go/build.ts";
import { GoChain } from "./ibc_go/go_chain.ts";
import { TRANSFER_DATA } from "./ibc_go/transfer_data.ts";

/** A channel from the mock application at `from` to transfers at its other end, over the connection of `from`. */
function liarsChannel(from: End): End {
  const path = new Path(from.chain, from.other.chain);
  for (const [end, of] of [[path.a, from], [path.b, from.other]] as const) {
    const { clientId, clientHeight, connectionId } = of;
    Object.assign(end, { clientId, clientHeight, connectionId });
  }
  path.a.portId = MOCK_PORT;
  path.openChannel();
  return path.a;
}

/** Receives what the mock application says; answers the acknowledgement. */
function acknowledged(from: End, data: Uint8Array, sequence: bigint): string {
  const { chain, other } = from;
  const timeoutHeight = other.chain.ibcHeight(1_000_000n);
  if (chain instanceof GoChain) chain.sendByMock(MOCK_PORT, from.channelId, data, timeoutHeight);
  else {
    const ours = chain as TestChain;
    const message = mockSend(ours.accounts[0]!.address.text, from.channelId, { data, timeoutHeight });
    assertEquals(sentPackets(ours.deliverOk([encodeTyped(message)]))[0]!.sequence, sequence);
  }
  const packet = {
    sequence,
    sourcePort: MOCK_PORT,
    sourceChannel: from.channelId,
    destinationPort: other.portId,
    destinationChannel: other.channelId,
    data,
    timeoutHeight,
    timeoutTimestamp: 0n,
  };
  other.updateClient();
  return new TextDecoder().decode(other.acked(other.do(recvPacket(other, packet)))[0]!.ack);
}

Deno.test("transfer data are acknowledged as by ibc-go, or refused where we are known to be stricter", async () => {
  await withJudge(async (judge) => {
    const go = await GoChain.start(judge);
    try {
      go.nextBlock();
      const ours = new TestChain({ chainId: "catenary-a-1", clock: go.clock, modules: modulesWithMock });
      const path = new Path(ours, go).open();
      const [toGo, toUs] = [liarsChannel(path.a), liarsChannel(path.b)];
      const user = ours.accounts[1]!.address.text;
      for (const [i, { name, data, stricter, otherCode }] of TRANSFER_DATA.entries()) {
        const bytes = (of: string | Uint8Array) => typeof of === "string" ? utf8ToBytes(of) : of;
        const theirs = acknowledged(toGo, bytes(data(go.relayer, toGo.channelId)), BigInt(i) + 1n);
        const own = acknowledged(toUs, bytes(data(user, toUs.channelId)), BigInt(i) + 1n);
        if (stricter === undefined && otherCode === undefined) assertEquals(own, theirs, name);
        else assert(own.startsWith('{"error"') && theirs.startsWith(stricter ? '{"result"' : '{"error"'), name);
      }
      console.log(`${TRANSFER_DATA.length} kinds of data compared`);
    } finally {
      await go.stop();
    }
  });
});

import { assert, assertEquals } from "@std/assert";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { Channel, Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgAcknowledgement,
  MsgChannelOpenAck,
  MsgChannelOpenConfirm,
  MsgChannelOpenInit,
  MsgChannelOpenTry,
  MsgRecvPacket,
  MsgTimeout,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import type { ExecTxResult } from "cosmjs-types/tendermint/abci/types";
import { makeTx, signerOf, TestChain } from "../../../tests/bad_input/harness.ts";
import { acknowledgementOf, packetOf } from "../../../tests/helpers/twin_chains.ts";
import type { MessageCodec } from "../../core/codec/mod.ts";
import { denomHash, LOCALHOST_CONNECTION_ID } from "../../core/ibc/mod.ts";

const alice = signerOf("alice");
const bob = signerOf("bob");
/** What stands for a proof of this chain's own state. */
const SENTINEL = Uint8Array.of(1);

/** A chain with a channel of transfers to itself: `channel-0` and `channel-1` are its ends. */
class Loop {
  readonly chain = new TestChain({ accounts: [alice, bob] });
  #sequence = 0n;

  /** Each message in a transaction of its own, all in one block. */
  block<M>(...messages: [codec: MessageCodec<M>, message: unknown][]): readonly ExecTxResult[] {
    const txs = messages.map(([codec, message]) => {
      const whole = {
        signer: alice.address.text,
        proofHeight: { revisionNumber: 1n, revisionHeight: 1n },
        ...(message as M),
      };
      const value = (codec as MessageCodec<M> & { fromPartial(of: unknown): M }).fromPartial(whole);
      return makeTx({
        messages: [{ typeUrl: codec.typeUrl, value: codec.encode(value).finish() }],
        signers: [{ signer: alice, accountNumber: 0n, sequence: this.#sequence++ }],
        gas: 1_000_000n,
      });
    });
    return this.chain.block(...txs).txResults;
  }

  open(): readonly ExecTxResult[] {
    const channel = (state: State, channelId: string) =>
      Channel.fromPartial({
        state,
        ordering: Order.ORDER_UNORDERED,
        counterparty: { portId: "transfer", channelId },
        connectionHops: [LOCALHOST_CONNECTION_ID],
      });
    const [one, two] = ["channel-0", "channel-1"];
    const counterpartyVersion = "ics20-1";
    const portId = "transfer";
    return this.block<unknown>(
      [MsgChannelOpenInit, { portId, channel: channel(State.STATE_INIT, "") }],
      [MsgChannelOpenTry, {
        portId,
        channel: channel(State.STATE_TRYOPEN, one!),
        counterpartyVersion,
        proofInit: SENTINEL,
      }],
      [MsgChannelOpenAck, {
        portId,
        channelId: one,
        counterpartyChannelId: two,
        counterpartyVersion,
        proofTry: SENTINEL,
      }],
      [MsgChannelOpenConfirm, { portId, channelId: two, proofAck: SENTINEL }],
    );
  }

  transferOf(revisionHeight: bigint) {
    return {
      sourcePort: "transfer",
      sourceChannel: "channel-0",
      token: { denom: "ucat", amount: "30" },
      sender: alice.address.text,
      receiver: bob.address.text,
      timeoutHeight: { revisionNumber: 1n, revisionHeight },
    };
  }

  transfer(timeoutHeight: bigint) {
    const [result] = this.block<unknown>([MsgTransfer, this.transferOf(timeoutHeight)]);
    assertEquals(result!.log, "");
    return packetOf(result!.events);
  }
}

Deno.test("a chain has a channel to itself, opened in one block, and tokens go over it and are acknowledged", () => {
  const loop = new Loop();
  assertEquals(loop.open().map(({ log }) => log), ["", "", "", ""]);
  const packet = loop.transfer(100n);
  assertEquals([packet.destinationChannel, packet.sequence], ["channel-1", 1n]);
  assertEquals(loop.chain.balance(alice.address), 999_970n);
  const [forged] = loop.block<unknown>([MsgRecvPacket, { packet, proofCommitment: Uint8Array.of(2) }]);
  assertEquals([forged!.codespace, forged!.code], ["commitment", 2]);
  const [received] = loop.block<unknown>([MsgRecvPacket, { packet, proofCommitment: SENTINEL }]);
  assertEquals(received!.log, "");
  assertEquals(loop.chain.balance(bob.address, denomHash("transfer/channel-1/ucat")), 30n);
  const acknowledgement = acknowledgementOf(received!.events)!;
  const [settled, again] = loop.block<unknown>(
    [MsgAcknowledgement, { packet, acknowledgement, proofAcked: SENTINEL }],
    [MsgAcknowledgement, { packet, acknowledgement, proofAcked: SENTINEL }],
  );
  assertEquals([settled!.log, again!.log], ["", ""]);
  const types = settled!.events.map(({ type }) => type);
  assert(types.includes("acknowledge_packet"));
  assert(!again!.events.some(({ type }) => type === "acknowledge_packet"));
});

Deno.test("a packet to oneself times out by the own height and not before, and the tokens come back", () => {
  const loop = new Loop();
  loop.open();
  // In block 2, late from block 4 on.
  const packet = loop.transfer(4n);
  const timeout = (revisionHeight: bigint) => {
    const proofHeight = { revisionNumber: 1n, revisionHeight };
    const message = { packet, proofUnreceived: SENTINEL, nextSequenceRecv: 1n, proofHeight };
    const [result] = loop.block<unknown>([MsgTimeout, message]);
    return `${loop.chain.height}: ${result!.codespace}/${result!.code}`;
  };
  assertEquals([timeout(4n), timeout(3n), timeout(5n), timeout(6n)], [
    "3: client/7",
    "4: channel/39",
    "5: /0",
    "6: /0",
  ]);
  assertEquals(loop.chain.balance(alice.address), 1_000_000n);
});

Deno.test("what the packets of a block will read is loaded in a few batches, not packet by packet", () => {
  const loop = new Loop();
  loop.open();
  const receivers = Array.from({ length: 40 }, (_, n) => signerOf(`receiver ${n}`).address.text);
  const sent = loop.block<unknown>(...receivers.map((receiver): [typeof MsgTransfer, unknown] => [MsgTransfer, {
    ...loop.transferOf(100n),
    receiver,
  }]));
  const packets = sent.map(({ events }) => packetOf(events));
  const { storage } = loop.chain;
  const before = storage.loads;
  const received = loop.block<unknown>(
    ...packets.map((packet): [typeof MsgRecvPacket, unknown] => [MsgRecvPacket, { packet, proofCommitment: SENTINEL }]),
  );
  assertEquals(received.map(({ code }) => code), packets.map(() => 0));
  assert(storage.loads - before < 10, `receiving took ${storage.loads - before} loads`);
  const settling = storage.loads;
  loop.block<unknown>(...packets.map((packet, n): [typeof MsgAcknowledgement, unknown] => [MsgAcknowledgement, {
    packet,
    acknowledgement: acknowledgementOf(received[n]!.events),
    proofAcked: SENTINEL,
  }]));
  assert(storage.loads - settling < 10, `settling took ${storage.loads - settling} loads`);
});

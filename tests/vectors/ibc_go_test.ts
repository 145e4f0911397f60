/** Our chain takes what chains of ibc-go sent to it, without Go. @module */
import { assert, assertEquals } from "@std/assert";
import { MsgAcknowledgement, MsgRecvPacket, MsgTimeout } from "cosmjs-types/ibc/core/channel/v1/tx";
import { MsgConnectionOpenAck, MsgConnectionOpenTry } from "cosmjs-types/ibc/core/connection/v1/tx";
import { MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import { Header } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { type Message, modulesWithMock, TestChain, TestClock } from "../helpers/ibc/mod.ts";
import { assertRefused, type Refusal } from "../helpers/ibc/refused.ts";
import type { Recording, RecordedStep } from "./ibc-go/replay.ts";
import packets from "./ibc-go/packets.json" with { type: "json" };
import transfers from "./ibc-go/transfers.json" with { type: "json" };

const messagesOf = ({ messages }: RecordedStep): Message[] =>
  messages.map(({ typeUrl, value }) => ({ typeUrl, value: Uint8Array.fromHex(value) }));

/** Gives a chain all steps; `before` sees each of them, with the clock where it will be. */
function replay(recording: Recording, before: (chain: TestChain, step: RecordedStep) => void = () => {}): TestChain {
  const first = BigInt(recording.steps[0]!.time);
  const clock = new TestClock(first - 10_000_000_000n);
  const chain = new TestChain({ chainId: recording.chainId, clock, modules: modulesWithMock });
  for (const step of recording.steps) {
    const due = BigInt(step.time) - chain.blockTime;
    if (clock.now < due) clock.now = due;
    before(chain, step);
    const { code, log } = chain.deliver(messagesOf(step), { signer: step.signer });
    assertEquals(code, step.code, log);
  }
  return chain;
}

Deno.test("headers, handshakes, transfers and refunds of a chain of ibc-go are accepted", () => {
  const chain = replay(transfers);
  const kinds = new Set(transfers.steps.flatMap(({ messages }) => messages.map(({ typeUrl }) => typeUrl)));
  assert(kinds.size >= 10, [...kinds].join(" "));
  // 700 went, 300 came back, and everything else was refunded.
  assertEquals(chain.balance(1), 1_000_000_000n - 400n);
  assertEquals(chain.history.at(-1)!.code, 0);
});

Deno.test("packets, acknowledgements, timeouts and closings of channels with a chain of ibc-go are accepted", () => {
  const chain = replay(packets);
  assertEquals(chain.balance(1), 1_000_000_000n);
});

const flip = (bytes: Uint8Array) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1);

/** The message with one bit of its proof or its header changed, and what that gets. */
function tampered({ typeUrl, value }: Message): [Message, Refusal] | undefined {
  const change = <T>(
    codec: { typeUrl: string; decode(bytes: Uint8Array): T; encode(message: T): { finish(): Uint8Array } },
    spoil: (message: T) => void,
    refusal: Refusal,
  ): [Message, Refusal] | undefined => {
    if (codec.typeUrl !== typeUrl) return undefined;
    const message = codec.decode(value);
    spoil(message);
    return [{ typeUrl, value: codec.encode(message).finish() }, refusal];
  };
  return change(MsgRecvPacket, (m) => m.proofCommitment = flip(m.proofCommitment), "invalidProof") ??
    change(MsgAcknowledgement, (m) => m.proofAcked = flip(m.proofAcked), "invalidProof") ??
    change(MsgTimeout, (m) => m.proofUnreceived = flip(m.proofUnreceived), "invalidProof") ??
    change(MsgConnectionOpenTry, (m) => m.proofInit = flip(m.proofInit), "invalidProof") ??
    change(MsgConnectionOpenAck, (m) => m.proofTry = flip(m.proofTry), "invalidProof") ??
    change(MsgUpdateClient, (m) => {
      const header = Header.decode(m.clientMessage!.value);
      header.signedHeader!.header!.appHash = flip(header.signedHeader!.header!.appHash);
      m.clientMessage!.value = Header.encode(header).finish();
    }, "tendermintHeader");
}

Deno.test("one bit of a proof or a header of a chain of ibc-go changed, and it is refused", () => {
  let tried = 0;
  replay(transfers, (chain, step) => {
    const spoilt = messagesOf(step).map(tampered)[0];
    if (spoilt === undefined) return;
    const [message, refusal] = spoilt;
    const fork = chain.fork();
    assertRefused(fork, refusal, () => fork.deliver([message], { signer: step.signer }));
    tried++;
  });
  assert(tried >= 10, `${tried} tried`);
});

/**
 * A chain of ibc-go and one of ours open clients, connections and channels of each other, and send each other packets and
 * tokens. Each judges the other's headers and proofs with its own code, ours made of Jellyfish trees, theirs of IAVL ones.
 * Needs Go and its modules; where they cannot be had the tests say so and end.
 *
 * With `RECORD_IBC_GO=1` what our chain was given is written to `tests/vectors/ibc-go/`, to be replayed without Go.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { bytesToU64, utf8ToBytes } from "../../node/core/bytes.ts";
import { IBC_ERRORS, type IbcHeight, nextSequenceSendPath } from "../../node/core/ibc/mod.ts";
import { DENOM } from "../bad_input/harness.ts";
import {
  encodeTyped,
  type End,
  escrowOf,
  type IbcChain,
  misbehave,
  MOCK_PORT,
  MOCK_VERSION,
  mockSend,
  mockWrite,
  modulesWithMock,
  Path,
  relayAll,
  SECOND,
  sentPackets,
  supply,
  TestChain,
  TestClock,
  transfer,
  updateClient,
  voucher,
} from "../helpers/ibc/mod.ts";
import { HOSTILE } from "../ibc/hostile_steps.ts";
import { walk } from "../ibc/walk.ts";
import { withJudge } from "./ibc_go/build.ts";
import { eventShape } from "./ibc_go/event_shapes.ts";
import { GoChain } from "./ibc_go/go_chain.ts";
import { RecordingChain, writeRecord } from "./ibc_go/record.ts";

const STAKE = "stake";

/** Runs `use` with a chain of ibc-go and one of ours on one clock. */
async function withChains(use: (ours: RecordingChain, go: GoChain) => void | Promise<void>): Promise<void> {
  await withJudge(async (judge) => {
    const go = await GoChain.start(judge);
    try {
      go.nextBlock();
      await use(new RecordingChain({ chainId: "catenary-a-1", clock: go.clock, modules: modulesWithMock }), go);
    } finally {
      await go.stop();
    }
  });
}

/** Lets the mock application on the chain of `end` send a packet. */
function send(end: End, data: string, timeoutHeight: IbcHeight): Packet {
  const { chain, portId, channelId, other } = end;
  if (chain instanceof TestChain) {
    const message = mockSend(chain.accounts[0]!.address.text, channelId, { data, timeoutHeight });
    return sentPackets(chain.deliverOk([encodeTyped(message)]))[0]!;
  }
  const sequence = bytesToU64(end.stored(nextSequenceSendPath(portId, channelId)));
  const bytes = utf8ToBytes(data);
  (chain as GoChain).sendByMock(portId, channelId, bytes, timeoutHeight);
  return {
    sequence,
    sourcePort: portId,
    sourceChannel: channelId,
    destinationPort: other.portId,
    destinationChannel: other.channelId,
    data: bytes,
    timeoutHeight,
    timeoutTimestamp: 0n,
  };
}

/** What a Go chain has, by its own bank. */
function goBalance(go: IbcChain, address: string, denom: string): bigint {
  const request = QueryBalanceRequest.encode({ address, denom }).finish();
  const answer = QueryBalanceResponse.decode(go.query("/cosmos.bank.v1beta1.Query/Balance", request));
  return BigInt(answer.balance!.amount);
}

Deno.test("tokens go from our chain to one of ibc-go and back, and theirs to ours", async () => {
  await withChains(async (ours, go) => {
    const path = new Path(ours, go).open();
    const { a, b } = path;
    const alice = ours.accounts[1]!.address.text;
    const before = ours.balance(alice);
    ours.deliverOk([encodeTyped(transfer(a, alice, go.relayer, 700n))], { signer: 1 });
    relayAll(path);
    const ourVoucher = voucher(DENOM, a);
    assertEquals([ours.balance(alice), ours.balance(escrowOf(a))], [before - 700n, 700n]);
    assertEquals(goBalance(go, go.relayer, ourVoucher), 700n);
    // Part of it comes back.
    go.relay([encodeTyped(transfer(b, go.relayer, alice, 300n, { denom: ourVoucher }))]);
    relayAll(path);
    assertEquals([ours.balance(alice), ours.balance(escrowOf(a))], [before - 400n, 400n]);
    // Theirs to us and back.
    const theirVoucher = voucher(STAKE, b);
    go.relay([encodeTyped(transfer(b, go.relayer, alice, 55n, { denom: STAKE }))]);
    relayAll(path);
    assertEquals([ours.balance(alice, theirVoucher), supply(ours, theirVoucher)], [55n, 55n]);
    ours.deliverOk([encodeTyped(transfer(a, alice, go.relayer, 55n, { denom: theirVoucher }))], { signer: 1 });
    relayAll(path);
    assertEquals(supply(ours, theirVoucher), 0n);
    // Refunds: a receiver that is none, and times that are over, on both sides.
    ours.deliverOk([encodeTyped(transfer(a, alice, "nobody", 9n))], { signer: 1 });
    relayAll(path);
    const soon = go.clock.now + 6n * SECOND;
    ours.deliverOk([encodeTyped(transfer(a, alice, go.relayer, 9n, { timeoutTimestamp: soon }))], { signer: 1 });
    const had = goBalance(go, go.relayer, STAKE);
    go.relay([encodeTyped(transfer(b, go.relayer, alice, 5n, { denom: STAKE, timeoutTimestamp: soon + 5n * SECOND }))]);
    go.relay([encodeTyped(transfer(b, go.relayer, "nobody", 5n, { denom: STAKE }))]);
    ours.clock.advance(60n * SECOND);
    ours.nextBlock();
    go.nextBlock();
    relayAll(path);
    assertEquals([ours.balance(alice), ours.balance(escrowOf(a))], [before - 400n, 400n]);
    assertEquals(goBalance(go, go.relayer, STAKE), had);
    sameEvents(ours, go, 6);
    await writeRecord("transfers", ours);
  });
});

/** Both chains emit the same events for a message of the same type, with the same attributes in the same order. */
function sameEvents(ours: IbcChain, go: IbcChain, kinds: number): void {
  const shapesOf = (chain: IbcChain) => {
    const shapes = new Map<string, Set<string>>();
    for (const delivered of chain.history.filter(({ code }) => code === 0)) {
      const { messages, shape } = eventShape(delivered);
      shapes.set(messages, (shapes.get(messages) ?? new Set()).add(shape.join("\n")));
    }
    return shapes;
  };
  const [our, their] = [shapesOf(ours), shapesOf(go)];
  let compared = 0;
  for (const [messages, shapes] of our) {
    const others = their.get(messages);
    if (others === undefined) continue;
    assertEquals([...shapes].sort(), [...others].sort(), messages);
    compared++;
  }
  assert(compared >= kinds, `${compared} kinds of messages were compared`);
}

Deno.test("packets of ordered and unordered channels are settled between our chain and one of ibc-go", async () => {
  await withChains(async (ours, go) => {
    for (const ordered of [false, true]) {
      for (const [a, b] of [[ours, go], [go, ours]] as const) {
        const path = new Path(a, b, { port: MOCK_PORT, version: MOCK_VERSION, ordered });
        walk(path, { before() {}, send });
      }
    }
    sameEvents(ours, go, 10);
    await writeRecord("packets", ours);
  });
});

Deno.test("what ibc-go refuses our chain refuses with the same code", async () => {
  await withChains((ours, go) => {
    let tried = 0;
    for (const ordered of [false, true]) {
      for (const [a, b] of [[ours, go], [go, ours]] as const) {
        const path = new Path(a, b, { port: MOCK_PORT, version: MOCK_VERSION, ordered });
        walk(path, {
          send,
          before(step, end, situation) {
            for (const { name, message, refusal, theirs = refusal } of HOSTILE[step]!) {
              const isOurs = end.chain === ours;
              const expected = isOurs ? refusal : theirs;
              if (expected === "undecoded") continue;
              const { codespace, code, log } = end.try(message(end, situation));
              const [space, number] = expected === "unnamed" ? ["undefined", 1] : IBC_ERRORS[expected];
              assertEquals(
                [codespace, code],
                [space, number],
                `${step}: ${name}: ${isOurs ? "ours" : "theirs"}: ${log}`,
              );
              tried++;
            }
          },
        });
      }
    }
    console.log(`${tried} refusals compared`);
  });
});

Deno.test("each chain freezes its client of the other by two headers of one height", async () => {
  await withChains((ours, go) => {
    const path = new Path(ours, go).openClients();
    const { a, b } = path;
    for (const end of path.ends) end.updateClient();
    const [ofGo, ofOurs] = [a.clientHeight, b.clientHeight];
    go.nextBlock();
    const fork = ours.fork(new TestClock(go.clock.now));
    const { address } = fork.accounts[1]!;
    fork.deliverOk([encodeTyped(mockWrite(address.text, "another", Uint8Array.of(1)))], { signer: 1 });
    ours.nextBlock();
    for (const chain of [ours, fork]) chain.nextBlock();
    a.do(misbehave(a, go.header(go.height, ofGo), go.secondHeader(go.height, ofGo)));
    b.do(misbehave(b, ours.header(fork.height, ofOurs), fork.header(fork.height, ofOurs)));
    for (const end of path.ends) {
      end.other.chain.nextBlock();
      const refused = end.try(updateClient(end));
      const [codespace, code] = IBC_ERRORS.clientNotActive;
      assertEquals([refused.codespace, refused.code], [codespace, code], refused.log);
    }
    sameEvents(ours, go, 2);
  });
});

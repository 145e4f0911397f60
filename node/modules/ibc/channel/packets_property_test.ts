import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Order, type Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgChannelCloseInit,
  MsgRecvPacketResponse,
  MsgTimeoutOnClose,
  ResponseResultType,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import {
  acknowledgementOf,
  height,
  PORT,
  PROOF,
  SECOND,
  type TwinChain,
  Twins,
} from "../../../../tests/helpers/twin_chains.ts";
import { utf8ToBytes } from "../../../core/bytes.ts";

const END = { portId: PORT, channelId: "channel-0" };

/**
 * What may happen. Numbers choose: a packet among those sent, how far back a proof reaches, how soon a packet is late, how
 * the application answers. Relayers are anybody, so everything may be tried at any time, again and out of order.
 */
type Move =
  | { readonly kind: "send"; readonly by: "height" | "time"; readonly in: number }
  | {
    readonly kind: "receive" | "timeout" | "on close";
    readonly which: number;
    readonly back: number;
    readonly next: number;
  }
  | { readonly kind: "acknowledge"; readonly which: number; readonly back: number; readonly genuine: boolean }
  | { readonly kind: "block"; readonly of: "a" | "b" | "both" }
  | { readonly kind: "answer"; readonly how: "success" | "failure" | "later" }
  | { readonly kind: "write"; readonly which: number }
  | { readonly kind: "close"; readonly of: "a" | "b" };
/** Those of a relayer about one packet. */
type RelayMove = Extract<Move, { which: number; back: number }>;

const which = fc.nat({ max: 7 });
const back = fc.nat({ max: 3 });
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ kind: fc.constant("send"), by: fc.constantFrom("height", "time"), in: fc.nat({ max: 8 }) }),
  },
  {
    weight: 24,
    arbitrary: fc.record({
      kind: fc.constantFrom("receive", "receive", "timeout", "on close"),
      which,
      back,
      next: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("acknowledge"), which, back, genuine: fc.boolean() }) },
  { weight: 18, arbitrary: fc.record({ kind: fc.constant("block"), of: fc.constantFrom("a", "b", "both", "both") }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("answer"), how: fc.constantFrom("success", "failure", "later") }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("write"), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("close"), of: fc.constantFrom("a", "b") }) },
) as fc.Arbitrary<Move>;

const BLOCK = { kind: "block", of: "both" } as const;
const PACKET = { which: 0, back: 0, next: 1 } as const;
/** One packet of each end, so that every run has seen them. */
const EXAMPLES: Move[][] = [
  [{ kind: "send", by: "height", in: 9 }, BLOCK, { kind: "receive", ...PACKET }, BLOCK, {
    kind: "acknowledge",
    ...PACKET,
    genuine: true,
  }],
  [{ kind: "send", by: "time", in: 0 }, BLOCK, BLOCK, { kind: "timeout", ...PACKET }],
  [{ kind: "send", by: "height", in: 9 }, { kind: "close", of: "b" }, BLOCK, { kind: "on close", ...PACKET }],
];

/** Two chains with a channel, and everything that is known of its packets. */
class Play {
  readonly twins = new Twins();
  readonly sent: Packet[] = [];
  readonly acknowledgements = new Map<bigint, Uint8Array>();
  readonly successes: string[] = [];

  constructor(readonly ordering: Order) {
    this.twins.connect();
    this.twins.open(ordering);
  }

  at(chain: TwinChain, back: number) {
    const latest = chain.height - 1n - BigInt(back);
    return height(latest > 0n ? latest : 1n);
  }

  make(move: Move): void {
    const { a, b } = this.twins;
    switch (move.kind) {
      case "send": {
        if (a.keeper.channel(a.journal, END)!.state !== State.STATE_OPEN) return;
        const timeout = move.by === "height"
          ? { height: b.height + BigInt(move.in) }
          : { time: b.time + BigInt(move.in) * 5n * SECOND };
        this.sent.push(a.send(END, `packet ${this.sent.length}`, timeout));
        return;
      }
      case "block":
        if (move.of !== "b") a.block();
        if (move.of !== "a") b.block();
        return;
      case "answer":
        b.application.answer = () => {
          if (move.how === "later") return undefined;
          return move.how === "success" ? { success: true, result: PROOF } : { success: false, error: "no" };
        };
        return;
      case "write":
        return this.write(move.which);
      case "close":
        return void this.twins[move.of].run(MsgChannelCloseInit, END);
      default:
        return this.relay(move);
    }
  }

  /** An acknowledgement that was put off. */
  write(which: number): void {
    const { b } = this.twins;
    const packet = this.sent[which % this.sent.length];
    if (packet === undefined || this.heard(b, "received", packet.sequence) === 0) return;
    const context = b.context();
    const written = b.keeper.writeAcknowledgement(context, packet, { success: true, result: utf8ToBytes("late") });
    if (written.ok) this.acknowledgements.set(packet.sequence, acknowledgementOf(context.events)!);
  }

  relay(move: RelayMove): void {
    const { twins } = this;
    const packet = this.sent[move.which % this.sent.length];
    if (packet === undefined) return;
    const before = twins.a.application.heard.length + twins.b.application.heard.length;
    const { result, events } = this.message(move, packet);
    if (!result.ok) return assertEquals(twins.a.application.heard.length + twins.b.application.heard.length, before);
    const outcome = MsgRecvPacketResponse.decode(result.value).result;
    const success = outcome === ResponseResultType.RESPONSE_RESULT_TYPE_SUCCESS;
    const heard = twins.a.application.heard.length + twins.b.application.heard.length;
    assertEquals(heard, before + (success ? 1 : 0), "who succeeds is told, and nobody else");
    if (success) this.successes.push(move.kind);
    if (move.kind !== "receive" || !success) return;
    const written = acknowledgementOf(events);
    if (written !== undefined) this.acknowledgements.set(packet.sequence, written);
  }

  message(move: RelayMove, packet: Packet) {
    const { twins } = this;
    const proofHeight = this.at(move.kind === "receive" ? twins.a : twins.b, move.back);
    switch (move.kind) {
      case "receive":
        return twins.receive(packet, proofHeight);
      case "timeout":
        return twins.timeout(packet, BigInt(move.next), proofHeight);
      case "on close":
        return twins.a.run(MsgTimeoutOnClose, {
          packet,
          proofUnreceived: PROOF,
          proofClose: PROOF,
          proofHeight,
          nextSequenceRecv: BigInt(move.next),
        });
      case "acknowledge": {
        const genuine = move.genuine ? this.acknowledgements.get(packet.sequence) : undefined;
        return twins.acknowledge(packet, genuine ?? utf8ToBytes('{"result":"AQ=="}'), proofHeight);
      }
    }
  }

  heard({ application }: TwinChain, what: string, sequence: bigint): number {
    return application.heard.filter((heard) => heard.what === what && heard.sequence === sequence).length;
  }

  /** What holds at every moment. */
  check(): void {
    const { a, b } = this.twins;
    const received = b.application.heard.map(({ sequence }) => sequence);
    assertEquals(new Set(received).size, received.length, "nothing is delivered twice");
    if (this.ordering === Order.ORDER_ORDERED) {
      assertEquals(received, received.map((_, i) => BigInt(i + 1)), "in order, without gaps");
    }
    for (const { sequence } of this.sent) {
      const ends = this.heard(a, "acknowledged", sequence) + this.heard(a, "timed out", sequence);
      const pending = a.keeper.channels.record(a.journal, "commitment", { ...END, sequence }) !== undefined;
      assertEquals(ends, pending ? 0 : 1, `packet ${sequence}: settled once, and then no longer committed to`);
      if (this.heard(a, "timed out", sequence) > 0) {
        assertEquals(this.heard(b, "received", sequence), 0, `packet ${sequence}: timed out and received`);
      }
      if (this.heard(a, "acknowledged", sequence) > 0) {
        assertEquals(this.heard(b, "received", sequence), 1, `packet ${sequence}: acknowledged and never received`);
      }
    }
  }

  /**
   * After {@linkcode Play.finish}: only a channel that was closed leaves packets behind that were received before, as in
   * ibc-go. A closed end takes no acknowledgements, and writes none that were put off.
   */
  checkEnds(): void {
    const { a, b } = this.twins;
    const open = a.keeper.channel(a.journal, END)!.state === State.STATE_OPEN;
    for (const { sequence } of this.sent) {
      if (a.keeper.channels.record(a.journal, "commitment", { ...END, sequence }) === undefined) continue;
      assertEquals(this.heard(b, "received", sequence), 1, `packet ${sequence} has come to no end`);
      assert(!(open && this.acknowledgements.has(sequence)), `packet ${sequence} was not acknowledged`);
      assertEquals(b.keeper.channel(b.journal, END)!.state === State.STATE_OPEN && open, false);
    }
  }

  /** Honest relaying until nothing changes any more: every packet must come to its end. */
  finish(): void {
    const { twins } = this;
    const all = [...this.sent.keys()];
    for (let round = 0; round < 12; round++) {
      twins.blocks();
      for (const which of all) this.make({ kind: "receive", which, back: 0, next: 1 });
      for (const which of all) this.write(which);
      twins.blocks();
      for (const which of all) {
        this.make({ kind: "acknowledge", which, back: 0, genuine: true });
        const next = Number(twins.b.keeper.channels.counter(twins.b.journal, "receive", END));
        this.make({ kind: "timeout", which, back: 0, next });
        this.make({ kind: "on close", which, back: 0, next });
        this.check();
      }
    }
  }
}

for (const ordering of [Order.ORDER_UNORDERED, Order.ORDER_ORDERED]) {
  Deno.test(`${Order[ordering]}: whatever is relayed when, each packet is delivered at most once and ends in one way`, () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60, size: "max" }), (moves) => {
        const play = new Play(ordering);
        for (const step of moves) {
          play.make(step);
          play.check();
        }
        play.finish();
        play.checkEnds();
        for (const success of play.successes) seen.add(success);
      }),
      { numRuns: 150, examples: EXAMPLES.map((moves) => [moves] as [Move[]]) },
    );
    // Otherwise the above says little.
    for (const kind of ["receive", "acknowledge", "timeout", "on close"]) {
      assert(seen.has(kind), `no ${kind} ever succeeded`);
    }
  });
}

/** Whatever becomes of packets between three real chains, no token is made and none is lost. @module */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { forwardAddress } from "../../node/core/ibc/mod.ts";
import { codec, DENOM } from "../bad_input/harness.ts";
import { encodeTyped, type End, SECOND, three, transfer } from "../helpers/ibc/mod.ts";
import { Books, chainOf, type Travelling } from "./tokens.ts";

const OTHER = "uother";
const NATIVES = [DENOM, OTHER];

/** What the random walk does. Numbers choose among what there is at that moment. */
const action = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      end: fc.nat(),
      denom: fc.nat(),
      amount: fc.bigInt(1n, 1000n),
      receiver: fc.constantFrom("user", "user", "nobody", "forward", "forward", "forward twice"),
      onwards: fc.nat(),
      retries: fc.nat(1),
      soon: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "receive" as const,
        "receive" as const,
        "acknowledge" as const,
        "timeout" as const,
        "repeat" as const,
      ),
      packet: fc.nat(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.bigInt(1n, 30n) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
type Send = Extract<Action, { do: "send" }>;

const pick = <T>(list: readonly T[], number: number): T => list[number % list.length]!;

/** Over `ends`, one after the other, to somebody on the last chain. */
function memoOver(ends: readonly End[], { soon, retries }: Send): string {
  return ends.reduceRight((memo, { portId, channelId, other }, i) => {
    const receiver = i === ends.length - 1 ? chainOf(other).accounts[2]!.address.text : "pfm";
    const forward = { receiver, port: portId, channel: channelId, timeout: soon ? "8s" : "1h", retries };
    return JSON.stringify({ forward: memo === "" ? forward : { ...forward, next: JSON.parse(memo) } });
  }, "");
}

function send(books: Books, action: Send): void {
  const end = pick(books.ends, action.end);
  const chain = chainOf(end);
  const denom = pick(books.denomsOf(chain), action.denom);
  const sender = chain.accounts[2]!.address.text;
  const has = chain.balance(sender, denom);
  if (has === 0n) return;
  const from = (of: End) => books.ends.filter(({ chain }) => chain === of.other.chain);
  const hops: End[] = [];
  if (action.receiver.startsWith("forward")) hops.push(pick(from(end), action.onwards));
  if (action.receiver === "forward twice") hops.push(pick(from(hops[0]!), action.onwards >> 3));
  const receiver = action.receiver === "nobody" ? "nobody" : chainOf(end.other).accounts[2]!.address.text;
  const message = transfer(end, sender, receiver, action.amount < has ? action.amount : has, {
    denom,
    memo: memoOver(hops, action),
    timeoutTimestamp: chain.clock.now + (action.soon ? 8n : 3600n) * SECOND,
  });
  chain.deliverOk([encodeTyped(message)], { signer: 2 });
  books.read();
}

function act(books: Books, action: Action): void {
  if (action.do === "send") return send(books, action);
  if (action.do === "wait") return books.chains()[0]!.clock.advance(action.seconds * SECOND);
  if (books.packets.length === 0) return;
  const one: Travelling = pick(books.packets, action.packet);
  if (action.do === "receive") books.receive(one);
  else if (action.do === "acknowledge") books.acknowledge(one);
  else if (action.do === "timeout") books.timeout(one);
  else if (one.relayed.length > 0) {
    const { end, message } = pick(one.relayed, action.packet);
    end.try(message);
    books.read();
  }
}

/** Nobody can reach the accounts between two hops, so nothing may stay there. */
function checkForwardAccounts(books: Books): void {
  for (const end of books.ends) {
    const chain = chainOf(end);
    for (const { packet } of books.packets.filter(({ end: from }) => from === end.other)) {
      const { sender } = JSON.parse(new TextDecoder().decode(packet.data));
      const between = codec.of(forwardAddress(end.channelId, sender)).text;
      for (const denom of books.denomsOf(chain)) assertEquals(chain.balance(between, denom), 0n, denom);
    }
  }
}

Deno.test("tokens are conserved under loss, repetition, disorder and lateness of packets over three chains", () => {
  let packets = 0;
  const kinds = new Set<string>();
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 60, size: "max" }), (actions) => {
      const { ab, bc } = three({ chain: { validators: [10n], coins: `100000${DENOM},100000${OTHER}` } });
      const books = new Books([ab, bc], NATIVES);
      for (const [i, action] of actions.entries()) {
        act(books, action);
        if (i % 5 === 0) books.check();
      }
      books.settle();
      books.check(true);
      checkForwardAccounts(books);
      for (const end of books.ends) assertEquals(books.pending(end), []);
      for (const chain of books.chains()) {
        const { in_flight_packets: left } = chain.exportGenesis().packetfowardmiddleware as Record<string, object>;
        assertEquals(left, {});
      }
      packets += books.packets.length;
      for (const { ack, relayed } of books.packets) {
        kinds.add(ack === undefined ? "late" : new TextDecoder().decode(ack).slice(0, 8));
        if (relayed.length > 2) kinds.add("again");
      }
    }),
    { numRuns: 15 },
  );
  assert(packets > 100, `${packets} packets`);
  assertEquals([...kinds].sort(), ["again", "late", '{"error"', '{"result'].sort());
});

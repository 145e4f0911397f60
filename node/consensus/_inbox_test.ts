import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Inbox } from "./_inbox.ts";

Deno.test("inbox keeps within its limits, keeps each peer's order and loses nothing it accepted but what gave way", () => {
  const limits = { messagesPerPeerMax: 5, bytesPerPeerMax: 20, bytesMax: 40, peersMax: 3 };
  const action = fc.oneof(
    fc.record({ peer: fc.constantFrom("a", "b", "c", "d"), size: fc.nat(25) }),
    fc.constant(undefined),
  );
  fc.assert(fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
    const inbox = new Inbox(limits);
    const last = new Map<string, number>();
    let accepted = 0;
    let refused = 0;
    let taken = 0;
    const take = () => {
      const next = inbox.shift();
      if (next === undefined) return false;
      taken++;
      const number = (next.message as Uint8Array & { number: number }).number;
      if (number <= (last.get(next.from) ?? -1)) throw new Error(`order of ${next.from}`);
      last.set(next.from, number);
      return true;
    };
    actions.forEach((step, number) => {
      if (step === undefined) return void take();
      if (inbox.push(step.peer, Object.assign(new Uint8Array(step.size), { number }))) accepted++;
      else refused++;
    });
    while (take());
    assertEquals(inbox.empty, true);
    assertEquals(taken + inbox.dropped, accepted + refused);
  }));
});

Deno.test("inbox lets the heaviest peer give way when all room is taken", () => {
  const inbox = new Inbox({ messagesPerPeerMax: 10, bytesPerPeerMax: 100, bytesMax: 100, peersMax: 10 });
  for (let i = 0; i < 10; i++) assertEquals(inbox.push("heavy", new Uint8Array(10)), true);
  assertEquals(inbox.push("light", new Uint8Array(10)), true);
  assertEquals(inbox.dropped, 1);
  assertEquals(inbox.push("heavy", new Uint8Array(10)), false);
  const from = [];
  for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) from.push(next.from);
  assertEquals(from.slice(0, 3), ["heavy", "light", "heavy"]);
  assertEquals(from.length, 10);
});

Deno.test("inbox stays small under a peer that is always ahead of us", () => {
  const inbox = new Inbox({ messagesPerPeerMax: 200, bytesPerPeerMax: 1e6, bytesMax: 1e6, peersMax: 1 });
  for (let i = 0; i < 150; i++) inbox.push("p", Uint8Array.of(i));
  for (let i = 150; i < 5_000; i++) {
    assertEquals(inbox.shift()!.message[0], (i - 150) & 0xff);
    inbox.push("p", Uint8Array.of(i & 0xff));
  }
});

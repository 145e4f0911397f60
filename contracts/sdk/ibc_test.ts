/**
 * Channels between mock chains, as far as `tests/ibc/contract_sdk_test.ts` does not compare them with real ones.
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { buildContract } from "../../tests/helpers/built_contract.ts";
import { ContractError, MockChain, MockChannel, tokensOf } from "./mod.ts";

const probeWasm = await buildContract(new URL("./assembly/testing/ibc_probe.ts", import.meta.url));
const counterWasm = await buildContract(new URL("./assembly/template/counter.ts", import.meta.url));

function start() {
  const [a, b] = [new MockChain(), new MockChain()];
  const make = (chain: MockChain) => chain.instantiate(chain.account("alice"), chain.store(probeWasm), {});
  const [here, there] = [make(a), make(b)];
  const channel = MockChannel.open(here, there, { version: "probe-1" });
  const send = (answer: string) => here.execute(a.account("alice"), { send: { channel: channel.id, answer } });
  return { a, b, here, there, channel, send };
}

Deno.test("a relay says what it brought where, and can be stopped between", () => {
  const { a, b, channel, send } = start();
  send("hello");
  send("refusal");
  const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
  const steps = (some: ReturnType<typeof channel.relay>) =>
    some.map(({ step, chain, packet, acknowledgement }) => [step, chain, packet?.sequence, text(acknowledgement)]);
  const [first, second] = ['{"result":"aGVsbG8="}', '{"error":"I refuse \\u003cthat\\u003e \\u0026 \\"this\\""}'];
  assertEquals(steps(channel.relay({ steps: 1 })), [["receive", b, 1, first]]);
  assertEquals(steps(channel.relay()), [
    ["acknowledge", a, 1, first],
    ["receive", b, 2, second],
    ["acknowledge", a, 2, second],
  ]);
  assertEquals(channel.relay(), []);
  send("again");
  assertEquals(channel.relay({ steps: 40 }).length, 40);
});

Deno.test("a call that is refused sends no packet", () => {
  const { a, here, channel } = start();
  const refused = (message: unknown, why: string) =>
    assertThrows(() => here.execute(a.account("alice"), message), ContractError, why);
  refused({ send: { channel: "channel-9", answer: "x" } }, "channel not found");
  refused({ answer_later: { channel: channel.id, sequence: 1, answer: "x" } }, "invalid");
  channel.close(a);
  refused({ send: { channel: channel.id, answer: "x" } }, "closed");
  assertEquals(channel.relay().map(({ step }) => step), ["close"]);
  assertEquals(channel.ends.map(({ state }) => state), ["closed", "closed"]);
});

Deno.test("a contract is told the number of its packet, however many there were", () => {
  const { here, send } = start();
  for (let packet = 1; packet <= 130; packet++) send("hello");
  assertEquals(here.query<string[]>({ log: {} }).slice(-4), ["sent 127", "sent 128", "sent 129", "sent 130"]);
});

Deno.test("who does not want to hear its answer can be told again", () => {
  const { a, here, channel, send } = start();
  send("deaf");
  for (let round = 0; round < 2; round++) assertThrows(() => channel.relay(), ContractError, "I do not hear");
  assertEquals(here.query<string[]>({ log: {} }).length, 3);
  // What has arrived cannot be late any more.
  a.advance({ seconds: 1000n });
  assertThrows(() => channel.relay(), ContractError, "I do not hear");
});

Deno.test("only a contract with all entry points has a port, and tokens have their own version", () => {
  const chain = new MockChain();
  const plain = chain.instantiate(chain.account("alice"), chain.store(counterWasm), {});
  const open = (version: string, ordered = false) =>
    MockChannel.open(tokensOf(chain), tokensOf(new MockChain()), { version, ordered });
  assertThrows(() => MockChannel.open(plain, plain, { version: "x" }), ContractError, "lacks ibc_channel_open");
  assertThrows(() => open("ics20-2"), ContractError, "expected ics20-1");
  assertThrows(() => open("ics20-1", true), ContractError, "not unordered");
  assertThrows(() => open("ics20-1").close(chain), ContractError, "cannot close");
});

/** Messages that were real, with bytes of them changed, and bytes that never were any. @module */
import { assert } from "@std/assert";
import fc from "fast-check";
import type { BlockOutput } from "../../node/app/mod.ts";
import { concatBytes } from "../../node/core/bytes.ts";
import { type Message, modulesWithMock, TestChain, TestClock } from "../helpers/ibc/mod.ts";
import packets from "../vectors/ibc-go/packets.json" with { type: "json" };
import transfers from "../vectors/ibc-go/transfers.json" with { type: "json" };

const SEED = 20_260_401;

/** One change of some bytes. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("set" as const), at: fc.nat(), value: fc.constantFrom(0, 0x7f, 0x80, 0xff) }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant("insert" as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }),
  }),
  fc.record({ kind: fc.constant("repeat" as const), at: fc.nat(), length: fc.nat(40) }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(bytes: Uint8Array, change: Mutation): Uint8Array {
  const at = change.at % bytes.length;
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (change.kind) {
    case "flip":
      return bytes.with(at, bytes[at]! ^ (1 << change.bit));
    case "set":
      return bytes.with(at, change.value);
    case "cut":
      return head;
    case "insert":
      return concatBytes(head, change.bytes, tail);
    case "repeat":
      return concatBytes(head, tail.subarray(0, change.length), tail);
  }
}

/** Stores that a block would write, but for that of the accounts, which counts the signer's sequence. */
const written = ({ staged }: BlockOutput): Set<string> =>
  new Set(
    staged.flat.map(([key]) => new TextDecoder().decode(key.subarray(1, 1 + key[0]!))).filter((store) =>
      store !== "acc"
    ),
  );

/** Throws when a message that is refused writes something; answers whether it is refused. */
function isRefused(chain: TestChain, messages: readonly Message[], signer: number): boolean {
  const tx = chain.sign(messages, { signer });
  chain.run(chain.app.checkTx(tx, "new"));
  const output = chain.rehearse([tx]);
  const { code, codespace, log } = output.txResults[0]!;
  if (code === 0) return false;
  assert(codespace !== "" && log !== "", `code ${code} without words`);
  const stores = written(output);
  assert(stores.size === 0, `${log}: ${[...stores]} were written`);
  return true;
}

for (const [name, recording] of Object.entries({ packets, transfers })) {
  Deno.test(`real messages (${name}) with bytes changed are taken whole or refused without a trace`, () => {
    const clock = new TestClock(BigInt(recording.steps[0]!.time) - 10_000_000_000n);
    const chain = new TestChain({ chainId: recording.chainId, clock, modules: modulesWithMock });
    let [refused, taken] = [0, 0];
    for (const [i, step] of recording.steps.entries()) {
      const due = BigInt(step.time) - chain.blockTime;
      if (clock.now < due) clock.now = due;
      const messages = step.messages.map(({ typeUrl, value }) => ({ typeUrl, value: Uint8Array.fromHex(value) }));
      for (const change of fc.sample(mutation, { numRuns: 5, seed: SEED + i })) {
        const [first, ...rest] = messages;
        const spoilt = [{ ...first!, value: mutate(first!.value, change) }, ...rest];
        if (isRefused(chain, spoilt, step.signer)) refused++;
        else taken++;
      }
      chain.deliverOk(messages, { signer: step.signer });
    }
    assert(refused > 4 * taken, `${refused} refused, ${taken} taken`);
  });
}

Deno.test("bytes that never were a message are refused by every kind of message", () => {
  const chain = new TestChain({ modules: modulesWithMock });
  const ofIbc = chain.messageTypes.filter((typeUrl) => !typeUrl.startsWith("/cosmos."));
  assert(ofIbc.length > 20, `${ofIbc.length} kinds`);
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ minLength: 200, maxLength: 2000 }));
  fc.assert(
    fc.property(fc.constantFrom(...chain.messageTypes), bytes, (typeUrl, value) => {
      assert(isRefused(chain, [{ typeUrl, value }], 0));
    }),
    { numRuns: 200, seed: SEED },
  );
});

/** Transactions run ahead of their turn give the block that running them in order gives, whatever they fight over. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DENOM, makeTx, sendMessage, signerOf, TestChain } from "../bad_input/harness.ts";
import { InlineSpeculator } from "../helpers/inline_speculator.ts";

const PEOPLE = ["ann", "ben", "cat", "dan", "eve"].map((name) => signerOf(name, "ed25519"));

/** One transfer: whom by whom, how much, and what is wrong with it. */
const transfer = fc.record({
  from: fc.nat(PEOPLE.length - 1),
  to: fc.nat(PEOPLE.length - 1),
  amount: fc.constantFrom(1, 10, 700_000, 2_000_000),
  fee: fc.constantFrom("", "", `7${DENOM}`),
  gas: fc.constantFrom(200_000n, 200_000n, 200_000n, 60_000n, 40_000n),
  skew: fc.constantFrom(0n, 0n, 0n, 0n, 1n),
});
const block = fc.array(transfer, { maxLength: 12 });

interface World {
  readonly blocks:
    readonly (readonly { from: number; to: number; amount: number; fee: string; gas: bigint; skew: bigint }[])[];
  readonly shares: readonly number[];
  readonly bySender: boolean;
  readonly maxGas: bigint;
  /** By place: whether the asker comes first, and how far others have then to jump. */
  readonly late: readonly boolean[];
  readonly jumps: readonly number[];
  readonly logBytes: number;
}

/** Runs the same blocks in order and ahead of their turn. */
function runBoth({ blocks, shares, bySender, maxGas, late, jumps, logBytes }: World): { held: number; again: number } {
  const accounts = PEOPLE;
  const serial = new TestChain({ accounts, maxGas });
  const speculator: InlineSpeculator = new InlineSpeculator({
    share: (sender, index) => shares[(bySender ? sender : index) % shares.length]!,
    answer: (request, version) => parallel.storage.answer(request, version),
    late: (index) => late[index % late.length]!,
    from: (index) => index + jumps[index % jumps.length]!,
    logBytes,
  });
  const parallel: TestChain = new TestChain({ accounts, maxGas, speculator });
  speculator.follow({ version: parallel.state.version, flat: [] } as never);
  const next = PEOPLE.map(() => 0n);
  for (const transfers of blocks) {
    const sequences = [...next];
    const txs = transfers.map(({ from, to, amount, fee, gas, skew }) => {
      const signer = PEOPLE[from]!;
      const sequence = next[from]! + skew;
      if (skew === 0n) next[from]!++;
      return makeTx({
        messages: [sendMessage(signer.address, PEOPLE[to]!.address, `${amount}${DENOM}`)],
        signers: [{ signer, accountNumber: BigInt(from), sequence }],
        gas,
        fee,
      });
    });
    const [a, b] = [serial.block(...txs), parallel.block(...txs)];
    speculator.follow(b.staged);
    assertEquals(b.txResults, a.txResults);
    assertEquals(b.appHash, a.appHash);
    // Whoever was refused before the messages goes on with the sequence that was not used.
    const used = PEOPLE.map(() => 0n);
    for (const [i, { code, log }] of a.txResults.entries()) {
      if (code === 0 || log.startsWith("failed to execute message")) used[transfers[i]!.from]!++;
    }
    sequences.forEach((start, who) => next[who] = start + used[who]!);
  }
  return speculator.tally;
}

Deno.test("a block whose transactions ran ahead of their turn is the block of running them in order", () => {
  let held = 0, again = 0;
  fc.assert(
    fc.property(
      fc.record({
        blocks: fc.array(block, { minLength: 1, maxLength: 3 }),
        shares: fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 5 }),
        bySender: fc.boolean(),
        maxGas: fc.constantFrom(-1n, 1_000_000n),
        late: fc.array(fc.constantFrom(false, false, true), { minLength: 1, maxLength: 5 }),
        jumps: fc.array(fc.constantFrom(0, 0, 0, 0, 2), { minLength: 1, maxLength: 7 }),
        logBytes: fc.constantFrom(1 << 20, 1 << 20, 4096),
      }),
      (world) => {
        const tally = runBoth(world);
        held += tally.held;
        again += tally.again;
      },
    ),
    { numRuns: 100 },
  );
  assert(held > 0 && again > 0, `nothing was put to the test: ${held} held, ${again} ran again`);
});

/** Four transfers of ann's and two of ben's, all of which others run; what became of that. */
function tallyOf(from: (index: number) => number): { held: number; again: number } {
  const speculator: InlineSpeculator = new InlineSpeculator({
    share: () => 1,
    answer: (request, version) => chain.storage.answer(request, version),
    from,
  });
  const chain: TestChain = new TestChain({ accounts: PEOPLE, speculator });
  speculator.follow({ version: chain.state.version, flat: [] } as never);
  const next = PEOPLE.map(() => 0n);
  const txs = [0, 1, 0, 0, 1, 0].map((who) =>
    makeTx({
      messages: [sendMessage(PEOPLE[who]!.address, PEOPLE[who + 2]!.address, `1${DENOM}`)],
      signers: [{ signer: PEOPLE[who]!, accountNumber: BigInt(who), sequence: next[who]!++ }],
    })
  );
  for (const { code } of chain.block(...txs).txResults) assertEquals(code, 0);
  return speculator.tally;
}

Deno.test("others see what they ran before, run nothing that is not needed, and nothing that builds on what they did not run", () => {
  assertEquals(tallyOf(() => 0), { held: 6, again: 0 });
  assertEquals(tallyOf(() => Infinity), { held: 0, again: 0 });
  assertEquals(tallyOf((index) => index === 2 ? 3 : 0), { held: 3, again: 0 }, "ann's first, and ben's");
});

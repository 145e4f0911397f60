/** Threads of their own run transactions of a block ahead of their turn; the block is the one that one thread makes. */
import { assert, assertEquals } from "@std/assert";
import { parseNodeConfig } from "../../node/config/mod.ts";
import type { SpeculationPool } from "../../node/runtime/mod.ts";
import { speculationPool } from "../../node/speculation.ts";
import { makeTx, sendMessage, signerOf, TestChain } from "../bad_input/harness.ts";

const PEOPLE = Array.from({ length: 12 }, (_, i) => signerOf(`person ${i}`, "ed25519"));
const STRANGERS = PEOPLE.map((_, i) => signerOf(`stranger ${i}`, "ed25519"));
/** To whom somebody sends: half of them to each other, who are not run by one thread. */
const receiverOf = (i: number) => (i < 6 ? PEOPLE[(i * 5 + 1) % 6]! : STRANGERS[i]!).address;

/** Runs a block; where it lets others have a turn, the threads get all the time they need. */
async function run(chain: TestChain, pool: SpeculationPool, txs: Uint8Array[]) {
  const height = chain.height + 1n;
  const time = 1_700_000_000_000_000_000n + height * 1_000_000_000n;
  const block = { height, time, hash: new Uint8Array(32), proposerAddress: new Uint8Array(20), txs, misbehavior: [] };
  const work = chain.app.executeBlock(block);
  let step = work.next(undefined);
  while (!step.done) {
    if (step.value.type === "pause") await pool.idle();
    step = work.next(chain.storage.answer(step.value, chain.state.version));
  }
  return step.value;
}

Deno.test("blocks that threads run together are those of one thread", async () => {
  const config = parseNodeConfig({ execution: { threads: 2 } });
  assert(config.ok);
  const failures: unknown[] = [];
  const reports = new Map<string, number>();
  const pool: SpeculationPool = speculationPool(
    config.value,
    (request, version) => Promise.resolve(parallel.storage.answer(request, version)),
    (error) => failures.push(error),
    { onReport: ({ engine, statistics }) => reports.set(engine, statistics.engineRefusals) },
  )!;
  const serial = new TestChain({ accounts: PEOPLE });
  const parallel: TestChain = new TestChain({ accounts: PEOPLE, speculator: pool });
  try {
    await pool.warmUp(parallel.state.version);
    for (let height = 0; height < 4; height++) {
      const txs = PEOPLE.flatMap((signer, i) =>
        [0, 1, 2, 3].map((n) =>
          makeTx({
            messages: [sendMessage(signer.address, receiverOf(i), "10ucat")],
            signers: [{ signer, accountNumber: BigInt(i), sequence: BigInt(4 * height + n) }],
            fee: "7ucat",
          })
        )
      );
      const expected = serial.block(...txs);
      const output = await run(parallel, pool, txs);
      assertEquals(output.txResults, expected.txResults);
      assertEquals(output.appHash, expected.appHash);
      parallel.commit(output.staged);
      parallel.height += 1n;
      pool.follow(output.staged);
    }
    assertEquals(pool.figures.blocks.together, 4);
    assert(pool.figures.held > 0, "nothing that was run ahead was true");
    assertEquals(failures, []);
    assertEquals([...reports.values()], [0, 0], "each thread has an engine of its own, and tells of it");
  } finally {
    pool.stop();
  }
});

/** Threads of their own run transactions of a block ahead of their turn; the block is the one that one thread makes. */
import { assert, assertEquals } from "@std/assert";
import { parseNodeConfig } from "../../node/config/mod.ts";
import type { Reply, Request } from "../../node/core/work.ts";
import type { SpeculationPool } from "../../node/runtime/mod.ts";
import { speculationPool } from "../../node/speculation.ts";
import { makeTx, sendMessage, signerOf, TestChain } from "../bad_input/harness.ts";

const PEOPLE = Array.from({ length: 12 }, (_, i) => signerOf(`person ${i}`, "ed25519"));

async function run(chain: TestChain, txs: Uint8Array[]) {
  const height = chain.height + 1n;
  const time = 1_700_000_000_000_000_000n + height * 1_000_000_000n;
  const block = { height, time, hash: new Uint8Array(32), proposerAddress: new Uint8Array(20), txs, misbehavior: [] };
  const work = chain.app.executeBlock(block);
  const answer = async (request: Request): Promise<Reply> => {
    if (request.type !== "wait") return chain.storage.answer(request, chain.state.version);
    return void await request.done;
  };
  let step = work.next(undefined);
  while (!step.done) step = work.next(await answer(step.value));
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
        [0, 1].map((n) =>
          makeTx({
            messages: [sendMessage(signer.address, PEOPLE[(i * 5 + 1) % PEOPLE.length]!.address, "10ucat")],
            signers: [{ signer, accountNumber: BigInt(i), sequence: BigInt(2 * height + n) }],
            fee: "7ucat",
          })
        )
      );
      const expected = serial.block(...txs);
      const output = await run(parallel, txs);
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

import { addressOf, type Script } from "../script.ts";

/** Iterators, and a contract that becomes another: the queue is filled, read, emptied by a burner. */
export async function queue(script: Script): Promise<void> {
  const code = await script.store("alice", "queue.wasm");
  const burner = await script.store("alice", "burner.wasm");
  const contract = await script.instantiate("alice", code, {}, {
    label: "queue",
    admin: addressOf("alice"),
    funds: "50ucat,8umoo",
  });
  const run = (msg: unknown) => script.execute("bob", contract, msg);
  await run({ dequeue: {} });
  for (const value of [7, -3, 2147483647, 0]) await run({ enqueue: { value } });
  await run({ enqueue: { value: 2147483648 } });
  await script.smart(contract, { sum: {} });
  await run({ dequeue: {} });
  for (let value = 0; value < 40; value++) await run({ enqueue: { value } });
  await run({ dequeue: {} });
  await run({ dequeue: {} });
  for (const query of [{ count: {} }, { sum: {} }, { reducer: {} }, { list: {} }, { open_iterators: { count: 200 } }]) {
    await script.smart(contract, query);
  }
  await script.migrate("alice", contract, code, {});
  await script.smart(contract, { list: {} });
  const payout = { payout: addressOf("carol"), denoms: ["ucat", "unone"], delete: 1 };
  await script.migrate("alice", contract, burner, { payout: "x", denoms: [], delete: 0 });
  await script.migrate("alice", contract, burner, { payout: addressOf("carol") });
  await script.migrate("alice", contract, burner, payout);
  await run({ cleanup: {} });
  await run({ cleanup: { limit: 1 } });
  await script.smart(contract, { count: {} });
  await script.instantiate("alice", burner, {}, { label: "a burner from the start" });
}

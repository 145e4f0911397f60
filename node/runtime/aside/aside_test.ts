import { assertEquals } from "@std/assert";
import type { AsideOutcome, AsideTask } from "../../app/ports.ts";
import type { Reply } from "../../core/work.ts";
import { AsideThread, type FromAside, type ToAside } from "./mod.ts";
import { VAIN_MS_BLOCK, VAIN_MS_TX } from "./node.ts";

/** A thread that does what the test says. */
interface Puppet {
  readonly told: (ToAside | { readonly type: "answer"; readonly reply: Reply })[];
  readonly say: (message: FromAside) => void;
  readonly fail: (error: unknown) => void;
  ended: boolean;
}

function asideOf() {
  const puppets: Puppet[] = [];
  const failures: unknown[] = [];
  const clock = { ms: 0 };
  const aside = new AsideThread({
    setup: {},
    onFailure: (error) => failures.push(error),
    now: () => clock.ms,
    start: (say, fail) => {
      const puppet: Puppet = { told: [], say, fail, ended: false };
      puppets.push(puppet);
      return {
        post: (message) => puppet.told.push(structuredClone(message)),
        answer: (reply) => puppet.told.push({ type: "answer", reply }),
        end: () => void (puppet.ended = true),
      };
    },
  });
  return { aside, puppets, failures, clock };
}

const block = { chainId: "test-1", height: 5n, time: 0n };
const task: AsideTask = { block, index: 0, bytes: Uint8Array.of(1) };
const made = { outcome: { data: Uint8Array.of(2) }, changes: [] } as unknown as AsideOutcome;
const request = { type: "load_keys", keys: [] } as const;

Deno.test("a transaction is run aside when enough was in vain in its block and some of it was its own", () => {
  const { aside, clock } = asideOf();
  const attempt = (patience: ReturnType<typeof aside.patience>, ms: number) => {
    patience.begin();
    clock.ms += ms;
    return patience.isOver();
  };
  const first = aside.patience(block);
  assertEquals([attempt(first, VAIN_MS_BLOCK / 2), attempt(first, VAIN_MS_BLOCK / 2)], [false, false]);
  assertEquals(attempt(first, 1), true);
  const second = aside.patience(block);
  assertEquals([attempt(second, VAIN_MS_TX), attempt(second, 1)], [false, true]);
  const third = aside.patience(block);
  third.begin();
  clock.ms += 10 * VAIN_MS_BLOCK; // It came to its end.
  assertEquals(attempt(third, VAIN_MS_TX), false);
  assertEquals(attempt(aside.patience({ ...block, height: 6n }), VAIN_MS_BLOCK), false, "another block");
});

Deno.test("a thread is started when it is needed, is answered what it asks, and is there for the next transaction", async () => {
  const { aside, puppets } = asideOf();
  assertEquals(puppets.length, 0);
  for (const times of [1, 2]) {
    const run = aside.run(task);
    const [{ told, say }] = puppets as [Puppet];
    say({ type: "load", request });
    await run.next();
    assertEquals([run.asked(), run.result()], [request, undefined]);
    run.answer([]);
    say({ type: "ran", made });
    await run.next();
    assertEquals([run.asked(), run.result()], [undefined, made]);
    run.end();
    assertEquals([puppets.length, puppets[0]!.ended, aside.ran], [1, false, times]);
    assertEquals(told.map(({ type }) => type).slice(-2), ["run", "answer"]);
  }
  aside.stop();
  assertEquals(puppets[0]!.ended, true);
});

Deno.test("a thread that fails, or that nobody waits for any more, is ended, has no result, and another takes its place", async () => {
  const { aside, puppets, failures } = asideOf();
  const failed = aside.run(task);
  puppets[0]!.say({ type: "load", request });
  await failed.next();
  puppets[0]!.fail(new Error("out of memory"));
  failed.answer([]);
  await failed.next();
  assertEquals([failed.asked(), failed.result(), failures.length], [undefined, undefined, 1]);
  failed.end();

  const left = aside.run(task);
  left.end();
  assertEquals(puppets.map(({ ended }) => ended), [true, true]);
  puppets[1]!.say({ type: "ran", made });
  await left.next();
  assertEquals(left.result(), undefined);

  const next = aside.run(task);
  puppets[1]!.fail(new Error("what ended threads say is nobody's"));
  puppets[2]!.say({ type: "ran", made });
  await next.next();
  assertEquals([next.result(), puppets[2]!.ended, failures.length], [made, false, 1]);
});

Deno.test("nothing is begun after the thread was stopped for good, also when a block goes on", async () => {
  const { aside, puppets, clock } = asideOf();
  const patience = aside.patience(block);
  const isOver = () => {
    patience.begin();
    clock.ms += 2 * VAIN_MS_BLOCK;
    return patience.isOver();
  };
  assertEquals(isOver(), true);
  const run = aside.run(task);
  aside.stop();
  await run.next();
  assertEquals([run.asked(), run.result(), puppets[0]!.ended], [undefined, undefined, true]);
  assertEquals(isOver(), false);
});

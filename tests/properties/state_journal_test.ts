/** The journal against a model that copies everything at each checkpoint. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareBytes } from "../../node/core/bytes.ts";
import { type Checkpoint, Journal, type PageRequest, type StateReader } from "../../node/state/mod.ts";

type Model = Map<string, readonly [Uint8Array, Uint8Array]>;

const value = fc.uint8Array({ maxLength: 2 });

function pageOf(model: Model, request: PageRequest) {
  const entries = [...model.values()].filter(([at]) =>
    (request.start === undefined || compareBytes(at, request.start) >= 0) &&
    (request.end === undefined || compareBytes(at, request.end) < 0)
  ).sort(([a], [b]) => compareBytes(a, b));
  if (request.reverse === true) entries.reverse();
  return entries.slice(0, request.limit).map(([k, v]) => [k, v] as const);
}

const readerOf = (model: Model): StateReader => ({
  get: (_store, at) => model.get(String(at))?.[1],
  page: (_store, request) => pageOf(model, request),
});

/** `clears`: how often all of a range is deleted. */
function commandsOver(key: fc.Arbitrary<Uint8Array>, clears: number) {
  const page = fc.record({
    start: fc.option(key, { nil: undefined }),
    end: fc.option(key, { nil: undefined }),
    reverse: fc.boolean(),
    limit: fc.constantFrom(1, 3, 12, 200),
  });
  const command = fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant("set" as const), key, value }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant("delete" as const), key }) },
    { weight: clears, arbitrary: fc.record({ type: fc.constant("clear" as const), page }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("get" as const), key }) },
    { weight: 4 + clears, arbitrary: fc.record({ type: fc.constant("page" as const), page }) },
    {
      weight: 3 + clears,
      arbitrary: fc.record({ type: fc.constantFrom("checkpoint" as const, "commit" as const, "revert" as const) }),
    },
  );
  return fc.array(command, { maxLength: 80, size: "max" });
}

const few = fc.uint8Array({ minLength: 1, maxLength: 2 }).map((bytes) => bytes.map((byte) => byte % 8));
const one = fc.nat(99).map((n) => Uint8Array.of(n));
const states = fc.oneof(
  fc.tuple(fc.array(fc.tuple(few, value), { maxLength: 40 }), commandsOver(few, 1)),
  // Many in a row are deleted.
  fc.tuple(
    fc.array(value, { minLength: 100, maxLength: 100 }).map((values) =>
      values.map((value, n): [Uint8Array, Uint8Array] => [Uint8Array.of(n), value])
    ),
    commandsOver(one, 8),
  ),
);

Deno.test("a journal reads, pages, reverts and sums up like a copy of the whole state", () => {
  fc.assert(
    fc.property(
      states,
      ([base, commands]) => {
        const below: Model = new Map(base.map((entry) => [String(entry[0]), entry]));
        const journal = new Journal(readerOf(below));
        let model: Model = new Map(below);
        const open: { checkpoint: Checkpoint; model: Model }[] = [];
        for (const step of commands) {
          if (step.type === "set") {
            journal.set("bank", step.key, step.value);
            model.set(String(step.key), [step.key, step.value]);
          } else if (step.type === "delete") {
            journal.delete("bank", step.key);
            model.delete(String(step.key));
          } else if (step.type === "clear") {
            for (const [at] of pageOf(model, { ...step.page, limit: Infinity })) {
              journal.delete("bank", at);
              model.delete(String(at));
            }
          } else if (step.type === "get") {
            assertEquals(journal.get("bank", step.key), model.get(String(step.key))?.[1]);
          } else if (step.type === "page") assertEquals([...journal.page("bank", step.page)], pageOf(model, step.page));
          else if (step.type === "checkpoint") open.push({ checkpoint: journal.checkpoint(), model: new Map(model) });
          else {
            const last = open.pop();
            if (last === undefined) continue;
            journal[step.type](last.checkpoint);
            if (step.type === "revert") model = last.model;
          }
        }
        const after: Model = new Map(below);
        const changes = journal.changes();
        for (const { key: at, value: to } of changes) {
          if (to === undefined) after.delete(String(at));
          else after.set(String(at), [at, to]);
        }
        assertEquals(pageOf(after, { limit: 1_000 }), pageOf(model, { limit: 1_000 }));
        const keys = changes.map((change) => change.key);
        assertEquals(keys, keys.toSorted(compareBytes));
      },
    ),
    { numRuns: 2_000 },
  );
});

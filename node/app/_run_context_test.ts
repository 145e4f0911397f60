import { assert, assertEquals, assertThrows } from "@std/assert";
import { err, ok } from "../core/result.ts";
import { testContext } from "../../tests/helpers/context.ts";
import { LimitedGasMeter, OutOfGas } from "./gas.ts";
import type { GasMeter } from "./module.ts";

const key = (n: number) => Uint8Array.of(n);
const event = (type: string) => ({ type, attributes: [] });
const refused = { codespace: "test", code: 1, message: "no" };

Deno.test("a refused attempt leaves no writes and hands back its events; a good one keeps both", () => {
  const context = testContext();
  context.emit(event("before"));
  const bad = context.attempt((inner) => {
    inner.view.set("s", key(1), key(1));
    inner.emit(event("lost"));
    return err(refused);
  });
  assertEquals(bad.result, err(refused));
  assertEquals(bad.reverted.map(({ type }) => type), ["lost"]);
  const good = context.attempt((inner) => {
    inner.view.set("s", key(2), key(2));
    inner.emit(event("kept"));
    return ok(7);
  });
  assertEquals(good, { result: ok(7), reverted: [] });
  assertEquals(context.events.map(({ type }) => type), ["before", "kept"]);
  assertEquals(context.view.get("s", key(1)), undefined);
  assertEquals(context.view.get("s", key(2)), key(2));
});

Deno.test("an attempt within an attempt is taken back with it", () => {
  const context = testContext();
  context.attempt((outer) => {
    outer.attempt((inner) => {
      inner.view.set("s", key(1), key(1));
      return ok(undefined);
    });
    return err(refused);
  });
  assertEquals(context.view.get("s", key(1)), undefined);
});

Deno.test("an attempt that passes its own gas limit is refused and its gas counts for the whole", () => {
  const meter = new LimitedGasMeter(100n);
  const context = testContext({}, undefined, meter);
  const { result } = context.attempt((inner) => {
    inner.gas.consume(30, "work");
    return ok(1);
  }, 20);
  assert(!result.ok);
  assertEquals([result.error.codespace, result.error.code], ["sdk", 11]);
  assertEquals(meter.used, 30);
});

Deno.test("the whole's own gas limit ends the whole, also inside an attempt", () => {
  const context = testContext({}, undefined, new LimitedGasMeter(10n));
  assertThrows(
    () => {
      try {
        context.attempt((inner) => (inner.gas.consume(11, "work"), ok(1)), 20);
      } catch (thrown) {
        throw thrown instanceof OutOfGas ? new Error("whole") : thrown;
      }
    },
    Error,
    "whole",
  );
  assertEquals(context.events, []);
});

Deno.test("an event tells texts only, also where somebody cut one in the middle of a character", () => {
  const context = testContext();
  const value = "\u{1F600}".slice(0, 1);
  context.emit({ type: "told", attributes: [{ key: "k", value: `a${value}`, index: true }] });
  assertEquals(context.events[0]!.attributes[0]!.value, "a\ufffd");
});

Deno.test("a branch is kept or dropped with its events; passing its limit costs just the limit", () => {
  const meter = new LimitedGasMeter(100_000n);
  const context = testContext({}, undefined, meter);
  const kept = context.branch();
  kept.context.view.set("s", key(1), key(1));
  kept.context.emit(event("kept"));
  kept.keep();
  const free = meter.used;
  const dropped = context.branch(50);
  context.free.set("s", key(2), key(2));
  dropped.context.emit(event("lost"));
  let thrown: unknown;
  try {
    dropped.context.gas.consume(49, "work");
    dropped.context.gas.consume(70, "work");
  } catch (error) {
    thrown = error;
  }
  assertEquals([dropped.ranOut(thrown), kept.ranOut(thrown)], [true, false]);
  dropped.drop();
  assertEquals(meter.used, free + 50);
  assertEquals(context.events.map(({ type }) => type), ["kept"]);
  assertEquals(context.free.get("s", key(1)), key(1));
  assertEquals(context.free.get("s", key(2)), undefined);
});

Deno.test("what is left is the least of all limits, and exhausting a meter uses it all", () => {
  const whole = new LimitedGasMeter(100n);
  const context = testContext({}, undefined, whole);
  const [wide, narrow] = [context.branch(200), context.branch(30)];
  assertEquals([wide.context.gas.left, narrow.context.gas.left], [100, 30]);
  const ends = (gas: GasMeter) => {
    try {
      gas.exhaust("work");
    } catch (error) {
      return (error as OutOfGas).meter === gas ? "own" : "whole's";
    }
  };
  assertEquals([ends(narrow.context.gas), whole.used], ["own", 30]);
  assertEquals([ends(wide.context.gas), whole.used], ["whole's", 100]);
  narrow.drop();
  wide.drop();
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { redialPauseMs } from "./_dialer.ts";
import { TIMINGS_DEFAULT } from "./options.ts";
import { Turns } from "./_turns.ts";

Deno.test("redialPauseMs() doubles up to the limit and spreads between half and all of it", () => {
  const pause = (failures: number, random: number) => redialPauseMs(failures, TIMINGS_DEFAULT, random);
  assertEquals([0, 1, 2, 3].map((failures) => pause(failures, 1)), [500, 1000, 2000, 4000]);
  assertEquals([7, 100, 1e9].map((failures) => pause(failures, 1)), [60_000, 60_000, 60_000]);
  fc.assert(fc.property(fc.nat(), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
    const most = pause(failures, 1);
    assert(pause(failures, random) >= Math.floor(most / 2) && pause(failures, random) <= most);
  }));
});

Deno.test("Turns lets so many in, the rest in their order, and those out who give up", async () => {
  const turns = new Turns(2);
  const order: string[] = [];
  const enter = async (name: string, signal?: AbortSignal) => {
    order.push(await turns.enter([signal, undefined]) ? name : `${name} gives up`);
  };
  const controller = new AbortController();
  const waiting = [enter("a"), enter("b"), enter("c"), enter("d", controller.signal), enter("e")];
  await Promise.all(waiting.slice(0, 2));
  assertEquals(order, ["a", "b"]);
  controller.abort();
  turns.leave();
  turns.leave();
  await Promise.all(waiting);
  assertEquals(order, ["a", "b", "d gives up", "c", "e"]);
  turns.leave();
  assert(!turns.idle);
  turns.leave();
  assert(turns.idle);
  await enter("f", controller.signal);
  assertEquals(order.at(-1), "f gives up");
});

import { assertEquals } from "@std/assert";
import type { Clock } from "./clock.ts";

/** Lets everything run that is ready. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** A clock that the test winds. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  readonly #timers = new Map<object, { readonly at: number; readonly run: () => void }>();

  nowMs(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const id = {};
    this.#timers.set(id, { at: this.#now + ms, run });
    return () => this.#timers.delete(id);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Runs what falls due, in order, and lets each finish what it starts. */
  async advance(ms: number): Promise<void> {
    await settled();
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [id, { at, run }] = due;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      run();
      await settled();
    }
    this.#now = end;
  }
}

Deno.test("a fake clock runs timers in order and not those called off", async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  clock.after(30, () => seen.push("late"));
  const callOff = clock.after(20, () => seen.push("never"));
  clock.after(10, () => {
    seen.push("early");
    clock.after(5, () => seen.push("nested"));
    callOff();
  });
  await clock.advance(40);
  assertEquals([seen, clock.timers], [["early", "nested", "late"], 0]);
});

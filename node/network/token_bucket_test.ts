import { assert } from "@std/assert";
import fc from "fast-check";
import { TokenBucket } from "./token_bucket.ts";

Deno.test("TokenBucket never gives more than its burst and its rate over any time", () => {
  const step = fc.record({ wait: fc.nat(500), take: fc.nat(50) });
  fc.assert(fc.property(fc.array(step), fc.integer({ min: 1, max: 1000 }), (steps, perSecond) => {
    const burst = 100;
    const bucket = new TokenBucket(perSecond, burst, 0);
    let now = 0;
    let taken = 0;
    for (const { wait, take } of steps) {
      now += wait;
      if (bucket.take(take, now)) taken += take;
      assert(taken <= burst + perSecond * now / 1000 + 1e-6);
    }
  }));
});

Deno.test("TokenBucket fills again, and a clock that steps back does no harm", () => {
  const bucket = new TokenBucket(10, 5, 1000);
  assert(bucket.take(5, 1000));
  assert(!bucket.take(1, 1000));
  assert(!bucket.take(1, 500));
  assert(!bucket.take(1, 550));
  assert(bucket.take(1, 650));
});

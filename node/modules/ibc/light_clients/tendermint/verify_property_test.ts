import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  block,
  Clients,
  codeOf,
  createTendermint,
  h,
  headerAny,
  MINUTE,
  SECOND,
  T0,
} from "../../../../../tests/helpers/ibc_clients.ts";
import { type Member, membersOf, type WholeLightBlock } from "../../../../../tests/helpers/light_chain.ts";
import { verifyLightBlock } from "../../../../core/light/mod.ts";

const members = fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 6 }).chain((indexes) =>
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: indexes.length, maxLength: indexes.length })
    .map((powers) => membersOf(indexes, (index) => BigInt(powers[indexes.indexOf(index)]!)))
);

/** What one block differs in from an honest one. */
const step = fc.record({
  next: members,
  /** Who signs: a mask over the validators; full more often than not. */
  signers: fc.oneof({ weight: 3, arbitrary: fc.constant(0x3ff) }, fc.nat(0x3ff)),
  /** The validators that really follow, or others. */
  impostors: fc.option(members, { freq: 6, nil: undefined }),
  skip: fc.integer({ min: 1, max: 3 }),
  /** Seconds since the block before; now and then none. */
  pace: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 30 }) }, fc.integer({ min: -5, max: 4_000 })),
  /** How far this chain's clock is ahead of the block, in seconds. */
  lead: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 60 }) }, fc.integer({ min: -30, max: 4_000 })),
  /** From which of the known heights the header starts. */
  from: fc.nat(),
});

const level = fc.constantFrom([1n, 3n], [1n, 2n], [2n, 3n], [1n, 1n]) as fc.Arbitrary<[bigint, bigint]>;

interface Known {
  readonly block: WholeLightBlock;
  readonly next: readonly Member[];
}

Deno.test("a client accepts a header exactly when the light client does, whatever becomes of the validators", () => {
  let accepted = 0;
  let refused = 0;
  let frozen = 0;
  fc.assert(
    fc.property(
      members,
      members,
      level,
      fc.array(step, { minLength: 1, maxLength: 8 }),
      (first, second, level, steps) => {
        const [numerator, denominator] = level;
        const clients = new Clients();
        const genesis = block(1n, { members: first, next: second });
        const id = createTendermint(clients, { trustLevel: { numerator, denominator } }, genesis);
        const known: Known[] = [{ block: genesis, next: second }];
        for (const { next, signers, impostors, skip, pace, lead, from } of steps) {
          const trusted = known[from % known.length]!;
          const { height, time: { seconds } } = trusted.block.signedHeader.header;
          const members = impostors ?? trusted.next;
          const made = block(height + BigInt(skip), {
            members,
            next,
            signers: members.filter((_, i) => (signers >> i) & 1),
            time: seconds * SECOND + BigInt(pace) * SECOND,
          });
          const now = (seconds + BigInt(pace + lead)) * SECOND;
          // A trusted height that was pruned is not trusted.
          if (clients.status(id, now) !== "Active" || !clients.has(id, h(height))) continue;
          const verdict = verifyLightBlock(trusted.block, made, {
            trustLevel: { numerator, denominator },
            trustingPeriodMs: 3_600_000,
            clockDriftMs: 10_000,
            now,
          });
          const result = clients.update(id, headerAny(made, height, trusted.next), now);
          assertEquals(result.ok, verdict.verdict === "success", `${codeOf(result)}, ${verdict.reason}`);
          if (!result.ok) refused++;
          else if (clients.status(id, now) === "Frozen") {
            frozen++;
            return;
          } else {
            accepted++;
            known.push({ block: made, next });
          }
        }
      },
    ),
    { numRuns: 150 },
  );
  assert(accepted > 40 && refused > 100 && frozen > 0, `${accepted} accepted, ${refused} refused, ${frozen} froze`);
});

Deno.test("time passing alone never makes a client believe more", () => {
  fc.assert(
    fc.property(members, fc.nat(0x3ff), fc.integer({ min: 0, max: 90 }), (next, signers, minutes) => {
      const first = membersOf([0, 1, 2]);
      const made = block(3n, { members: next, next, signers: next.filter((_, i) => (signers >> i) & 1) });
      const accepts = (now: bigint) => {
        const clients = new Clients();
        const id = createTendermint(clients, {}, block(1n, { members: first, next: first }));
        return clients.update(id, headerAny(made, 1n, first), now).ok;
      };
      const soon = T0 + 10n * SECOND;
      if (!accepts(soon)) assert(!accepts(soon + BigInt(minutes) * MINUTE));
    }),
    { numRuns: 60 },
  );
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PeerLedger } from "./ledger.ts";
import { PENALTIES, PENALTY_DEFAULT, penaltyOf, SCORE_BAN, SCORE_RECOVERY_PER_MINUTE } from "./penalties.ts";
import { BanList, PEERS_REMEMBERED_MAX, ScoreKeeper } from "./scores.ts";

const MINUTE = 60_000;

Deno.test("ScoreKeeper starts at 0, falls by the points and recovers with time up to 0", () => {
  const keeper = new ScoreKeeper();
  assertEquals(keeper.score("a", 0), 0);
  assertEquals(keeper.punish("a", 30, 0), -30);
  assertEquals(keeper.punish("a", 10, 0), -40);
  assertEquals(keeper.score("a", MINUTE), -40 + SCORE_RECOVERY_PER_MINUTE);
  assertEquals(keeper.score("a", 1000 * MINUTE), 0);
  assertEquals(keeper.score("b", 0), 0);
});

Deno.test("ScoreKeeper remembers a bounded number of peers and never says more than 0", () => {
  fc.assert(fc.property(
    fc.array(fc.record({ peer: fc.nat(20), points: fc.nat(50), at: fc.integer({ min: -10, max: 1e7 }) })),
    (reports) => {
      const keeper = new ScoreKeeper();
      for (const { peer, points, at } of reports) {
        keeper.punish(`${peer}`, points, at);
        assert(keeper.score(`${peer}`, at) <= 0);
      }
    },
  ));
  const keeper = new ScoreKeeper();
  for (let i = 0; i < PEERS_REMEMBERED_MAX + 10; i++) keeper.punish(`${i}`, 1, 0);
  assertEquals(keeper.size, PEERS_REMEMBERED_MAX);
});

Deno.test("BanList keeps a peer out until the ban is over, and the longer of two bans", () => {
  const bans = new BanList();
  bans.ban("a", "because", 1000, 500);
  assert(bans.banned("a", 1499));
  bans.ban("a", "again", 1100, 10);
  assertEquals(bans.list(1200), [{ peer: "a", until: 1500, reason: "again" }]);
  assert(!bans.banned("a", 1500));
  assertEquals(bans.list(1500), []);
});

Deno.test("PeerLedger bans at the limit, once, by the worst code; unknown codes count a little", () => {
  let now = 0;
  const told: string[] = [];
  const ledger = new PeerLedger({
    banMs: 1000,
    now: () => now,
    observer: undefined,
    onBan: ({ peer, reason }) => told.push(`${peer} ${reason}`),
  });
  assertEquals(penaltyOf("never heard"), PENALTY_DEFAULT);
  assertEquals(penaltyOf("constructor"), PENALTY_DEFAULT);
  for (let i = 1; i < -SCORE_BAN / PENALTY_DEFAULT; i++) ledger.report("a", "never heard", "x");
  assertEquals(told, []);
  ledger.report("a", "never heard", "the last straw");
  ledger.report("a", "never heard", "late");
  ledger.report("b", "bad_block", "forged");
  assertEquals(told, ["a never heard: the last straw", "b bad_block: forged"]);
  assertEquals(ledger.bans.map(({ peer }) => peer), ["a", "b"]);
  now = 1000;
  assert(!ledger.banned("a"));
  assertEquals(ledger.score("a"), 0);
  for (const points of Object.values(PENALTIES)) assert(points > 0 && points <= -SCORE_BAN);
});

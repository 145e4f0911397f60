/** Hostile peers at a running node over libp2p: what they say by topics and channels. */
import { assertEquals } from "@std/assert";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { Prng } from "../../node/core/prng.ts";
import { breathe } from "../../node/runtime/mod.ts";
import { encodeEvidence } from "../../node/gossip/evidence_service.ts";
import { BATCH_COUNT_MAX, encodeBatch } from "../../node/gossip/transactions.ts";
import { encodeCarry, encodeHave, encodeStatus } from "../../node/gossip/wire.ts";
import { BECH32_PREFIX, deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { EVIDENCE } from "../fuzz/targets/samples.ts";
import { secp256k1AccountOf, signTransfer } from "../helpers/accounts.ts";
import { carryVote, garbageProposal, realVote } from "./messages.ts";
import type { HostilePeer } from "./peer.ts";
import { Scene } from "./scene.ts";

const random = new Prng(20_260_114);
const noise = (length: number) => Uint8Array.from({ length }, () => random.u32() & 0xff);
const TOPICS = ["consensus", "transactions", "evidence"] as const;

/** Says one thing after the other until it is cut off, or `count` are said. */
async function insist(
  say: (bytes: Uint8Array) => Promise<boolean>,
  make: (i: number) => Uint8Array,
  count = 1000,
): Promise<void> {
  for (let i = 0; i < count && await say(make(i)); i++) {
    // Whoever is attacked gets a turn: what is said is of its height of now.
    if (i % 8 === 7) await breathe();
  }
}

type Attack = (name: string, use: (peer: HostilePeer) => Promise<void>) => Promise<unknown>;

/** Each attack is by a peer of its own; after it blocks go on. */
const attacksOn = (scene: Scene, t: Deno.TestContext): Attack => (name, use) =>
  t.step(name, async () => {
    await using peer = await scene.guest(name);
    await use(peer);
    await scene.goesOn();
  });

Deno.test("hostile gossip: what no honest node says is named, its sender banned, and blocks go on", async (t) => {
  await using scene = await Scene.open();
  const { node } = scene;
  const attack = attacksOn(scene, t);
  const height = () => node.height + 1n;

  for (const name of TOPICS) {
    await attack(`random bytes on channel ${name}`, async (peer) => {
      await insist((bytes) => peer.say(name, bytes), () => noise(100));
      await scene.untilBanned(peer, /^undecodable: decode/);
    });
    await attack(`random bytes on topic ${name}`, async (peer) => {
      await insist((bytes) => peer.publish(name, bytes), () => noise(100));
      await scene.untilBanned(peer, new RegExp(`^undecodable: decode|^rejected: .*${name}`));
    });
  }
  await attack("gossip that is no protobuf", async (peer) => {
    await insist((bytes) => peer.gossip(bytes), () => Uint8Array.of(3, 0xff, 0xff, 0xff));
    await scene.untilBanned(peer, /^gossip_undecodable: /);
  });
  await attack("votes of a real validator, slightly changed", async (peer) => {
    const vote = await realVote(node.rpcAddress);
    const changed = (i: number) => ({ ...vote, height: height(), timestamp: { ...vote.timestamp, nanos: i } });
    await insist((bytes) => peer.say("consensus", bytes), (i) => carryVote(changed(i)));
    await scene.untilBanned(peer, /^bad_message: judge precommit of height \d+ and round 0: it is not good/);
  });
  await attack("votes for the next heights, kept until they can be judged", async (peer) => {
    const vote = await realVote(node.rpcAddress);
    const ahead = (i: number) => ({ ...vote, height: height() + 3n, round: i });
    await insist((bytes) => peer.say("consensus", bytes), (i) => carryVote(ahead(i)));
    await scene.untilBanned(peer, /^bad_message: judge precommit/);
  });
  await attack("proposals of garbage that nobody signed", async (peer) => {
    // Also of heights to come, which are judged when they run: this one may be over before it is heard.
    const make = (i: number) => encodeCarry(garbageProposal(height() + BigInt(i % 4), i % 2, 200_000 + i).head);
    await insist((bytes) => peer.publish("consensus", bytes), make);
    await scene.untilBanned(peer, /^(bad_message: judge proposal|rejected)/);
  });
  await attack("parts that are none of their block", async (peer) => {
    const make = (i: number) => {
      const { head, part } = garbageProposal(height() + 3n, i, 200_000);
      return encodeCarry(head, { ...part, bytes: part.bytes.with(0, 8) });
    };
    await insist((bytes) => peer.say("consensus", bytes), make);
    await scene.untilBanned(peer, /^bad_(part|message)/);
  });
  await attack("words for one said to everybody", async (peer) => {
    const make = (i: number) => encodeStatus({ height: height(), round: i, base: 1n });
    await insist((bytes) => peer.publish("consensus", bytes), make);
    await scene.untilBanned(peer, /^(bad_message|rejected)/);
  });
});

Deno.test("hostile gossip: transactions and evidence that are worth nothing are named", async (t) => {
  await using scene = await Scene.open();
  const attack = attacksOn(scene, t);
  const account = secp256k1AccountOf(deriveAccounts(DEVELOPMENT_MNEMONIC, 1, BECH32_PREFIX)[0]!.privateKey);
  const tx = (chainId: string, amount: string) =>
    signTransfer(account, { chainId, accountNumber: 0n, sequence: 0n, to: account.address, amount });

  await attack("transactions that cannot be decoded", async (peer) => {
    await insist((bytes) => peer.publish("transactions", bytes), () => encodeBatch([noise(100)]));
    await scene.untilBanned(peer, /^(invalid_transaction: admit|rejected: .*transactions)/);
  });
  await attack("transactions signed for another chain, by the channel", async (peer) => {
    await insist((bytes) => peer.say("transactions", bytes), (i) => encodeBatch([tx("other-1", `${i + 1}`)]));
    await scene.untilBanned(peer, /^invalid_transaction: admit transaction/);
  });
  await attack("a batch of too many", async (peer) => {
    const batch = encodeBatch(Array.from({ length: BATCH_COUNT_MAX + 1 }, () => Uint8Array.of(1)));
    await insist((bytes) => peer.say("transactions", bytes), () => batch);
    await scene.untilBanned(peer, /^undecodable: decode transactions/);
  });
  await attack(
    "transactions longer than this node takes, and the same again, are held against nobody",
    async (peer) => {
      const long = encodeBatch([new Uint8Array(1_500_000)]);
      for (let i = 0; i < 20; i++) await peer.say("transactions", long);
      await scene.goesOn();
      assertEquals(scene.banOf(peer), undefined);
    },
  );
  await attack("evidence that is well formed and false", async (peer) => {
    const make = (i: number): Evidence[] => {
      const { duplicateVoteEvidence: votes, lightClientAttackEvidence: attack } = EVIDENCE[i % 2]!;
      const totalVotingPower = BigInt(i + 5);
      return votes
        ? [{ duplicateVoteEvidence: { ...votes, totalVotingPower } }]
        : [{ lightClientAttackEvidence: { ...attack!, totalVotingPower } }];
    };
    await insist((bytes) => peer.publish("evidence", bytes), (i) => encodeEvidence(make(i)));
    await scene.untilBanned(peer, /^(bad_evidence|rejected)/);
  });
});

Deno.test("hostile gossip: what an honest node could say by accident is held against nobody, however often", async (t) => {
  await using scene = await Scene.open();
  const { node } = scene;
  const attack = attacksOn(scene, t);
  const unharmed = async (peer: HostilePeer) => {
    await scene.goesOn();
    assertEquals([scene.banOf(peer), node.peers.find(({ id }) => id === peer.id)?.score], [undefined, 0]);
  };

  await attack("an old vote, thousands of times", async (peer) => {
    const vote = carryVote(await realVote(node.rpcAddress));
    await insist((bytes) => peer.say("consensus", bytes), () => vote, 1500);
    await insist((bytes) => peer.publish("consensus", bytes), () => vote, 1500);
    await unharmed(peer);
  });
  await attack("votes for far heights and rounds", async (peer) => {
    const vote = await realVote(node.rpcAddress);
    const far = (i: number) => ({ ...vote, height: 1n << 62n, round: i });
    await insist((bytes) => peer.say("consensus", bytes), (i) => carryVote(far(i)), 1500);
    const round = (i: number) => ({ ...vote, height: node.height + 1n, round: 0x7fff_ffff - i });
    await insist((bytes) => peer.say("consensus", bytes), (i) => carryVote(round(i)), 1500);
    await unharmed(peer);
  });
  await attack("`have`s of nothing, each of which asks for everything", async (peer) => {
    const make = () => encodeHave({ height: node.height + 1n, heads: new Uint8Array(), blocks: [] });
    await insist((bytes) => peer.say("consensus", bytes), make, 1500);
    await unharmed(peer);
  });
  await attack("another version of every message", async (peer) => {
    for (const name of TOPICS) await insist((bytes) => peer.say(name, bytes), () => Uint8Array.of(8, 2, 0xff), 50);
    await unharmed(peer);
  });
});

Deno.test("hostile gossip: a peer that claims to be far ahead takes nobody out of consensus", async () => {
  await using scene = await Scene.open();
  await using peer = await scene.guest("status");
  await peer.serve("blocks", async function* () {});
  for (let i = 0n; i < 5n; i++) {
    await peer.say("consensus", encodeStatus({ height: (1n << 64n) - 1n - i, round: 0, base: i }));
    await scene.goesOn();
  }
  assertEquals(scene.node.catchingUp, false);
});

/**
 * Floods and other attacks that cost something, at a node in a process of its own: blocks go on while they last, memory stays
 * bounded, and whoever does it is named. Figures are printed, and judged by a generous cap only.
 */
import { assert } from "@std/assert";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { encodeEvidence } from "../../node/gossip/evidence_service.ts";
import { encodeBatch } from "../../node/gossip/transactions.ts";
import { encodeHave } from "../../node/gossip/wire.ts";
import { encodeFrame } from "../../node/network/frames.ts";
import { encodeBlocksQuestion } from "../../node/sync/wire.ts";
import { parseAddress } from "../../node/network/mod.ts";
import { concatBytes } from "../../node/core/bytes.ts";
import { BECH32_PREFIX, deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { delimited } from "../../node/signer/link.ts";
import { secp256k1AccountOf, signTransfer } from "../helpers/accounts.ts";
import { rpc } from "../helpers/rpc_client.ts";
import { bombsOf } from "../fuzz/bombs.ts";
import { EVIDENCE } from "../fuzz/targets/samples.ts";
import { carryVote, realVote } from "../hostile/messages.ts";
import { ended, type HostilePeer } from "../hostile/peer.ts";
import { Victim } from "../hostile/victim.ts";

/** How long each goes on at least. */
const SECONDS = 12;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs `use` with one new peer after the other: who is banned comes back as somebody else. */
async function withPeers(
  victim: Victim,
  signal: AbortSignal,
  use: (peer: HostilePeer) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await using peer = await victim.peer();
    // Cut off in the middle of something: that is what is wanted.
    await use(peer).catch(() => {});
    await pause(1);
  }
}

/** Says what `make` makes until it is cut off. */
async function flood(
  signal: AbortSignal,
  say: (bytes: Uint8Array) => Promise<boolean>,
  make: (i: number) => Uint8Array,
): Promise<void> {
  for (let i = 0; !signal.aborted && await say(make(i)); i++) if (i % 64 === 63) await pause(0);
}

/** Makes blocks that are worth asking for; answers the height of the first. */
async function fill(victim: Victim): Promise<bigint> {
  const [from] = deriveAccounts(DEVELOPMENT_MNEMONIC, 1, BECH32_PREFIX);
  const account = secp256k1AccountOf(from!.privateKey);
  const height = victim.height;
  for (let sequence = 0n; sequence < 4000n; sequence++) {
    const tx = signTransfer(account, {
      chainId: victim.chainId,
      accountNumber: 0n,
      sequence,
      to: account.address,
      amount: "1",
    });
    await rpc(victim.process.rpcUrl, "broadcast_tx_async", { tx: tx.toBase64() });
  }
  return height;
}

Deno.test("a node stands up to floods and other attacks that cost something", async (t) => {
  await using victim = await Victim.start();
  const attack = (name: string, use: (signal: AbortSignal) => Promise<void>, seconds = SECONDS) =>
    t.step(name, () => victim.stands(name, seconds, use));
  const each = (use: (peer: HostilePeer, signal: AbortSignal) => Promise<void>) => (signal: AbortSignal) =>
    withPeers(victim, signal, (peer) => use(peer, signal));

  await attack("nothing at all", async () => {});
  await attack(
    "old votes, each another, as fast as they go by the channel",
    each(async (peer, signal) => {
      const vote = await realVote(victim.process.rpcUrl);
      await flood(
        signal,
        (bytes) => peer.say("consensus", bytes),
        (i) => carryVote({ ...vote, height: 1n, timestamp: { ...vote.timestamp, nanos: i } }),
      );
    }),
  );
  await attack(
    "the same by the topic",
    each(async (peer, signal) => {
      const vote = await realVote(victim.process.rpcUrl);
      await peer.greet();
      await flood(
        signal,
        (bytes) => peer.publish("consensus", bytes),
        (i) => carryVote({ ...vote, height: 1n, timestamp: { ...vote.timestamp, nanos: i } }),
      );
    }),
  );
  await attack(
    "votes with bad signatures for the running height and those after it, by peers that come back as others",
    each(async (peer, signal) => {
      const vote = await realVote(victim.process.rpcUrl);
      await flood(
        signal,
        (bytes) => peer.say("consensus", bytes),
        (i) => carryVote({ ...vote, height: victim.height + BigInt(i % 5), round: i % 7 }),
      );
    }),
  );
  await attack(
    "`have`s of 4 096 names each",
    each(async (peer, signal) => {
      const heads = crypto.getRandomValues(new Uint8Array(8 * 4096));
      await flood(
        signal,
        (bytes) => peer.say("consensus", bytes),
        () => encodeHave({ height: victim.height + 1n, heads, blocks: [] }),
      );
    }),
  );
  await attack(
    "a channel that nobody knows",
    each(async (peer, signal) => {
      const stream = await peer.greet();
      const frame = encodeFrame(new Uint8Array(60 * 1024), 200);
      await flood(signal, (bytes) => peer.push(stream, bytes), () => frame);
    }),
  );
  const bombs = [...bombsOf(encodeEvidence([EVIDENCE[1] as Evidence]), 1024 * 1024)];
  await attack(
    "evidence that is dear to decode, by peers that come back as others",
    each(async (peer, signal) => {
      await peer.greet();
      await flood(signal, (bytes) => peer.publish("evidence", bytes), (i) => bombs[i % bombs.length]!);
    }),
  );
  await attack(
    "transactions that are none, in full batches, by peers that come back as others",
    each(async (peer, signal) => {
      await peer.greet();
      await flood(
        signal,
        (bytes) => peer.publish("transactions", bytes),
        (i) => encodeBatch(Array.from({ length: 1000 }, (_, j) => new Uint8Array(200).fill(i + j))),
      );
    }),
  );
  const full = await fill(victim);
  await attack(
    "blocks asked for and not read, and questions that are never asked, by five peers",
    (signal) =>
      Promise.all(Array.from({ length: 5 }, () =>
        withPeers(victim, signal, async (peer) => {
          await peer.greet();
          const question = encodeFrame(encodeBlocksQuestion({ from: full, count: 64 }));
          for (let i = 0; i < 16; i++) {
            const stream = await peer.ask(i % 2 === 0 ? "blocks" : "chunks");
            stream.pause();
            if (i % 2 === 0) await peer.push(stream, question);
          }
          while (!signal.aborted && peer.connections.length > 0) await pause(50);
        }))).then(() => {}),
    30,
  );
  const walk = concatBytes(Uint8Array.of(8, 4), new Uint8Array(3_900_000).map((_, i) => i % 2 === 0 ? 0x42 : 0));
  await attack(
    "questions of the DHT that are dear to decode, without a hello",
    each(async (peer, signal) => {
      while (!signal.aborted) {
        const stream = await peer.open(peer.names.dht);
        await peer.push(stream, delimited(walk));
        await ended(stream);
      }
    }),
  );
  await attack("connections that never say hello", async (signal) => {
    await Promise.all(Array.from({ length: 20 }, () =>
      withPeers(victim, signal, async (peer) => {
        await peer.connect();
        while (!signal.aborted && peer.connections.length > 0) await pause(50);
      })));
  }, 25);
  await attack("sockets that say nothing", async (signal) => {
    const parsed = parseAddress(victim.address);
    assert(parsed.ok);
    const { port } = parsed.value;
    const open: Deno.Conn[] = [];
    while (!signal.aborted) {
      const socket = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
      if (socket !== undefined) open.push(socket);
      if (open.length > 200) open.shift()!.close();
      await pause(5);
    }
    for (const socket of open) socket.close();
  });
  await attack("connections that come and go", each((peer) => peer.greet().then(() => {})));
  await attack(
    "streams opened and reset",
    each(async (peer, signal) => {
      await peer.greet();
      while (!signal.aborted && peer.connections.length > 0) {
        const stream = await peer.ask("blocks").catch(() => undefined);
        stream?.abort(new Error("changed its mind"));
      }
    }),
  );

  await t.step("whoever did it is named", async () => {
    const reports = await victim.reports();
    console.log(JSON.stringify(reports), `${victim.bans().length} bans in the log`);
    for (const code of ["flood", "bad_message", "undecodable", "oversized", "slow"]) {
      assert((reports[code] ?? 0) > 0, code);
    }
    assert(victim.bans().length > 0);
    for (const line of victim.bans()) assert(/reason=/.test(line) || /"reason"/.test(line), line);
    const { height } = victim;
    const { sync_info } = await rpc(victim.process.rpcUrl, "status");
    assert(BigInt(sync_info.latest_block_height) >= height && !sync_info.catching_up);
  });
});

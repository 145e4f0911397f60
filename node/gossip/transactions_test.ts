import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { SDK_CODE } from "../core/errors.ts";
import type { GossipVerdict } from "../core/peer.ts";
import {
  type AdmitAnswer,
  BATCH_BYTES,
  BATCH_COUNT_MAX,
  decodeBatch,
  encodeBatch,
  isPeersFault,
} from "./transactions.ts";
import { TransactionsService } from "./transactions_service.ts";

const refusedBy = (code: number, codespace = "sdk"): AdmitAnswer => ({
  admitted: false,
  reason: "checked",
  check: { code, codespace },
});
const refused = (reason: "seen" | "full" | "too_large" | "sequence_gap"): AdmitAnswer => ({
  admitted: false,
  reason,
  check: undefined,
});

/** What a transaction is follows from its first byte. */
const GOOD = 1, BAD_SIGNATURE = 2, WRONG_SEQUENCE = 3, FULL = 4, MALFORMED = 5, BROKEN = 6;

let serial = 0;
function tx(kind: number, length = 200): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = kind;
  new DataView(bytes.buffer).setUint32(1, ++serial);
  return bytes;
}

const keyOf = (tx: Uint8Array) => new DataView(tx.buffer, tx.byteOffset).getUint32(1);

/** A service between a mempool that remembers and a network that writes down; time stands until it is moved. */
class Rig {
  readonly pool: Uint8Array[] = [];
  readonly admitted: number[] = [];
  readonly published: number[][] = [];
  readonly publishedBytes: Uint8Array[] = [];
  readonly sent: { to: string; txs: number[]; bytes: number }[] = [];
  readonly reports: string[] = [];
  readonly failures: unknown[] = [];
  active = true;
  room = true;
  readonly service: TransactionsService;
  #now = 0;
  #timers: { at: number; run: () => void }[] = [];
  #listeners = new Set<(tx: Uint8Array) => void>();
  #lateListeners = new Set<(from: string, answer: AdmitAnswer) => void>();

  constructor() {
    const { pool } = this;
    this.service = new TransactionsService({
      network: {
        publish: (_topic, bytes) => {
          this.publishedBytes.push(bytes);
          this.published.push(this.#keys(bytes));
        },
        send: (to, _channel, bytes) => {
          if (this.room) this.sent.push({ to, txs: this.#keys(bytes), bytes: bytes.length });
          return this.room;
        },
        report: (peer, code) => this.reports.push(`${peer} ${code}`),
      },
      clock: {
        schedule: (ms, run) => {
          const timer = { at: this.#now + ms, run };
          this.#timers.push(timer);
          return () => this.#timers = this.#timers.filter((other) => other !== timer);
        },
      },
      pool: {
        admit: (tx) => this.admit(tx),
        onAdmitted: (listener) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
        onRefusedLate: (listener) => {
          this.#lateListeners.add(listener);
          return () => this.#lateListeners.delete(listener);
        },
        get arrivals() {
          return pool.length;
        },
        pendingFrom: (place, bytesMax, end = Infinity) => {
          const txs: Uint8Array[] = [];
          let bytes = 0;
          for (let i = place; i < Math.min(this.pool.length, end); i++) {
            if (txs.length > 0 && bytes + this.pool[i]!.length > bytesMax) return { txs, next: i };
            txs.push(this.pool[i]!);
            bytes += this.pool[i]!.length;
          }
          return { txs, next: undefined };
        },
      },
      active: () => this.active,
      onFailure: (error) => this.failures.push(error),
    });
  }

  #keys(bytes: Uint8Array): number[] {
    const decoded = decodeBatch(bytes);
    assert(decoded.ok);
    return decoded.value.map(keyOf);
  }

  async admit(tx: Uint8Array): Promise<AdmitAnswer> {
    await Promise.resolve();
    this.admitted.push(keyOf(tx));
    if (tx[0] === BROKEN) throw new Error("disk");
    if (tx[0] === FULL) return refused("full");
    if (tx[0] === BAD_SIGNATURE) return refusedBy(SDK_CODE.unauthorized);
    if (tx[0] === WRONG_SEQUENCE) return refusedBy(SDK_CODE.wrongSequence);
    if (tx[0] === MALFORMED) return refusedBy(SDK_CODE.txDecode);
    if (this.pool.some((other) => keyOf(other) === keyOf(tx))) return refused("seen");
    this.enter(tx);
    return { admitted: true };
  }

  /** At once, or after it waited for others. */
  enter(tx: Uint8Array): void {
    this.pool.push(tx);
    for (const listener of this.#listeners) listener(tx);
  }

  refuseLate(from: string, answer: AdmitAnswer): void {
    for (const listener of this.#lateListeners) listener(from, answer);
  }

  hear(txs: readonly Uint8Array[], from = "a"): Promise<GossipVerdict> {
    return this.service.onTopic(from, encodeBatch(txs));
  }

  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers[0];
      if (next === undefined || next.at > until) break;
      this.#timers.shift();
      this.#now = next.at;
      next.run();
    }
    this.#now = until;
  }

  get timers(): number {
    return this.#timers.length;
  }
}

Deno.test("a batch is CometBFT's message in a versioned one, and survives the way", () => {
  const txs = [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)];
  const bytes = encodeBatch(txs);
  // version 1; field 2: Message { 1: Txs { 1: tx … } }
  assertEquals(bytes, Uint8Array.of(8, 1, 18, 11, 10, 9, 10, 2, 1, 2, 10, 0, 10, 1, 3));
  const decoded = decodeBatch(bytes);
  assert(decoded.ok);
  assertEquals(decoded.value, txs);
  assert(decoded.value[0]!.buffer.byteLength === 2, "its own bytes");
});

Deno.test("decodeBatch() refuses what is malformed, empty or of too many, and never throws", () => {
  const many = Array.from({ length: BATCH_COUNT_MAX + 1 }, () => Uint8Array.of(1));
  for (
    const bytes of [
      new Uint8Array(),
      Uint8Array.of(8, 1),
      Uint8Array.of(8, 1, 18, 9),
      encodeBatch([]),
      encodeBatch(many),
    ]
  ) {
    assert(!decodeBatch(bytes).ok);
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => void decodeBatch(bytes)));
});

Deno.test("only what rests on the transaction alone is a peer's fault", () => {
  for (const code of [SDK_CODE.txDecode, SDK_CODE.unauthorized, SDK_CODE.noSignatures]) {
    assert(isPeersFault(refusedBy(code)));
  }
  const honest = [
    refusedBy(SDK_CODE.wrongSequence),
    refusedBy(SDK_CODE.insufficientFee),
    refusedBy(SDK_CODE.insufficientFunds),
    refusedBy(SDK_CODE.unknownAddress),
    refusedBy(SDK_CODE.invalidPubKey),
    refusedBy(SDK_CODE.txTimeoutHeight),
    refusedBy(SDK_CODE.unknownRequest),
    refusedBy(SDK_CODE.unauthorized, "other"),
    refused("too_large"),
    refused("full"),
    refused("seen"),
    { admitted: true } as const,
  ];
  for (const answer of honest) assert(!isPeersFault(answer), JSON.stringify(answer));
});

Deno.test("what clients submit goes out in batches: soon when it is quiet, fuller under load", async () => {
  const rig = new Rig();
  const first = tx(GOOD);
  await rig.admit(first);
  assertEquals(rig.published, []);
  rig.pass(2);
  assertEquals(rig.published, [[keyOf(first)]]);
  const more = [tx(GOOD), tx(GOOD), tx(GOOD)];
  for (const each of more) {
    await rig.admit(each);
    rig.pass(4);
  }
  assertEquals(rig.published.length, 1);
  rig.pass(20);
  assertEquals(rig.published[1], more.map(keyOf));
  rig.pass(100);
  assertEquals([rig.published.length, rig.timers], [2, 0]);
});

Deno.test("a full batch goes at once, a long transaction alone or at the end", async () => {
  const rig = new Rig();
  const short = tx(GOOD), long = tx(GOOD, 500_000);
  await rig.admit(short);
  await rig.admit(long);
  assertEquals(rig.published, [[keyOf(short), keyOf(long)]]);
  for (let i = 0; i < 40; i++) await rig.admit(tx(GOOD, 10_000));
  assert(rig.publishedBytes.slice(1).every((bytes) => bytes.length <= BATCH_BYTES + 11_000));
  assertEquals(rig.published.flat().length, 2 + 35);
  rig.pass(50);
  assertEquals(rig.published.flat().length, 42);
});

Deno.test("what the topic brings is handed in, passed on by the topic, and not published again", async () => {
  const rig = new Rig();
  const heard = [tx(GOOD), tx(WRONG_SEQUENCE), tx(GOOD)];
  assertEquals(await rig.hear(heard), "accept");
  assertEquals(await rig.hear(heard), "ignore", "nothing new");
  rig.pass(1000);
  assertEquals([rig.published, rig.reports], [[], []]);
  assertEquals(rig.pool, [heard[0]!, heard[2]!]);
});

Deno.test("a batch with a transaction that nobody could have checked is rejected; what is good in it goes on", async () => {
  for (const fault of [BAD_SIGNATURE, MALFORMED]) {
    const rig = new Rig();
    const good = tx(GOOD);
    assertEquals(await rig.hear([good, tx(fault)], "b"), "reject");
    assertEquals(rig.reports, ["b invalid_transaction"]);
    rig.pass(10);
    assertEquals(rig.published, [[keyOf(good)]]);
  }
});

Deno.test("a batch of bad signatures ends after the first lot", async () => {
  const rig = new Rig();
  await rig.hear(Array.from({ length: 1000 }, () => tx(BAD_SIGNATURE)));
  assertEquals(rig.admitted.length, 64);
});

Deno.test("undecodable bytes are rejected and reported, another version is ignored", async () => {
  const rig = new Rig();
  assertEquals(await rig.service.onTopic("b", Uint8Array.of(8, 1, 1)), "reject");
  assertEquals(await rig.service.onTopic("c", Uint8Array.of(8, 2, 1)), "ignore");
  assertEquals(rig.reports, ["b undecodable"]);
});

Deno.test("a full mempool is left alone for a while, and nobody is blamed", async () => {
  const rig = new Rig();
  assertEquals(await rig.hear([tx(FULL), tx(FULL)]), "ignore");
  assertEquals(await rig.hear([tx(GOOD)]), "ignore");
  assertEquals(rig.admitted.length, 2);
  rig.pass(500);
  assertEquals(await rig.hear([tx(GOOD)]), "accept");
  assertEquals(rig.reports, []);
});

Deno.test("while blocks are synced nothing is handed in", async () => {
  const rig = new Rig();
  rig.active = false;
  assertEquals(await rig.hear([tx(BAD_SIGNATURE)]), "ignore");
  await rig.service.onMessage("b", encodeBatch([tx(GOOD)]));
  assertEquals([rig.admitted, rig.reports], [[], []]);
});

Deno.test("batches are handed in one after another, so that no account overtakes itself", async () => {
  const rig = new Rig();
  const batches = [0, 1, 2].map(() => Array.from({ length: 150 }, () => tx(GOOD)));
  await Promise.all(batches.map((batch, i) => rig.hear(batch, `${i}`)));
  assertEquals(rig.admitted, batches.flat().map(keyOf));
});

Deno.test("a failing world is told of and blames nobody; the next batch goes on", async () => {
  const rig = new Rig();
  assertEquals(await rig.hear([tx(BROKEN)]), "ignore");
  assertEquals(rig.failures.length, 1);
  assertEquals(await rig.hear([tx(GOOD)]), "accept");
  assertEquals(rig.reports, []);
});

Deno.test("a new peer gets what is pending, so much in each tenth of a second, again where there was no room", async () => {
  const rig = new Rig();
  for (let i = 0; i < 50; i++) await rig.admit(tx(GOOD, 10_000));
  rig.pass(100);
  rig.service.onPeerJoined("n");
  rig.pass(100);
  assert(rig.sent.reduce((sum, { bytes }) => sum + bytes, 0) <= 2 * BATCH_BYTES + 20_000);
  rig.room = false;
  rig.pass(500);
  rig.room = true;
  rig.pass(2000);
  assertEquals(new Set(rig.sent.flatMap(({ txs }) => txs)), new Set(rig.pool.map(keyOf)));
  assert(rig.sent.every(({ to }) => to === "n"));
  assertEquals(rig.timers, 1, "reminds it now and then");
});

Deno.test("what came directly and is new is published on, what is bad is reported", async () => {
  const rig = new Rig();
  const news = [tx(GOOD), tx(GOOD)];
  await rig.service.onMessage("b", encodeBatch(news));
  rig.pass(10);
  assertEquals(rig.published, [news.map(keyOf)]);
  await rig.service.onMessage("b", encodeBatch(news));
  rig.pass(100);
  assertEquals(rig.published.length, 1);
  await rig.service.onMessage("b", encodeBatch([tx(MALFORMED)]));
  assertEquals(rig.reports, ["b invalid_transaction"]);
});

Deno.test("what waited for others and enters in the end is published, unless the topic has carried it", async () => {
  const rig = new Rig();
  const early = tx(WRONG_SEQUENCE), carried = tx(WRONG_SEQUENCE), lost = tx(WRONG_SEQUENCE);
  let own: Uint8Array[] = [];
  // The mempool keeps the bytes that it is given.
  const admit = rig.admit.bind(rig);
  rig.admit = (bytes) => {
    own.push(bytes);
    return admit(bytes);
  };
  assertEquals(await rig.hear([early]), "ignore");
  assertEquals(await rig.hear([carried, tx(GOOD)]), "accept");
  await rig.service.onMessage("b", encodeBatch([lost]));
  own = own.filter(([kind]) => kind === WRONG_SEQUENCE);
  for (const bytes of own) rig.enter(bytes);
  rig.pass(100);
  assertEquals(rig.published, [[early, lost].map(keyOf)]);
  rig.refuseLate("b", refusedBy(SDK_CODE.unauthorized));
  rig.refuseLate("c", refusedBy(SDK_CODE.wrongSequence));
  assertEquals(rig.reports, ["b invalid_transaction"]);
});

Deno.test("peers are reminded in turns of what is pending for long, a batch at a time, and of nothing else", async () => {
  const rig = new Rig();
  for (const peer of ["a", "b"]) rig.service.onPeerJoined(peer);
  rig.pass(1000);
  const old = Array.from({ length: 10 }, () => tx(GOOD, 10_000));
  for (const each of old) await rig.admit(each);
  rig.pass(1000);
  assertEquals(rig.sent, [], "they are new");
  await rig.admit(tx(GOOD));
  rig.room = false;
  rig.pass(2000);
  rig.room = true;
  assertEquals(rig.sent, []);
  rig.pass(12_000);
  const sentTo = (peer: string) => rig.sent.filter(({ to }) => to === peer).map(({ txs }) => txs);
  assertEquals(sentTo("a").slice(0, 2), [old.slice(0, 6).map(keyOf), rig.pool.slice(6).map(keyOf)]);
  assertEquals(sentTo("b").slice(0, 2), [old.slice(0, 6).map(keyOf), rig.pool.slice(6).map(keyOf)]);
  const count = rig.sent.length;
  rig.active = false;
  rig.pass(12_000);
  assertEquals(rig.sent.length, count, "against an old state nothing is known");
  rig.service.stop();
  assertEquals(rig.timers, 0);
});

Deno.test("a peer that leaves, and a service that stops, leave nothing behind", async () => {
  const rig = new Rig();
  await rig.admit(tx(GOOD));
  rig.service.onPeerJoined("n");
  rig.service.onPeerLeft("n");
  rig.pass(2000);
  assertEquals([rig.sent, rig.timers], [[], 0]);
  await rig.admit(tx(GOOD));
  rig.service.onPeerJoined("m");
  rig.service.stop();
  assertEquals(rig.timers, 0);
  await rig.admit(tx(GOOD));
  assertEquals(rig.timers, 0);
});

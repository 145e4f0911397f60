import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Proposal, SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";
import { ed25519KeyFromSeed, verifyEd25519 } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { proposalSignBytes, voteSignBytes } from "../core/types/mod.ts";
import type { Signable } from "./input.ts";
import { createGuardedSigner, guardSigner, holdBackSigner, type SignerStorage } from "./signer.ts";

const KEY = new Uint8Array(32).fill(7);
const CHAIN = "test-1";

class MemoryStorage implements SignerStorage {
  bytes: Uint8Array | undefined;
  saves = 0;
  fails = false;
  load = () => Promise.resolve(this.bytes);
  save = (bytes: Uint8Array) => {
    if (this.fails) return Promise.reject(new IoError("disk_full", "save: no space"));
    this.bytes = bytes;
    this.saves++;
    return Promise.resolve();
  };
}

interface Spec {
  height?: number;
  round?: number;
  step?: "proposal" | "prevote" | "precommit";
  block?: number;
  seconds?: number;
}

function message({ height = 1, round = 0, step = "prevote", block = 1, seconds = 5 }: Spec): Signable {
  const blockId = {
    hash: new Uint8Array(32).fill(block),
    partSetHeader: { total: 1, hash: new Uint8Array(32).fill(block) },
  };
  const timestamp = { seconds: BigInt(seconds), nanos: 0 };
  const common = { height: BigInt(height), round, blockId, timestamp };
  if (step === "proposal") {
    const type = SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL;
    return { type: "proposal", proposal: Proposal.fromPartial({ ...common, type, polRound: -1 }) };
  }
  const type = step === "prevote" ? SignedMsgType.SIGNED_MSG_TYPE_PREVOTE : SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT;
  return { type: "vote", vote: Vote.fromPartial({ ...common, type, validatorAddress: new Uint8Array(20) }) };
}

const parts = (signable: Signable) => {
  const inner = signable.type === "vote" ? signable.vote : signable.proposal;
  const bytes = signable.type === "vote"
    ? voteSignBytes(CHAIN, signable.vote)
    : proposalSignBytes(CHAIN, signable.proposal);
  return { bytes, signature: inner.signature, seconds: inner.timestamp.seconds };
};

Deno.test("signer signs what verifies under its key, after it was saved", async () => {
  const storage = new MemoryStorage();
  const signer = createGuardedSigner({ key: KEY, storage });
  for (const step of ["proposal", "prevote", "precommit"] as const) {
    const answer = await signer.sign(CHAIN, message({ step }));
    assert(answer.ok);
    const { bytes, signature } = parts(answer.message);
    assert(verifyEd25519(ed25519KeyFromSeed(KEY).publicKey, bytes, signature));
  }
  assertEquals(storage.saves, 3);
});

Deno.test("signer repeats the signature for the same bytes, and the first time and signature when only the time differs", async () => {
  for (const step of ["proposal", "prevote"] as const) {
    const storage = new MemoryStorage();
    const first = await createGuardedSigner({ key: KEY, storage }).sign(CHAIN, message({ step }));
    // A new signer over the same storage: the process was restarted.
    const signer = createGuardedSigner({ key: KEY, storage });
    const again = await signer.sign(CHAIN, message({ step }));
    const later = await signer.sign(CHAIN, message({ step, seconds: 99 }));
    assert(first.ok && again.ok && later.ok);
    assertEquals(again.message, first.message);
    assertEquals(parts(later.message).signature, parts(first.message).signature);
    assertEquals(parts(later.message).seconds, 5n);
    assertEquals(storage.saves, 1);
  }
});

Deno.test("signer refuses another block, another chain, and every step back", async () => {
  const storage = new MemoryStorage();
  const signer = createGuardedSigner({ key: KEY, storage });
  const at: Spec = { height: 5, round: 2, step: "prevote" };
  assert((await signer.sign(CHAIN, message(at))).ok);
  const refused: Spec[] = [
    { ...at, block: 2 },
    { ...at, block: 2, seconds: 9 },
    { ...at, step: "proposal" },
    { ...at, round: 1, step: "precommit" },
    { ...at, height: 4, round: 9, step: "precommit" },
  ];
  for (const spec of refused) assertEquals((await signer.sign(CHAIN, message(spec))).ok, false);
  assertEquals((await signer.sign("test-2", message(at))).ok, false);
  assertEquals(storage.saves, 1);
  for (const spec of [{ ...at, step: "precommit" }, { ...at, round: 3 }, { height: 6 }] satisfies Spec[]) {
    assert((await signer.sign(CHAIN, message(spec))).ok);
  }
});

Deno.test("signer gives no signature that could not be saved, and signs nothing else there afterwards unless nothing was", async () => {
  const storage = new MemoryStorage();
  const signer = createGuardedSigner({ key: KEY, storage });
  storage.fails = true;
  await assertRejects(() => signer.sign(CHAIN, message({})), IoError);
  storage.fails = false;
  assert((await signer.sign(CHAIN, message({ block: 2 }))).ok);
  assertEquals((await signer.sign(CHAIN, message({ block: 1 }))).ok, false);
});

Deno.test("signer refuses to work over a damaged state", async () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const good = new MemoryStorage();
  await createGuardedSigner({ key: KEY, storage: good }).sign(CHAIN, message({}));
  const damaged = [
    text(""),
    text("{}"),
    text("null"),
    text(`{"height":"1","round":0,"step":2,"signature":"","signbytes":""}`),
    text(`{"height":1,"round":0,"step":2}`),
    good.bytes!.slice(0, -1),
  ];
  for (const bytes of damaged) {
    const storage = new MemoryStorage();
    storage.bytes = bytes;
    const error = await assertRejects(
      () => createGuardedSigner({ key: KEY, storage }).sign(CHAIN, message({})),
      IoError,
    );
    assertEquals(error.code, "signer_state_damaged");
  }
});

Deno.test("signer with a state that only says where signs nothing there or before, as after CometBFT's first file", async () => {
  for (const [height, step] of [["0", 0], ["5", 2]] as const) {
    const storage = new MemoryStorage();
    storage.bytes = new TextEncoder().encode(JSON.stringify({ height, round: 0, step }));
    const signer = createGuardedSigner({ key: KEY, storage });
    const refused = [{ height: 5 }, { height: 4, round: 3 }, { height: 5, step: "proposal" }] satisfies Spec[];
    if (step > 0) { for (const spec of refused) assertEquals((await signer.sign(CHAIN, message(spec))).ok, false); }
    assert((await signer.sign(CHAIN, message({ height: 5, step: "precommit" }))).ok);
    assertEquals((await signer.sign(CHAIN, message({ height: 5 }))).ok, false);
  }
});

Deno.test("signer answers requests made at once one after another", async () => {
  const signer = createGuardedSigner({ key: KEY, storage: new MemoryStorage() });
  const answers = await Promise.all([1, 2, 3].map((block) => signer.sign(CHAIN, message({ block }))));
  assertEquals(answers.map((answer) => answer.ok), [true, false, false]);
});

Deno.test("signer never signs two things at one place, through any requests, failures and restarts", async () => {
  const request = fc.record({
    height: fc.integer({ min: 1, max: 3 }),
    round: fc.nat(2),
    step: fc.constantFrom("proposal" as const, "prevote" as const, "precommit" as const),
    block: fc.integer({ min: 1, max: 2 }),
    seconds: fc.nat(3),
    before: fc.constantFrom("nothing", "restart", "failure"),
  });
  await fc.assert(fc.asyncProperty(fc.array(request, { maxLength: 60 }), async (requests) => {
    const storage = new MemoryStorage();
    const make = () => guardSigner({ sign: (bytes) => bytes.slice(-64), storage });
    let signer = make();
    const signed = new Map<string, Uint8Array>();
    for (const { before, ...spec } of requests) {
      if (before === "restart") signer = make();
      storage.fails = before === "failure";
      const answer = await signer.sign(CHAIN, message(spec)).catch(() => undefined);
      if (answer === undefined || !answer.ok) continue;
      const place = `${spec.height}/${spec.round}/${spec.step}`;
      const { bytes } = parts(answer.message);
      assertEquals(signed.get(place) ?? bytes, bytes);
      signed.set(place, bytes);
    }
  }));
});

Deno.test("a guard without memory that is held back signs nothing below that height, in any round, after any restart", async () => {
  const storage = new MemoryStorage();
  assertEquals(await holdBackSigner(storage, 10n), 10n);
  const begin = () => createGuardedSigner({ key: KEY, storage });
  for (const height of [1, 8, 9]) {
    for (const round of [0, 1, 2 ** 31 - 1]) {
      for (const step of ["proposal", "prevote", "precommit"] as const) {
        assert(!(await begin().sign(CHAIN, message({ height, round, step }))).ok, `${height}/${round}/${step}`);
      }
    }
  }
  assertEquals(await holdBackSigner(storage, 12n), 10n, "decided once");
  assert((await begin().sign(CHAIN, message({ height: 10 }))).ok);
  assertEquals(await holdBackSigner(storage, 20n), 10n, "what was signed is remembered");
  assert((await begin().sign(CHAIN, message({ height: 11 }))).ok);
});

Deno.test("a guard that remembers less than the chain shows of its key is held back, and one that remembers it is not", async () => {
  const storage = new MemoryStorage();
  const begin = () => createGuardedSigner({ key: KEY, storage });
  await holdBackSigner(storage, 1n);
  assert((await begin().sign(CHAIN, message({ height: 1 }))).ok);
  // Its last precommit is its own, or an earlier one.
  assert((await begin().sign(CHAIN, message({ height: 5, round: 1, step: "precommit" }))).ok);
  assertEquals(await holdBackSigner(storage, 8n, { height: 5n, round: 1 }), 5n);
  assertEquals(await holdBackSigner(storage, 8n, { height: 3n, round: 7 }), 5n);
  assert((await begin().sign(CHAIN, message({ height: 6, step: "prevote" }))).ok);
  // Somebody has signed with this key what this guard knows nothing of.
  assertEquals(await holdBackSigner(storage, 9n, { height: 6n, round: 0 }), 9n);
  assert(!(await begin().sign(CHAIN, message({ height: 8 }))).ok);
  assertEquals(await holdBackSigner(storage, 11n, { height: 6n, round: 3 }, 2n), 9n, "known by now");
  // This home has been silent at 7 and 8: it was another one.
  assertEquals(await holdBackSigner(storage, 11n, { height: 7n, round: 0 }, 2n), 11n);
  assert(!(await begin().sign(CHAIN, message({ height: 10 }))).ok);
  assert((await begin().sign(CHAIN, message({ height: 11 }))).ok);
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";
import { guardSigner, type Signable } from "../consensus/mod.ts";
import { voteSignBytes } from "../core/types/mod.ts";
import { IoError } from "../core/errors.ts";
import { FIRST_STATE, SignerStateFile, type StateFiles } from "./state_file.ts";

const CHAIN = "chain";
const PATH = "/data/state.json";

class PowerCut extends Error {}

/**
 * A disk that can lose power before any of its steps, or in the middle of one. What is not synced is there afterwards or
 * not, as `luck` has it; content that was never synced may be there in part.
 */
class Disk implements StateFiles {
  /** Names and contents as running processes see them. */
  #seen = new Map<string, Uint8Array>();
  /** What survives for certain. */
  #durable = new Map<string, Uint8Array>();
  steps = 0;
  cutAt = Infinity;
  writes: { path: string; bytes: Uint8Array } | undefined;

  constructor() {
    this.#seen.set(PATH, FIRST_STATE);
    this.#durable.set(PATH, FIRST_STATE);
  }

  #step(): void {
    if (this.steps++ >= this.cutAt) throw new PowerCut();
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#seen.get(path));
  }

  // deno-lint-ignore require-await -- a throw must reject
  async writeSynced(path: string, bytes: Uint8Array): Promise<void> {
    this.#step();
    this.#seen.set(path, bytes.slice(0, bytes.length >> 1));
    this.#step();
    this.#seen.set(path, bytes.slice());
    this.#step();
    this.#durable.set(path, bytes.slice());
  }

  // deno-lint-ignore require-await -- a throw must reject
  async rename(from: string, to: string): Promise<void> {
    this.#step();
    this.#seen.set(to, this.#seen.get(from)!);
    this.#seen.delete(from);
  }

  // deno-lint-ignore require-await -- a throw must reject
  async syncFolder(): Promise<void> {
    this.#step();
    this.#durable = new Map(this.#seen);
  }

  /** Power is back. With `luck` what was on its way has arrived. */
  restart(luck: boolean): void {
    if (luck) this.#durable = new Map(this.#seen);
    else this.#seen = new Map(this.#durable);
    this.steps = 0;
    this.cutAt = Infinity;
  }
}

const vote = (height: number, block: number): Signable => ({
  type: "vote",
  vote: Vote.fromPartial({
    type: SignedMsgType.SIGNED_MSG_TYPE_PREVOTE,
    height: BigInt(height),
    blockId: {
      hash: new Uint8Array(32).fill(block),
      partSetHeader: { total: 1, hash: new Uint8Array(32).fill(block) },
    },
    timestamp: { seconds: 5n, nanos: 0 },
  }),
});

const signerOver = (disk: Disk) =>
  guardSigner({ sign: (bytes) => bytes.slice(-64), storage: new SignerStateFile(PATH, disk) });

/** Asks for a signature; what left the signer is kept in `signed`. */
async function ask(signer: ReturnType<typeof signerOver>, message: Signable, signed: Map<bigint, string>) {
  const answer = await signer.sign(CHAIN, message).catch((error) => {
    assert(error instanceof IoError && error.cause instanceof PowerCut, String(error));
    return undefined;
  });
  if (answer === undefined || !answer.ok || answer.message.type !== "vote") return answer?.ok ?? false;
  const { height } = answer.message.vote;
  const bytes = voteSignBytes(CHAIN, answer.message.vote).toHex();
  assertEquals(signed.get(height) ?? bytes, bytes, "two different votes at one height left the signer");
  signed.set(height, bytes);
  return true;
}

Deno.test("a signer that loses power at any step of saving, luckily or not, never signs twice and can go on", async () => {
  let cuts = 0;
  for (const luck of [true, false]) {
    for (let cutAt = 0; cutAt < 12; cutAt++) {
      const disk = new Disk();
      const signed = new Map<bigint, string>();
      disk.cutAt = cutAt;
      const before = signerOver(disk);
      for (const height of [1, 2]) await ask(before, vote(height, 1), signed);
      if (disk.steps > cutAt) cuts++;
      disk.restart(luck);
      // Whoever asks afterwards wants other blocks signed, the worst that can happen.
      const after = signerOver(disk);
      for (const height of [1, 2, 3]) await ask(after, vote(height, 2), signed);
      assert(signed.has(3n));
    }
  }
  assertEquals(cuts, 20, "each of the ten steps of two signatures was cut, with luck and without");
});

Deno.test("a signer never signs twice through any sequence of requests, power cuts and restarts", async () => {
  const request = fc.record({
    height: fc.integer({ min: 1, max: 4 }),
    block: fc.integer({ min: 1, max: 2 }),
    cutAt: fc.oneof(fc.constant(Infinity), fc.nat(5)),
    luck: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 20 }), async (requests) => {
      const disk = new Disk();
      let signer = signerOver(disk);
      const signed = new Map<bigint, string>();
      for (const { height, block, cutAt, luck } of requests) {
        disk.cutAt = disk.steps + cutAt;
        await ask(signer, vote(height, block), signed);
        if (disk.steps <= disk.cutAt) continue;
        disk.restart(luck);
        signer = signerOver(disk);
      }
    }),
  );
});

Deno.test("a state file on a real disk is CometBFT's, readable by its owner only, and comes back", async () => {
  const folder = await Deno.makeTempDir({ prefix: "catenary-signer-" });
  try {
    const path = `${folder}/priv_validator_state.json`;
    const file = new SignerStateFile(path);
    const missing = await assertRejects(() => file.load(), IoError);
    assertEquals(missing.code, "signer_state_missing");
    await file.save(FIRST_STATE);
    const signer = guardSigner({ sign: (bytes) => bytes.slice(-64), storage: file });
    assert((await signer.sign(CHAIN, vote(7, 1))).ok);
    const state = JSON.parse(await Deno.readTextFile(path));
    assertEquals(Object.keys(state), ["height", "round", "step", "signature", "signbytes"]);
    assertEquals([state.height, state.round, state.step], ["7", 0, 2]);
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["priv_validator_state.json"]);
    const again = guardSigner({ sign: (bytes) => bytes.slice(-64), storage: new SignerStateFile(path) });
    assertEquals((await again.sign(CHAIN, vote(7, 2))).ok, false);
    await Deno.writeTextFile(path, `{"height":"7"`);
    const damaged = guardSigner({ sign: (bytes) => bytes.slice(-64), storage: new SignerStateFile(path) });
    await assertRejects(() => damaged.sign(CHAIN, vote(8, 2)), IoError, "not a valid state");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

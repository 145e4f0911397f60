import { assert, assertEquals, assertRejects } from "@std/assert";
import { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import type { SignerPort } from "../consensus/mod.ts";
import { type Ed25519Key, sha256, signEd25519, verifyEd25519 } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { proposalSignBytes, voteSignBytes } from "../core/types/mod.ts";
import {
  address,
  answererOf,
  CHAIN,
  type MemoryLink,
  MemoryNetwork,
  MemoryState,
  NODE,
  OTHER_VALIDATOR,
  settle,
  signable,
  SIGNER,
  type Spec,
  STRANGER,
  TestClock,
  TestLog,
  VALIDATOR,
} from "./_testing.ts";
import type { Answerer } from "./answers.ts";
import { delimited } from "./link.ts";
import { PENDING_MAX } from "./listener.ts";
import { openRemoteSigner, type RemoteSigner } from "./remote_signer.ts";
import { serveSigner, type SignerService } from "./serve.ts";
import { encodeSignerMessage, type SignerMessage } from "./wire.ts";

const TIMEOUT_MS = 5000;
const NODE_ID = sha256(NODE.publicKey).subarray(0, 20).toHex();

/** A node and its signers, all in memory; what is left at the end is stopped. */
class World {
  readonly clock = new TestClock();
  readonly network = new MemoryNetwork();
  readonly nodeLog = new TestLog();
  readonly signerLog = new TestLog();
  readonly #services: SignerService[] = [];
  readonly listen: string;
  remote: RemoteSigner | undefined;

  constructor(listen = "unix:///signer.sock") {
    this.listen = listen;
  }

  open(peerKeys: Uint8Array[] = []): Promise<RemoteSigner> {
    const opening = openRemoteSigner({
      listen: this.listen,
      chainId: CHAIN,
      nodeKey: NODE.seed,
      peerKeys,
      timeoutMs: TIMEOUT_MS,
      clock: this.clock,
      log: this.nodeLog,
    }, this.network.listen);
    return opening.then((remote) => this.remote = remote);
  }

  serve(answer: Answerer = answererOf({ log: this.signerLog }), connectionKey: Ed25519Key = SIGNER, at = this.listen) {
    const service = serveSigner({
      address: address(at),
      connectionKey,
      answer,
      clock: this.clock,
      log: this.signerLog,
      random: () => 0.5,
      dial: this.network.dial,
    });
    this.#services.push(service);
    return service;
  }

  async [Symbol.asyncDispose]() {
    await this.remote?.close();
    for (const service of this.#services) await service.stop();
    assertEquals(this.clock.waiting, 0, "no timer is left");
  }
}

async function signed(signer: SignerPort, spec: Spec) {
  const answer = await signer.sign(CHAIN, signable(spec));
  assert(answer.ok, answer.ok ? "" : answer.reason);
  const { message } = answer;
  const inner = message.type === "vote" ? message.vote : message.proposal;
  const bytes = message.type === "vote"
    ? voteSignBytes(CHAIN, message.vote)
    : proposalSignBytes(CHAIN, message.proposal);
  assert(verifyEd25519(VALIDATOR.publicKey, bytes, inner.signature));
  return inner;
}

async function refusal(signer: SignerPort, spec: Spec): Promise<string> {
  const answer = await signer.sign(CHAIN, signable(spec));
  assert(!answer.ok);
  return answer.reason;
}

for (const listen of ["unix:///signer.sock", "tcp://127.0.0.1:26659"]) {
  Deno.test(`a remote signer shows its key, signs everything a validator signs, and nothing twice [${listen}]`, async () => {
    await using world = new World(listen);
    world.serve(undefined, SIGNER, listen.replace("tcp://", `tcp://${NODE_ID}@`));
    const { publicKey, signer } = await world.open([SIGNER.publicKey]);
    assertEquals(publicKey, VALIDATOR.publicKey);
    const kinds = ["proposal", "prevote", "precommit"] as const;
    for (const kind of kinds) {
      const first = await signed(signer, { kind, seconds: 5 });
      assertEquals(await signed(signer, { kind, seconds: 5 }), first);
      assertEquals((await signed(signer, { kind, seconds: 9 })).timestamp.seconds, 5n);
      assert((await refusal(signer, { kind, block: 2 })).includes("conflicting data"));
    }
    for (const kind of ["prevote", "precommit"] as const) await signed(signer, { height: 2, kind, block: 0 });
    assert((await refusal(signer, { height: 1, kind: "precommit" })).includes("signed 2/0/3 before"));
    assert(world.signerLog.has("refused to sign"));
    assert(world.nodeLog.has("no signature 1 0 precommit"));
  });
}

Deno.test("what was signed is remembered through a restart of the signer and of the node", async () => {
  const state = new MemoryState();
  for (const block of [1, 2]) {
    await using world = new World();
    world.serve(answererOf({ state }));
    const { signer } = await world.open();
    if (block === 1) await signed(signer, { block });
    else assert((await refusal(signer, { block })).includes("conflicting"));
  }
});

Deno.test("a node waits for its signer, says so, and gives up with what to do", async () => {
  await using world = new World();
  const opening = world.open();
  await settle();
  assert(world.nodeLog.has("waiting for the signer unix:///signer.sock 60"));
  const rejected = assertRejects(() => opening, IoError, "catenary signer start --connect unix:///signer.sock");
  await world.clock.pass(60_000);
  await rejected;
});

Deno.test("the wait for the first signer can be ended", async () => {
  await using world = new World();
  const abort = new AbortController();
  const opening = openRemoteSigner({
    listen: world.listen,
    chainId: CHAIN,
    nodeKey: NODE.seed,
    peerKeys: [],
    timeoutMs: TIMEOUT_MS,
    clock: world.clock,
    log: world.nodeLog,
    signal: abort.signal,
  }, world.network.listen);
  const rejected = assertRejects(() => opening, IoError, "the node was stopped");
  await settle();
  abort.abort();
  await rejected;
});

Deno.test("a signature that does not come is refused in time, the next ones at once, until a signer is back", async () => {
  await using world = new World();
  const state = new MemoryState();
  const first = world.serve(answererOf({ state }));
  const { signer } = await world.open();
  await signed(signer, { height: 1 });
  await first.stop();
  const late = refusal(signer, { height: 2 });
  await world.clock.pass(TIMEOUT_MS);
  assertEquals(await late, "no signer is connected");
  // Without any time passing.
  assertEquals(await refusal(signer, { height: 2, kind: "precommit" }), "no signer is connected");
  world.serve(answererOf({ state }));
  await settle();
  await signed(signer, { height: 2 });
  assert(world.nodeLog.has("lost the signer on the socket it hung up"));
});

Deno.test("a connection that breaks before the answer is followed by another, and the answer comes", async () => {
  await using world = new World();
  const inner = answererOf();
  let breaks = 2;
  world.serve((question) => {
    if (question.type === "signVoteRequest" && breaks-- > 0) throw new Error("the cable was cut");
    return inner(question);
  });
  const { signer } = await world.open();
  const answer = signed(signer, {});
  await world.clock.pass(1000);
  await answer;
  assert(world.signerLog.has("the cable was cut"));
});

Deno.test("a signer that is connected and silent is let go; the signature is refused", async () => {
  await using world = new World();
  const inner = answererOf();
  const silence = Promise.withResolvers<undefined>();
  world.serve((question) => question.type === "pubKeyRequest" ? inner(question) : silence.promise);
  const { signer } = await world.open();
  const late = refusal(signer, {});
  await world.clock.pass(TIMEOUT_MS);
  assert((await late).includes("no answer within"), await late);
  silence.resolve(undefined);
});

Deno.test("a signer that is gone without a word is noticed by pings", async () => {
  await using world = new World();
  world.serve();
  await world.open();
  world.network.accepted[0]!.stalled = true;
  await world.clock.pass(6_000);
  assert(world.nodeLog.has("lost the signer on the socket no answer within 3000 ms"));
});

Deno.test("a second signer is sent away while the first answers, and takes its place when it does not", async () => {
  await using world = new World("tcp://127.0.0.1:26659");
  const state = new MemoryState();
  world.serve(answererOf({ state }));
  const { signer } = await world.open([SIGNER.publicKey]);
  const second = world.serve(answererOf({ state }));
  await settle();
  assert(world.nodeLog.has("another signer is there and answers"));
  await second.stop();
  world.network.accepted[0]!.stalled = true;
  world.serve(answererOf({ state }));
  await world.clock.pass(2_000);
  await signed(signer, {});
});

Deno.test("signers with another validator key, for another chain, or with a connection key that is not named stay outside", async () => {
  await using world = new World("tcp://127.0.0.1:26659");
  const first = world.serve();
  const { signer } = await world.open([SIGNER.publicKey]);
  await first.stop();
  await settle();
  const cases: [string, Answerer, Ed25519Key][] = [
    ["it holds another validator key", answererOf({ key: OTHER_VALIDATOR }), SIGNER],
    ['is for "other-chain" only', answererOf({ chainId: "other-chain" }), SIGNER],
    ["is not one of signer.peer_keys", answererOf(), STRANGER],
  ];
  for (const [reason, answer, key] of cases) {
    const service = world.serve(answer, key);
    await world.clock.pass(3_000);
    assert(world.nodeLog.has(reason), `${reason}: ${world.nodeLog.lines.join("\n")}`);
    await service.stop();
  }
  const late = refusal(signer, {});
  await world.clock.pass(TIMEOUT_MS);
  assertEquals(await late, "no signer is connected");
});

Deno.test("a signer that expects a certain node says nothing to another", async () => {
  await using world = new World("tcp://127.0.0.1:26659");
  world.serve(undefined, SIGNER, `tcp://${"00".repeat(20)}@127.0.0.1:26659`);
  const opening = world.open();
  const rejected = assertRejects(() => opening, IoError, "no signer came");
  await world.clock.pass(60_000);
  await rejected;
  assert(world.signerLog.has(`the node there is ${NODE_ID}`));
});

const message = (answer: SignerMessage) => delimited(encodeSignerMessage(answer));

/** Plays a signer by hand: shows `key`, then answers everything with `bytes`. */
async function play(link: MemoryLink, key: Ed25519Key, bytes: Uint8Array | (() => void)): Promise<void> {
  const pubKey = PublicKey.fromPartial({ ed25519: key.publicKey });
  await link.read();
  await link.write(message({ type: "pubKeyResponse", value: { pubKey, error: undefined } }));
  if (await link.read() === undefined) return;
  if (typeof bytes === "function") bytes();
  else await link.write(bytes);
}

Deno.test("whatever a hostile signer answers is a refusal with its name, and the node goes on with the next", async () => {
  const other = signable({ block: 2 });
  assert(other.type === "vote");
  const forged = (vote: typeof other.vote, by: Ed25519Key) =>
    message({
      type: "signedVoteResponse",
      value: { vote: { ...vote, signature: signEd25519(by, voteSignBytes(CHAIN, vote)) }, error: undefined },
    });
  const asked = signable();
  assert(asked.type === "vote");
  const cases: [string, Uint8Array][] = [
    ["it is of no known kind", delimited(Uint8Array.of(0x4a, 0))],
    ["limit 10240", Uint8Array.of(0x81, 0x50)],
    ["its length does not end", new Uint8Array(9).fill(0xff)],
    ["it answered pingResponse when asked to sign a vote", message({ type: "pingResponse", value: {} })],
    [
      "neither a signature nor an error",
      message({ type: "signedVoteResponse", value: { vote: undefined, error: undefined } }),
    ],
    ["it signed something else", forged(other.vote, VALIDATOR)],
    ["or with another key", forged(asked.vote, OTHER_VALIDATOR)],
    ["signature is missing", message({ type: "signedVoteResponse", value: { vote: asked.vote, error: undefined } })],
    [
      "time is out of range",
      forged({ ...asked.vote, timestamp: { seconds: 1n << 60n, nanos: 0 } }, VALIDATOR),
    ],
    ["the stream ended after 1", Uint8Array.of(5, 1)],
  ];
  for (const [reason, bytes] of cases) {
    await using world = new World();
    const link = world.network.connect();
    const playing = play(link, VALIDATOR, bytes).then(() => settle()).then(() => link.close());
    const { signer } = await world.open();
    const late = refusal(signer, {});
    await playing;
    await world.clock.pass(TIMEOUT_MS);
    const said = await late;
    assert(
      said.includes(reason) || said === "no signer is connected" && world.nodeLog.has(reason),
      `${reason}: ${said}`,
    );
    world.serve();
    await settle();
    await signed(signer, {});
  }
});

Deno.test("a signer's refusal is final and not asked again", async () => {
  await using world = new World();
  const link = world.network.connect();
  const error = { code: 3, description: "no" };
  const playing = play(link, VALIDATOR, message({ type: "signedVoteResponse", value: { vote: undefined, error } }));
  const { signer } = await world.open();
  assertEquals(await refusal(signer, {}), "the signer refused: no (code 3)");
  await playing;
});

Deno.test("words that nobody asked for end a session", async () => {
  await using world = new World();
  const link = world.network.connect();
  const playing = play(link, VALIDATOR, () => {});
  await world.open();
  await link.write(message({ type: "pingResponse", value: {} }));
  await playing;
  assert(world.nodeLog.has("lost the signer on the socket it spoke without being asked"));
});

Deno.test("strangers who connect and say nothing are let go in time, are never many, and write few lines", async () => {
  await using world = new World("tcp://127.0.0.1:26659");
  const strangers = Array.from({ length: 100 }, () => world.network.connect());
  const opening = world.open([SIGNER.publicKey]);
  await settle();
  const open = () => world.network.accepted.filter((link) => !link.closed).length;
  assertEquals(open(), PENDING_MAX);
  // The signer is among them all the same.
  world.serve();
  await settle();
  const { signer } = await opening;
  await signed(signer, {});
  await world.clock.pass(3_000);
  assertEquals(open(), 1);
  assert(world.nodeLog.lines.filter((line) => line.startsWith("refused a connection")).length <= 4);
  for (const stranger of strangers) stranger.close();
});

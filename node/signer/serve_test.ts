import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";
import { verifyEd25519 } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import {
  address,
  answererOf,
  CHAIN,
  type MemoryLink,
  MemoryNetwork,
  MemoryState,
  settle,
  signable,
  SIGNER,
  TestClock,
  TestLog,
  VALIDATOR,
} from "./_testing.ts";
import { type Answerer, extensionSignBytes } from "./answers.ts";
import { delimited, LinkReader } from "./link.ts";
import { CONNECT_MS, IDLE_MS, serveSigner } from "./serve.ts";
import { decodeSignerMessage, encodeSignerMessage, type SignerMessage } from "./wire.ts";

const message = (question: SignerMessage) => delimited(encodeSignerMessage(question));
const PING = message({ type: "pingRequest", value: {} });

/** A signer in memory that dials a node played by hand. */
async function withSigner(
  use: (
    signer: { clock: TestClock; log: TestLog; network: MemoryNetwork; node: (nth: number) => MemoryLink },
  ) => Promise<void>,
  answer?: Answerer,
): Promise<void> {
  const [clock, log, network] = [new TestClock(), new TestLog(), new MemoryNetwork()];
  const service = serveSigner({
    address: address("unix:///node.sock"),
    connectionKey: SIGNER,
    answer: answer ?? answererOf({ log }),
    clock,
    log,
    random: () => 0.5,
    dial: network.dial,
  });
  try {
    await settle();
    await use({ clock, log, network, node: (nth) => network.accepted[nth]! });
  } finally {
    await service.stop();
    assertEquals(clock.waiting, 0, "no timer is left");
  }
}

async function ask(link: MemoryLink, question: SignerMessage): Promise<SignerMessage> {
  await link.write(message(question));
  const bytes = await new LinkReader(link).message(10_240);
  assert(bytes !== undefined);
  const answer = decodeSignerMessage(bytes);
  assert(answer.ok);
  return answer.value;
}

const voteRequest = (vote: Vote | undefined, chainId = CHAIN): SignerMessage => ({
  type: "signVoteRequest",
  value: { vote, chainId },
});

const voteOf = (spec: Parameters<typeof signable>[0]) => {
  const message = signable(spec);
  assert(message.type === "vote");
  return message.vote;
};

Deno.test("a signer refuses what is malformed, of another chain or conflicting, with the reason, and stays connected", async () => {
  await withSigner(async ({ node, log }) => {
    const link = node(0);
    const hash = new Uint8Array(32).fill(1);
    const good = voteOf({});
    const cases: [string, SignerMessage][] = [
      ["the vote is missing", voteRequest(undefined)],
      ["type is unknown", voteRequest({ ...good, type: SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL })],
      ["height is 0", voteRequest({ ...good, height: 0n })],
      ["height is -1", voteRequest({ ...good, height: -1n })],
      ["round is negative", voteRequest({ ...good, round: -1 })],
      ["neither nil nor complete", voteRequest({ ...good, blockId: { hash, partSetHeader: { total: 0, hash } } })],
      ["time is out of range", voteRequest({ ...good, timestamp: { seconds: 1n << 62n, nanos: 0 } })],
      ["unexpected vote extension", voteRequest({ ...good, extension: Uint8Array.of(1) })],
      ['is for "chain-1" only', voteRequest(good, "chain-2")],
      ['is for "chain-1" only', { type: "pubKeyRequest", value: { chainId: "" } }],
      ["the proposal is missing", { type: "signProposalRequest", value: { proposal: undefined, chainId: CHAIN } }],
    ];
    for (const [reason, question] of cases) {
      const answer = await ask(link, question);
      const { error } = answer.value as { error?: { description: string } };
      assert(error?.description.includes(reason), `${reason}: ${JSON.stringify(error)}`);
      assert(log.lines.at(-1)!.includes(reason) && log.lines.at(-1)!.startsWith("refused"));
    }
    const signed = await ask(link, voteRequest(good));
    assert(signed.type === "signedVoteResponse" && signed.value.error === undefined);
    const again = await ask(link, voteRequest(voteOf({ block: 2 })));
    assert(again.type === "signedVoteResponse" && again.value.error?.description.includes("conflicting data"));
    assertEquals((await ask(link, { type: "pingRequest", value: {} })).type, "pingResponse");
  });
});

Deno.test("a precommit for a block has its extension signed as CometBFT's signers do, other votes have not", async () => {
  await withSigner(async ({ node }) => {
    const link = node(0);
    const extended = { ...voteOf({ kind: "precommit" }), extension: Uint8Array.of(1, 2, 3) };
    const answer = await ask(link, voteRequest(extended));
    assert(answer.type === "signedVoteResponse" && answer.value.vote !== undefined);
    const bytes = extensionSignBytes(CHAIN, extended);
    assert(verifyEd25519(VALIDATOR.publicKey, bytes, answer.value.vote.extensionSignature));
    // Height and round have fixed width, as in all canonical forms; what is empty is left out.
    assertEquals(
      extensionSignBytes("", Vote.fromPartial({ height: 1n, round: 1 })).toHex(),
      "12110100000000000000190100000000000000",
    );
    for (const spec of [{ height: 2, kind: "precommit", block: 0 }, { height: 3 }] as const) {
      const plain = await ask(link, voteRequest(voteOf(spec)));
      assert(plain.type === "signedVoteResponse");
      assertEquals(plain.value.vote?.extensionSignature.length, 0);
    }
  });
});

Deno.test("a signer that cannot keep what it signs gives no signature, and says so", async () => {
  const state = new MemoryState();
  const save = state.save;
  state.save = () => Promise.reject(new IoError("signer_state_io", "save: no space"));
  const log = new TestLog();
  await withSigner(async ({ node }) => {
    const answer = await ask(node(0), voteRequest(voteOf({})));
    assert(answer.type === "signedVoteResponse");
    assertEquals(answer.value.vote, undefined);
    assertEquals(answer.value.error?.description, "the signer cannot keep what it signs: save: no space");
    assert(log.has("cannot sign"));
    state.save = save;
    const second = await ask(node(0), voteRequest(voteOf({})));
    assert(second.type === "signedVoteResponse" && second.value.vote !== undefined);
  }, answererOf({ state, log }));
});

Deno.test("a hostile node is hung up on with the reason, and met again", async () => {
  const cases: [string, Uint8Array][] = [
    ["no known kind", delimited(Uint8Array.of(0x7a, 0))],
    ["limit 10240", Uint8Array.of(0x81, 0x50)],
    ["its length does not end", new Uint8Array(9).fill(0xff)],
    ["pingResponse is no question", message({ type: "pingResponse", value: {} })],
  ];
  await withSigner(async ({ node, log, clock }) => {
    for (const [nth, [reason, bytes]] of cases.entries()) {
      await node(nth).write(bytes);
      await settle();
      assertEquals(await node(nth).read(), undefined);
      assert(log.has(reason), reason);
      await clock.pass(2_000);
    }
    await node(cases.length).write(PING);
    await settle();
    assert((await node(cases.length).read())!.length > 0);
  });
});

Deno.test("a node that is silent, or takes no answers, is let go and dialed again", async () => {
  await withSigner(async ({ node, network, log, clock }) => {
    await clock.pass(IDLE_MS);
    assert(log.has(`wait for the node: not done within ${IDLE_MS} ms`));
    await clock.pass(2_000);
    assertEquals(network.accepted.length, 2);
    network.dialed[1]!.stalled = true;
    await node(1).write(PING);
    await clock.pass(CONNECT_MS);
    assert(log.has(`answer the node: not done within ${CONNECT_MS} ms`));
    await clock.pass(2_000);
    await node(2).write(PING);
    await settle();
    assert((await node(2).read())!.length > 0);
  });
});

Deno.test("a node that is away is dialed ever more slowly, and told of once", async () => {
  await withSigner(async ({ network, node, log, clock }) => {
    network.isDown = true;
    node(0).close();
    await clock.pass(60_000);
    assertEquals(log.lines.filter((line) => line.includes("connection refused")).length, 1);
    // 0.1 + 0.2 + … + 1.6 s, then every 2 s.
    assert(network.dials > 30 && network.dials < 40, `${network.dials}`);
    network.isDown = false;
    await clock.pass(2_000);
    assertEquals(network.accepted.length, 2);
  });
});

Deno.test("a signer stops while it waits to dial again", async () => {
  await withSigner(async ({ network, node }) => {
    network.isDown = true;
    node(0).close();
    await settle();
  });
});

Deno.test("no bytes of a node make a signer fail, or sign twice [fuzz]", async () => {
  const question = fc.record({ height: fc.integer({ min: 1, max: 2 }), block: fc.nat(2), seconds: fc.nat(2) })
    .map((spec) => message(voteRequest(voteOf(spec))));
  const spoilt = fc.tuple(question, fc.nat(), fc.uint8Array({ maxLength: 3 })).map(([bytes, at, put]) =>
    new Uint8Array([...bytes.subarray(0, at % bytes.length), ...put, ...bytes.subarray(at % bytes.length + 1)])
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(question, spoilt, fc.uint8Array({ maxLength: 50 })), { maxLength: 8 }),
      async (all) => {
        const signed = new Map<string, string>();
        const answerer = answererOf();
        await withSigner(async ({ network, clock }) => {
          for (const bytes of all) {
            const link = network.accepted.at(-1)!;
            if (link.closed) await clock.pass(2_000);
            await network.accepted.at(-1)!.write(bytes).catch(() => {});
            await settle();
          }
          for (const link of network.accepted) {
            link.close();
            await settle();
          }
        }, async (asked) => {
          const answer = await answerer(asked);
          if (answer?.type === "signedVoteResponse" && answer.value.vote !== undefined) {
            const { height, round, type, blockId, signature } = answer.value.vote;
            const place = `${height}/${round}/${type}`;
            const what = `${blockId.hash.toHex()} ${signature.toHex()}`;
            assertEquals(signed.get(place) ?? what, what);
            signed.set(place, what);
          }
          return answer;
        });
      },
    ),
    { numRuns: 60 },
  );
});

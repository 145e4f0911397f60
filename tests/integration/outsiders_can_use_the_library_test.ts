/** The public names as somebody calls them who has read nothing but the issue: shapes of cosmjs-types, and garbage. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { Header, SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";
import { Validator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import {
  createNode,
  hashHeader,
  hashValidatorSet,
  ICS23_SPECS,
  IoError,
  merkleRoot,
  openStore,
  ProposerRotation,
  verifyEd25519,
  verifyMembership,
  verifyNonMembership,
  verifySecp256k1,
  voteSignBytes,
} from "../../mod.ts";

const VECTORS = new URL("../vectors/ics23/", import.meta.url);

interface Published {
  readonly root: Uint8Array;
  readonly proof: CommitmentProof;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

function published(name: string): Published {
  const json = JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, VECTORS)));
  return {
    root: Uint8Array.fromHex(json.root),
    proof: CommitmentProof.decode(Uint8Array.fromHex(json.proof)),
    key: Uint8Array.fromHex(json.key),
    value: Uint8Array.fromHex(json.value ?? ""),
  };
}

/** Two proofs as one batch, and that batch with its steps moved into a table. */
function together(proofs: readonly CommitmentProof[]): CommitmentProof[] {
  const entries = proofs.map(({ exist, nonexist }) => ({ ...(exist && { exist }), ...(nonexist && { nonexist }) }));
  const batch = CommitmentProof.fromPartial({ batch: { entries } });
  const lookupInners: NonNullable<CommitmentProof["exist"]>["path"] = [];
  const squeeze = <T extends NonNullable<CommitmentProof["exist"]>>(exist: T) => ({
    ...exist,
    path: exist.path.map((step) => lookupInners.push(step) - 1),
  });
  const compressed = entries.map(({ exist, nonexist }) => ({
    ...(exist && { exist: squeeze(exist) }),
    ...(nonexist && {
      nonexist: {
        key: nonexist.key,
        ...(nonexist.left && { left: squeeze(nonexist.left) }),
        ...(nonexist.right && { right: squeeze(nonexist.right) }),
      },
    }),
  }));
  return [batch, CommitmentProof.fromPartial({ compressed: { entries: compressed, lookupInners } })];
}

for (const tree of ["iavl", "tendermint"] as const) {
  Deno.test(`proofs of a ${tree} tree verify one by one, in a batch and compressed, and for nothing else`, () => {
    const spec = ICS23_SPECS[tree];
    const [left, right, gap] = ["exist_left", "exist_right", "nonexist_middle"].map((name) =>
      published(`${tree}/${name}`)
    ) as [Published, Published, Published];
    const all = together([left.proof, right.proof, gap.proof]);
    const wire = all.map((proof) => CommitmentProof.decode(CommitmentProof.encode(proof).finish()));
    for (const proof of [...all, ...wire]) {
      assert(verifyMembership(spec, left.root, proof, left.key, left.value));
      assert(verifyNonMembership(spec, gap.root, proof, gap.key));
      assert(!verifyMembership(spec, left.root, proof, left.key, right.value));
      assert(!verifyMembership(spec, left.root, proof, gap.key, left.value));
      assert(!verifyNonMembership(spec, left.root, proof, left.key));
    }
    assert(verifyMembership(spec, right.root, right.proof, right.key, right.value));
    assert(verifyNonMembership(spec, gap.root, gap.proof, gap.key));
    const other = tree === "iavl" ? ICS23_SPECS.smt : ICS23_SPECS.jmt;
    assert(!verifyMembership(other, right.root, right.proof, right.key, right.value));
  });
}

/** Values of every kind that are none of what is asked for. */
// deno-lint-ignore no-explicit-any
const GARBAGE: any[] = [
  undefined,
  null,
  0,
  1n,
  "",
  "0a",
  [],
  {},
  [1, 2, 3],
  new Uint8Array(),
  new Uint8Array(33).fill(255),
  { exist: {} },
  { exist: null, batch: { entries: [null, {}, { exist: null }] } },
  { exist: { key: 1, value: "x", leaf: {}, path: [null] } },
  { nonexist: { left: {}, right: null } },
  { compressed: { entries: [{ exist: { path: [9] } }], lookupInners: null } },
];

Deno.test("verifiers answer false to garbage in any place, and never throw", () => {
  const { proof, root, key, value } = published("iavl/exist_left");
  const bytes = new Uint8Array(32).fill(1);
  for (const it of GARBAGE) {
    for (const spec of [it, ICS23_SPECS.iavl]) {
      for (const [r, p, k, v] of [[it, proof, key, value], [root, it, key, value], [root, proof, it, value]]) {
        assertEquals(verifyMembership(spec, r, p, k, v), false);
        assertEquals(verifyNonMembership(spec, r, p, k), false);
      }
    }
    assertEquals(verifyMembership(ICS23_SPECS.iavl, root, proof, key, it), false);
    for (const verify of [verifyEd25519, verifySecp256k1]) {
      for (const args of [[it, bytes, new Uint8Array(64)], [bytes, it, new Uint8Array(64)], [bytes, bytes, it]]) {
        assertEquals(verify(...args as [Uint8Array, Uint8Array, Uint8Array]), false);
      }
    }
  }
});

Deno.test("signatures that other libraries make verify", () => {
  const message = new TextEncoder().encode("hello");
  const secret = new Uint8Array(32).fill(7);
  assert(verifyEd25519(ed25519.getPublicKey(secret), message, ed25519.sign(message, secret)));
  assert(verifySecp256k1(secp256k1.getPublicKey(secret), message, secp256k1.sign(message, secret)));
  const highS = secp256k1.sign(message, secret, { lowS: false });
  const low = secp256k1.sign(message, secret);
  assertEquals(verifySecp256k1(secp256k1.getPublicKey(secret), message, highS), highS.toHex() === low.toHex());
});

Deno.test("headers, validator sets and votes hash in the shapes of cosmjs-types", () => {
  assertEquals(merkleRoot([]).toHex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assertEquals(hashHeader(Header.fromPartial({})).length, 0);
  assertEquals(hashHeader(Header.fromPartial({ validatorsHash: new Uint8Array(32), height: 3n })).length, 32);
  const key = (byte: number) => ({ ed25519: new Uint8Array(32).fill(byte) });
  const validators = [1, 2].map((i) => Validator.fromPartial({ pubKey: key(i), votingPower: 10n }));
  const set = ValidatorSet.fromPartial({ validators });
  assertEquals(hashValidatorSet(set), hashValidatorSet({ validators: validators.toReversed() }));
  assertEquals(hashValidatorSet(ValidatorSet.fromPartial({})), merkleRoot([]));
  const vote = Vote.fromPartial({ type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT, height: 1n, round: 0 });
  assertEquals(voteSignBytes("test", vote)[0], voteSignBytes("test", vote).length - 1, "length-delimited");
});

Deno.test("ProposerRotation takes validators of cosmjs-types, as they are and as a set", () => {
  const validators = [3n, 1n].map((votingPower, i) =>
    Validator.fromPartial({ address: new Uint8Array(20).fill(i + 1), votingPower })
  );
  for (const rotation of [new ProposerRotation(validators), new ProposerRotation({ validators })]) {
    const turns: number[] = [];
    for (let i = 0; i < 8; i++) {
      turns.push(rotation.proposer.address[0]!);
      rotation.increment(1);
    }
    assertEquals(turns, [1, 1, 2, 1, 1, 1, 2, 1]);
  }
});

Deno.test("createNode() gives start and stop that can be taken out, and events", async () => {
  const { start, stop, events } = createNode({ rpcListen: "127.0.0.1:0", blockTimeMs: 10, log: () => {} });
  const first = new Promise((resolve) => events.addEventListener("block", resolve, { once: true }));
  await start();
  await first;
  await assertRejects(() => start(), IoError, "started before");
  await stop();
  await stop();
  const unused = createNode({ log: () => {} });
  await unused.stop();
  await assertRejects(() => unused.start(), IoError, "stopped");
});

Deno.test("openStore() keeps what is written, in memory and in a folder given either way", async () => {
  const folder = await Deno.makeTempDir({ prefix: "catenary-store-" });
  const [key, value] = [Uint8Array.of(1), Uint8Array.of(2, 3)];
  try {
    for (const where of [undefined, { path: `${folder}/a` }, `${folder}/b`]) {
      const store = await openStore(where);
      await store.batch([[key, value]]);
      assertEquals(await store.get(key), value);
      if (where !== undefined) await assertRejects(() => openStore(where), IoError);
      await store.close();
    }
    const again = await openStore(`${folder}/a`);
    assertEquals(await again.get(key), value);
    await again.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

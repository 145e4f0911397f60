import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  type CommitmentProof,
  CommitmentProof as CommitmentProofCodec,
  HashOp,
} from "cosmjs-types/cosmos/ics23/v1/proofs";
import { MerkleProof } from "cosmjs-types/ibc/core/commitment/v1/commitment";
import { utf8ToBytes } from "../bytes.ts";
import { encode } from "../codec/mod.ts";
import { ICS23_SPECS, type MapEntry, tendermintMapProof, tendermintMapRoot } from "../merkle/mod.ts";
import type { Result } from "../result.ts";
import {
  decodeMerkleProof,
  encodeMerkleProof,
  MERKLE_PROOF_BYTES_MAX,
  merkleProofOfOps,
  verifyMerkleMembership,
  verifyMerkleNonMembership,
} from "./mod.ts";

const bytes = utf8ToBytes;
const codeOf = (result: Result<unknown>) => result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;
const SPEC = ICS23_SPECS.tendermint;
const KEY = bytes("key");

/** Trees in trees: keys of the lowest; each tree's root is the value `next` of the one above. */
function nest(lowest: readonly MapEntry[], levels: number) {
  const trees: (readonly MapEntry[])[] = [lowest];
  while (trees.length < levels) {
    trees.push([[bytes("a"), bytes("1")], [bytes("next"), tendermintMapRoot(trees.at(-1)!)]]);
  }
  return {
    root: tendermintMapRoot(trees.at(-1)!),
    specs: trees.map(() => SPEC),
    path: (key: Uint8Array) => [...trees.slice(1).map(() => bytes("next")), key],
    proofs: (key: Uint8Array): CommitmentProof[] =>
      trees.map((tree, i) => tendermintMapProof(tree, i === 0 ? key : bytes("next"))),
  };
}

const LOWEST: MapEntry[] = ["b", "d", "f"].map((key) => [bytes(key), bytes(`value of ${key}`)]);
const TWO = nest(LOWEST, 2);

Deno.test("a chain of proofs shows what is in the lowest tree and what is not, through any number of trees", () => {
  const key = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
  fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), key, key, (levels, name, other) => {
    const { root, specs, path, proofs } = nest(LOWEST, levels);
    const proof = { proofs: proofs(bytes(name)) };
    const found = LOWEST.some(([candidate]) => new TextDecoder().decode(candidate) === name);
    const [wanted, value] = [path(bytes(other)), bytes(`value of ${other}`)];
    assertEquals(verifyMerkleMembership(specs, root, proof, wanted, value).ok, found && name === other);
    // Neighbours show the absence of everything between them.
    const gap = (letter: string) => "bdf".split("").filter((edge) => edge < letter).length;
    const isFree = !"bdf".includes(other) && !found && gap(name) === gap(other);
    assertEquals(verifyMerkleNonMembership(specs, root, proof, wanted).ok, isFree, `${name} ${other}`);
  }));
});

Deno.test("a proof of another kind, length, root or order shows nothing", () => {
  const { root, specs, path, proofs } = TWO;
  const [b, value] = [bytes("b"), bytes("value of b")];
  const good = proofs(b);
  const member = (proofs: CommitmentProof[], change: Partial<{ root: Uint8Array; path: Uint8Array[] }> = {}) =>
    codeOf(verifyMerkleMembership(specs, change.root ?? root, { proofs }, change.path ?? path(b), value));
  assertEquals(member(good), "ok");
  assertEquals(member([]), "commitment/4");
  assertEquals(member(good, { root: new Uint8Array() }), "commitment/4");
  assertEquals(member(good.slice(1)), "commitment/4");
  assertEquals(member([...good, good[1]!]), "commitment/4");
  assertEquals(member(good, { path: [b] }), "commitment/2");
  assertEquals(member(good, { root: new Uint8Array(32) }), "commitment/2");
  assertEquals(member([good[1]!, good[0]!]), "commitment/2");
  assertEquals(member([{}, good[1]!]), "commitment/2");
  assertEquals(member([good[0]!, {}]), "commitment/2");
  assertEquals(
    codeOf(verifyMerkleMembership(specs, root, { proofs: good }, path(b), new Uint8Array())),
    "commitment/2",
  );
  const absent = (proofs: CommitmentProof[]) =>
    codeOf(verifyMerkleNonMembership(specs, root, { proofs }, path(bytes("c"))));
  const gap = proofs(bytes("c"));
  assertEquals(absent(gap), "ok");
  assertEquals(absent(good), "commitment/2");
  assertEquals(absent([{ nonexist: { key: bytes("c") } }, gap[1]!]), "commitment/2");
  assertEquals(absent([gap[0]!, { nonexist: gap[0]!.nonexist! }]), "commitment/2");
});

Deno.test("batches are refused, as in ibc-go: their work would not be bounded by their length", () => {
  const { root, specs, path, proofs } = TWO;
  const [first, second] = proofs(bytes("b"));
  const batch = { batch: { entries: [{ exist: first!.exist! }] } };
  const proof = { proofs: [batch, second!] };
  assertEquals(
    codeOf(verifyMerkleMembership(specs, root, proof, path(bytes("b")), bytes("value of b"))),
    "commitment/2",
  );
});

Deno.test("a tree of very wide nodes is judged by nobody", () => {
  const { root, specs, path, proofs } = TWO;
  const wide = { ...SPEC, innerSpec: { ...SPEC.innerSpec!, childOrder: new Array<number>(33).fill(0) } };
  const proof = { proofs: proofs(bytes("c")) };
  assert(verifyMerkleNonMembership(specs, root, proof, path(bytes("c"))).ok);
  assertEquals(codeOf(verifyMerkleNonMembership([wide, SPEC], root, proof, path(bytes("c")))), "commitment/2");
});

Deno.test("a proof is read strictly, and not beyond its bound", () => {
  const proof = encodeMerkleProof(TWO.proofs(bytes("b")));
  assert(decodeMerkleProof(proof).ok);
  for (
    const bad of [Uint8Array.of(...proof, 0x12, 0), proof.subarray(0, -1), new Uint8Array(MERKLE_PROOF_BYTES_MAX + 1)]
  ) {
    assertEquals(codeOf(decodeMerkleProof(bad)), "commitment/2");
  }
});

Deno.test("steps that carry next to nothing are refused: hashing them would take much longer than reading them", () => {
  const step = (bytes: number) => ({ hash: HashOp.SHA256, prefix: new Uint8Array(bytes), suffix: new Uint8Array() });
  const leaf = SPEC.leafSpec!;
  const proofOf = (count: number, bytes: number) =>
    encodeMerkleProof([{ exist: { key: KEY, value: KEY, leaf, path: new Array(count).fill(step(bytes)) } }]);
  const absence = (count: number, bytes: number) => {
    const side = { key: KEY, value: KEY, leaf, path: new Array(count).fill(step(bytes)) };
    return encodeMerkleProof([{ nonexist: { key: KEY, right: side, left: side } }]);
  };
  assertEquals(codeOf(decodeMerkleProof(proofOf(1_000, 20))), "ok", "the shortest hash there is");
  assertEquals(codeOf(decodeMerkleProof(proofOf(1_000, 8))), "commitment/2");
  assertEquals(codeOf(decodeMerkleProof(proofOf(16_000, 0))), "commitment/2");
  assertEquals(codeOf(decodeMerkleProof(absence(500, 20))), "ok");
  assertEquals(codeOf(decodeMerkleProof(absence(500, 8))), "commitment/2");
  assertEquals(codeOf(decodeMerkleProof(proofOf(1, 0))), "ok", "there is room for the few of a small tree");
});

Deno.test("the operations of an answer become a proof", () => {
  const proofs = TWO.proofs(bytes("b"));
  const ops = proofs.map((proof) => ({ type: "ics23", key: bytes("b"), data: encode(CommitmentProofCodec, proof) }));
  assertEquals(merkleProofOfOps({ ops }), { ok: true, value: encodeMerkleProof(proofs) });
  assertEquals(codeOf(merkleProofOfOps({ ops: [] })), "commitment/4");
  assertEquals(codeOf(merkleProofOfOps({ ops: [{ ...ops[0]!, data: Uint8Array.of(9) }] })), "commitment/4");
});

Deno.test("no byte of a proof can change, and no bytes make it throw", () => {
  const { root, specs, path, proofs } = TWO;
  const encoded = encode(MerkleProof, { proofs: proofs(bytes("b")) });
  const accepts = (proof: Uint8Array) => {
    const decoded = decodeMerkleProof(proof);
    return decoded.ok && verifyMerkleMembership(specs, root, decoded.value, path(bytes("b")), bytes("value of b")).ok;
  };
  assert(accepts(encoded));
  for (let i = 0; i < encoded.length; i++) {
    for (const flip of [1, 0x80]) {
      const changed = encoded.slice();
      changed[i]! ^= flip;
      assert(!accepts(changed), `byte ${i}`);
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(encoded.length), (noise, at) => {
    const mixed = Uint8Array.of(...encoded.subarray(0, at), ...noise, ...encoded.subarray(at));
    assertEquals(accepts(mixed), noise.length === 0);
    const decoded = decodeMerkleProof(noise);
    if (decoded.ok) assert(!verifyMerkleNonMembership(specs, root, decoded.value, path(bytes("c"))).ok);
  }));
});

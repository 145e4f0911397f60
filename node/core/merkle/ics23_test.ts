import { assert, assertEquals } from "@std/assert";
import {
  type CommitmentProof,
  type CompressedExistenceProof,
  ExistenceProof,
  type InnerOp,
  LeafOp,
  ProofSpec,
} from "cosmjs-types/cosmos/ics23/v1/proofs";
import { CommitmentProof as CommitmentProofCodec } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { InnerOp as InnerOpCodec } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { hexToBytes } from "../bytes.ts";
import { leftBranchesAreEmpty, rightBranchesAreEmpty } from "./ics23_absence.ts";
import { checkExistence, checkLeaf } from "./ics23_check.ts";
import { applyHash, applyInner, applyLeaf } from "./ics23_ops.ts";
import { existenceRoot, ICS23_SPECS, verifyMembership, verifyNonMembership } from "./mod.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const FOLDER = new URL("../../../tests/vectors/ics23/", import.meta.url);
const load = (name: string): Json => JSON.parse(Deno.readTextFileSync(new URL(name, FOLDER)));

/** The tables have Go's snake_case names, the codec wants camelCase. */
function camel(value: Json): Json {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.replace(/_(.)/g, (_, c) => c.toUpperCase()), camel(inner)]),
  );
}
const base64 = (text: string | null): Uint8Array => Uint8Array.fromBase64(text ?? "");
const specOf = (json: Json) => ProofSpec.fromJSON(camel(json));

function table(name: string, count: number): [string, Json][] {
  const cases = Object.entries(load(name));
  assertEquals(cases.length, count, `${name} is run whole`);
  return cases as [string, Json][];
}

Deno.test("TestDoHash: applyHash() gives the published hashes", () => {
  for (const [name, row] of table("TestDoHashData.json", 7)) {
    const preimage = new TextEncoder().encode(row.Preimage ?? row.PreImage);
    assertEquals(applyHash(row.HashOp, preimage)?.toHex(), row.ExpectedHash, name);
  }
  for (const op of [0, 3, 9, 77, -1]) assertEquals(applyHash(op, Uint8Array.of(1)), undefined);
});

Deno.test("TestLeafOp: applyLeaf() hashes leaves", () => {
  for (const [name, row] of table("TestLeafOpData.json", 11)) {
    const got = applyLeaf(LeafOp.fromJSON(camel(row.Op)), base64(row.Key), base64(row.Value));
    assertEquals(got?.toBase64(), row.IsErr ? undefined : row.Expected, name);
  }
});

Deno.test("TestInnerOp: applyInner() hashes inner nodes", () => {
  for (const [name, row] of table("TestInnerOpData.json", 4)) {
    const got = applyInner(InnerOpCodec.fromJSON(camel(row.Op)), base64(row.Child));
    assertEquals(got?.toBase64(), row.IsErr ? undefined : row.Expected, name);
  }
});

Deno.test("TestCheckLeaf: checkLeaf() compares with the specification", () => {
  for (const [name, row] of table("TestCheckLeafData.json", 10)) {
    const spec = { leafSpec: LeafOp.fromJSON(camel(row.Spec)), minDepth: 0, maxDepth: 0 };
    assertEquals(checkLeaf(LeafOp.fromJSON(camel(row.Leaf)), spec) !== undefined, row.IsErr, name);
  }
});

Deno.test("TestCheckAgainstSpec: checkExistence() refuses what the tree does not allow", () => {
  for (const [name, row] of table("TestCheckAgainstSpecData.json", 11)) {
    const refusal = checkExistence(ExistenceProof.fromJSON(camel(row.Proof)), specOf(row.Spec));
    assertEquals(refusal !== undefined, row.Err !== "", `${name}: ${refusal}`);
  }
});

Deno.test("TestEmptyBranch: placeholders left and right are recognised", () => {
  for (const [name, row] of table("TestEmptyBranchData.json", 8)) {
    const op = InnerOpCodec.fromJSON(camel(row.Op));
    const inner = specOf(row.Spec).innerSpec!;
    assertEquals([leftBranchesAreEmpty(inner, op), rightBranchesAreEmpty(inner, op)], [row.IsLeft, row.IsRight], name);
  }
});

Deno.test("TestExistenceProof: existenceRoot() computes roots", () => {
  for (const [name, row] of table("TestExistenceProofData.json", 6)) {
    const got = existenceRoot(ExistenceProof.fromJSON(camel(row.Proof)));
    assertEquals(got?.toBase64(), row.IsErr ? undefined : row.Expected, name);
  }
});

interface Vector {
  readonly tree: "iavl" | "tendermint";
  readonly name: string;
  readonly root: Uint8Array;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly proof: CommitmentProof;
}

const VECTORS = (["iavl", "tendermint"] as const).flatMap((tree) =>
  ["exist", "nonexist"].flatMap((kind) =>
    ["left", "middle", "right"].map((side): Vector => {
      const row = load(`${tree}/${kind}_${side}.json`);
      const [root, key, value, proof] = [row.root, row.key, row.value, row.proof].map(hexToBytes);
      const name = `${tree} ${kind} ${side}`;
      return { tree, name, root: root!, key: key!, value: value!, proof: CommitmentProofCodec.decode(proof!) };
    })
  )
);

function verify({ tree, root, key, value }: Vector, proof: CommitmentProof): boolean {
  const spec = ICS23_SPECS[tree];
  return value.length > 0
    ? verifyMembership(spec, root, proof, key, value)
    : verifyNonMembership(spec, root, proof, key);
}

Deno.test("all published single proofs verify, and only for their key, value, root and tree", () => {
  assertEquals(VECTORS.length, 12);
  for (const vector of VECTORS) {
    assert(verify(vector, vector.proof), vector.name);
    assert(!verify({ ...vector, root: new Uint8Array(32) }, vector.proof), `${vector.name}, other root`);
    const other = vector.tree === "iavl" ? "tendermint" as const : "iavl" as const;
    assert(!verify({ ...vector, tree: other }, vector.proof), `${vector.name}, other tree`);
    const { exist } = vector.proof;
    if (exist === undefined) continue;
    assert(!verify({ ...vector, key: Uint8Array.of(...vector.key, 0) }, vector.proof), `${vector.name}, other key`);
    assert(!verify({ ...vector, value: Uint8Array.of(1) }, vector.proof), `${vector.name}, other value`);
    assert(!verifyNonMembership(ICS23_SPECS[vector.tree], vector.root, vector.proof, vector.key));
  }
});

function compress(proofs: readonly CommitmentProof[]): CommitmentProof {
  const lookupInners: InnerOp[] = [];
  const one = (proof: ExistenceProof): CompressedExistenceProof => ({
    ...proof,
    path: proof.path.map((op) => lookupInners.push(op) - 1),
  });
  const entries = proofs.map(({ exist, nonexist }) =>
    exist !== undefined ? { exist: one(exist) } : {
      nonexist: {
        key: nonexist!.key,
        ...(nonexist!.left && { left: one(nonexist!.left) }),
        ...(nonexist!.right && { right: one(nonexist!.right) }),
      },
    }
  );
  return { compressed: { entries, lookupInners } };
}

Deno.test("batch and compressed proofs serve every key in them and no other", () => {
  for (const tree of ["iavl", "tendermint"] as const) {
    const vectors = VECTORS.filter((vector) => vector.tree === tree);
    const proofs = vectors.map((vector) => vector.proof);
    const batch = {
      batch: { entries: proofs.map(({ exist, nonexist }) => exist ? { exist } : { nonexist: nonexist! }) },
    };
    const compressed = CommitmentProofCodec.decode(CommitmentProofCodec.encode(compress(proofs)).finish());
    for (const vector of vectors) {
      assert(verify(vector, batch), `${vector.name} in a batch`);
      assert(verify(vector, compressed), `${vector.name} in a compressed batch`);
      assert(!verify({ ...vector, root: new Uint8Array(32) }, compressed));
      if (vector.value.length > 0) {
        assert(!verifyNonMembership(ICS23_SPECS[tree], vector.root, compressed, vector.key));
      }
    }
  }
});

Deno.test("a compressed proof that names steps outside its table proves nothing", () => {
  for (const vector of VECTORS) {
    const { compressed } = compress([vector.proof]);
    for (const bad of [-1, 1 << 20, 2 ** 31 - 1]) {
      const spoil = (proof: CompressedExistenceProof | undefined) => proof && { ...proof, path: [bad, ...proof.path] };
      const entries = compressed!.entries.map(({ exist, nonexist }) =>
        exist ? { exist: spoil(exist)! } : { nonexist: { ...nonexist!, left: spoil(nonexist!.left) } }
      );
      if (entries[0]!.nonexist && entries[0]!.nonexist.left === undefined) continue;
      assert(!verify(vector, { compressed: { ...compressed!, entries } } as CommitmentProof), vector.name);
    }
  }
});

Deno.test("a proof of absence with a side left out is not the proof of an edge", () => {
  for (const vector of VECTORS) {
    const { nonexist } = vector.proof;
    if (nonexist?.left === undefined || nonexist.right === undefined) continue;
    const { key, left, right } = nonexist;
    for (const cut of [{ key, left }, { key, right }, { key }]) assert(!verify(vector, { nonexist: cut }), vector.name);
    assert(!verify(vector, { nonexist: { key, left: right, right: left } }), "sides swapped");
    assert(!verify(vector, { nonexist: { key, left, right: left } }), "one side twice");
  }
});

Deno.test("empty and garbage proofs are refused without a throw", () => {
  const empty = { key: new Uint8Array(), value: new Uint8Array(), path: [] };
  const proofs: CommitmentProof[] = [
    {},
    { exist: empty },
    { nonexist: { key: new Uint8Array() } },
    { nonexist: { key: new Uint8Array(), left: empty, right: empty } },
    { batch: { entries: [] } },
    { batch: { entries: [{}] } },
    { compressed: { entries: [{}, { exist: { ...empty, path: [3] } }], lookupInners: [] } },
  ];
  for (const spec of Object.values(ICS23_SPECS)) {
    for (const proof of proofs) {
      assert(!verifyMembership(spec, new Uint8Array(32), proof, new Uint8Array(), new Uint8Array()));
      assert(!verifyNonMembership(spec, new Uint8Array(32), proof, Uint8Array.of(1)));
    }
  }
});

/** Without the key named inside a proof of absence, which carries no weight, and without what the decoder forgives. */
function meaning(proof: CommitmentProof): string {
  const { nonexist } = proof;
  const judged = nonexist ? { ...proof, nonexist: { ...nonexist, key: new Uint8Array() } } : proof;
  return CommitmentProofCodec.encode(judged).finish().toHex();
}

Deno.test("every byte of a published proof matters", () => {
  for (const vector of VECTORS.filter(({ name }) => name.endsWith("middle"))) {
    const bytes = CommitmentProofCodec.encode(vector.proof).finish();
    for (let i = 0; i < bytes.length; i += 3) {
      const changed = bytes.slice();
      changed[i]! ^= 1 << (i % 8);
      let decoded: CommitmentProof;
      try {
        decoded = CommitmentProofCodec.decode(changed);
      } catch {
        continue;
      }
      if (meaning(decoded) === meaning(vector.proof)) continue;
      assert(!verify(vector, decoded), `${vector.name}, byte ${i}`);
    }
  }
});

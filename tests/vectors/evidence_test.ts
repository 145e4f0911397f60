/** Evidence that CometBFT's Go code made, judged and found (see `tests/interop/evidence`). @module */
import { assert, assertEquals } from "@std/assert";
import { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { decodeEvidence } from "../../node/core/types/mod.ts";
import { readEvidence } from "../../node/rpc/evidence.ts";
import { evidenceJson } from "../../node/rpc/json/block.ts";
import {
  describeEvidence,
  type GoVerdict,
  judgingChain,
  loadEvidenceVectors,
  runFork,
} from "../helpers/evidence_vectors.ts";
import { valueOf } from "../helpers/mini_chain.ts";

const { chain, cases, forks } = loadEvidenceVectors();
const known = judgingChain(chain);

for (const { name, json, ...verdict } of cases) {
  Deno.test(`Go's evidence is judged, hashed, reported and printed as Go does: ${name}`, () => {
    const evidence = valueOf(decodeEvidence(Uint8Array.fromHex(verdict.bytes), 1_000_000));
    assertEquals(known.judge(evidence), { verdict: "valid" });
    assertEquals(describeEvidence(evidence), verdict as GoVerdict);
    // Nobody is accused of an amnesia: nil in Go, which our protobuf has not.
    const printed = JSON.parse(JSON.stringify(json).replace(`"ByzantineValidators":null`, `"ByzantineValidators":[]`));
    assertEquals(evidenceJson(evidence) as unknown, printed);
    const read = readEvidence(json);
    assert(read.ok);
    assertEquals(Evidence.encode(read.value).finish().toHex(), verdict.bytes);
  });
}

for (const fork of forks) {
  Deno.test(`the light client finds what Go's finds: ${fork.name}`, () => {
    const end = runFork(fork);
    if (fork.error === "") return assertEquals(end.tag, "done");
    assert(end.tag === "failed" && end.divergence !== undefined, end.tag === "failed" ? end.reason : "");
    const { againstPrimary, againstWitness } = end.divergence;
    // Priorities are not part of what is compared: they are not in a header's hash.
    const described = (attack: typeof againstWitness) => {
      if (attack === undefined) return null;
      const { hash, misbehavior } = describeEvidence({ lightClientAttackEvidence: attack });
      return { hash, misbehavior };
    };
    const expected = (verdict: GoVerdict | null) => verdict && { hash: verdict.hash, misbehavior: verdict.misbehavior };
    assertEquals(described(againstPrimary), expected(fork.against_primary));
    assertEquals(described(againstWitness), expected(fork.against_witness));
  });
}

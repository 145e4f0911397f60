import { assert, assertEquals } from "@std/assert";
import { Evidence, type LightClientAttackEvidence } from "cosmjs-types/tendermint/types/evidence";
import fc from "fast-check";
import {
  accuse,
  AttackedChain,
  attackMembers,
  attacksOf,
  attackTimeAt,
  diceOf,
  honestParts,
  mutateEvidence,
  randomAccusation,
} from "../../tests/helpers/attacks.ts";
import { makeLightBlock, membersOf, sealHeader, validatorsOf } from "../../tests/helpers/light_chain.ts";
import { findAttackers, isLunaticHeader } from "../core/light/mod.ts";
import { decodeEvidence, hashOneEvidence } from "../core/types/mod.ts";
import { evidenceHeights, type EvidenceHistory, judgeEvidenceWork, misbehaviorOf, validateEvidence } from "./mod.ts";

const chain = new AttackedChain();
const attacks = attacksOf(chain);
const judge = (attack: LightClientAttackEvidence) => chain.judge({ lightClientAttackEvidence: attack }).verdict;

Deno.test("a true attack of each kind is valid, and those are accused who took part", () => {
  const accused = (attack: LightClientAttackEvidence) => [
    attack.commonHeight,
    misbehaviorOf([{ lightClientAttackEvidence: attack }]).map(({ validator, height }) => [validator.power, height]),
  ];
  for (const [kind, attack] of Object.entries(attacks)) assertEquals(judge(attack), "valid", kind);
  assertEquals(accused(attacks.lunatic!), [3n, [[50n, 3n], [40n, 3n]]]);
  assertEquals(accused(attacks.equivocation!), [8n, [[60n, 8n], [50n, 8n], [40n, 8n], [10n, 8n]]]);
  assertEquals(accused(attacks.amnesia!), [8n, []]);
  assertEquals(accused(attacks.forward!), [2n, [[50n, 2n], [40n, 2n]]]);
});

Deno.test("the same attack with other signatures has the same hash, another common height another", () => {
  const hash = (attack: LightClientAttackEvidence) => hashOneEvidence({ lightClientAttackEvidence: attack }).toHex();
  const parts = { ...honestParts(10n), app: "lie" };
  const [all, few] = [undefined, attackMembers(3, 4, 5)].map((signers) =>
    accuse(chain, { ...parts, ...(signers && { signers }) }, 5n)
  );
  assert(all!.byzantineValidators.length > few!.byzantineValidators.length);
  assertEquals(hash(all!), hash(few!));
  assert(hash(all!) !== hash(accuse(chain, parts, 4n)));
  assertEquals([judge(all!), judge(few!)], ["valid", "valid"]);
});

Deno.test("each thing that does not fit is false, and can be held against who says it", () => {
  const { lunatic, equivocation, amnesia } = attacks as Record<string, LightClientAttackEvidence>;
  const bad: Record<string, LightClientAttackEvidence> = {
    "a total power that was not": { ...lunatic!, totalVotingPower: lunatic!.totalVotingPower + 1n },
    "a time that was not": { ...lunatic!, timestamp: chain.at(4n).header.time },
    "a power that was not": {
      ...lunatic!,
      byzantineValidators: lunatic!.byzantineValidators.map((each, i) => i === 0 ? { ...each, votingPower: 1n } : each),
    },
    "nobody is accused": { ...lunatic!, byzantineValidators: [] },
    "one too few is accused": { ...lunatic!, byzantineValidators: lunatic!.byzantineValidators.slice(1) },
    "another order": { ...lunatic!, byzantineValidators: lunatic!.byzantineValidators.toReversed() },
    "somebody of an amnesia": { ...amnesia!, byzantineValidators: equivocation!.byzantineValidators },
    "the chain's own block": accuse(chain, honestParts(9n), 3n),
    // The common power is 150.
    "too little of the common power": accuse(
      chain,
      { ...honestParts(9n), members: attackMembers(3, 9), app: "lie" },
      3n,
    ),
    "exactly a third of the common power": accuse(
      chain,
      { ...honestParts(9n), members: attackMembers(4, 9, 11), app: "lie" },
      3n,
    ),
    "too few of its own validators": accuse(
      chain,
      { ...honestParts(10n), app: "lie", signers: attackMembers(4, 5) },
      5n,
    ),
    "a lunatic block of its own height": { ...accuse(chain, { ...honestParts(8n), app: "lie" }, 8n), commonHeight: 8n },
    "a common height above": { ...lunatic!, commonHeight: 10n },
    "no height": { ...lunatic!, commonHeight: 0n },
  };
  for (const [name, attack] of Object.entries(bad)) assertEquals(judge(attack), "invalid", name);
});

Deno.test("parts that do not belong together are no evidence", () => {
  const change = (edit: (attack: LightClientAttackEvidence) => void) => {
    const attack = structuredClone(attacks.lunatic!);
    edit(attack);
    return chain.judge({ lightClientAttackEvidence: attack });
  };
  const reason = (edit: (attack: LightClientAttackEvidence) => void) => {
    const judged = change(edit);
    assertEquals(judged.verdict, "invalid");
    return judged.verdict === "valid" ? "" : judged.reason.replace(/^.*?: /, "");
  };
  const block = (attack: LightClientAttackEvidence) => attack.conflictingBlock!;
  const cases: [string, (attack: LightClientAttackEvidence) => void][] = [
    ["light client attack has no conflicting header", (each) => delete each.conflictingBlock],
    ["header or commit is missing", (each) => delete block(each).signedHeader!.commit],
    ["the validators are missing", (each) => delete block(each).validatorSet],
    ["the set has no proposer", (each) => delete block(each).validatorSet!.proposer],
    ["the set's total power is written out", (each) => block(each).validatorSet!.totalVotingPower = 150n],
    [
      "the proposer's address is not its key's",
      (each) => block(each).validatorSet!.proposer!.address = new Uint8Array(20),
    ],
    ["the proposer's power is negative", (each) => block(each).validatorSet!.proposer!.votingPower = -1n],
    ["the commit is for another header", (each) => block(each).signedHeader!.header!.dataHash = new Uint8Array(32)],
    ["header 9 has a commit of 8", (each) => block(each).signedHeader!.commit!.height = 8n],
  ];
  for (const [expected, edit] of cases) assertEquals(reason(edit), expected);
  // Sealed by others than those whom the header names.
  const { header } = makeLightBlock({ ...honestParts(9n), app: "lie" }).signedHeader;
  const own = attackMembers(3, 4, 9);
  const validators = validatorsOf(own);
  const stolen = { ...attacks.lunatic!, byzantineValidators: [...attacks.lunatic!.byzantineValidators] };
  stolen.conflictingBlock = {
    signedHeader: { header, commit: sealHeader(header, own, own) },
    validatorSet: { validators, proposer: validators[0]!, totalVotingPower: 0n },
  };
  assertEquals(judge(stolen), "invalid");
});

Deno.test("a header is lunatic when any part that the state decides differs", () => {
  const { header } = chain.at(8n);
  const other = new Uint8Array(32).fill(1);
  const decided = ["validatorsHash", "nextValidatorsHash", "consensusHash", "appHash", "lastResultsHash"];
  for (const name of decided) assert(isLunaticHeader({ ...header, [name]: other }, header), name);
  for (const name of ["dataHash", "evidenceHash", "lastCommitHash"]) {
    assert(!isLunaticHeader({ ...header, [name]: other }, header), name);
  }
});

Deno.test("an accused must have the address of the key that is named, or the innocent could be accused", () => {
  const [first, second] = attacks.lunatic!.byzantineValidators;
  const swapped = [{ ...first!, pubKey: second!.pubKey }, second!];
  assertEquals(judge({ ...attacks.lunatic!, byzantineValidators: swapped }), "invalid");
});

Deno.test("one wrong signature among many makes it false, also where enough others are right", () => {
  for (const index of [0, 1, 2, 3]) {
    const attack = structuredClone(attacks.equivocation!);
    const signatures = attack.conflictingBlock!.signedHeader!.commit!.signatures;
    const signed = signatures.filter(({ signature }) => signature.length > 0);
    signed[index]!.signature[3]! ^= 1;
    assertEquals(judge(attack), "invalid");
  }
});

Deno.test("what cannot be known yet is not held against anybody", () => {
  const own = { members: attackMembers(3, 4, 9), next: attackMembers(3, 4, 9) };
  const later = accuse(chain, { ...honestParts(20n), ...own, time: attackTimeAt(13n) }, 2n, 12n);
  assertEquals(judge(later), "unknown", "its time has not come");
  const last = accuse(chain, { ...honestParts(12n), data: "other" }, 12n);
  assertEquals(judge(last), "unknown", "the seal of the last block is not in the chain");
  const without = (missing: bigint): EvidenceHistory => ({
    ...chain.history,
    at: (height) => height === missing ? undefined : chain.history.at(height),
  });
  const evidence: Evidence = { lightClientAttackEvidence: attacks.lunatic! };
  for (const missing of [3n, 9n]) {
    assert(!validateEvidence(chain.state, evidence, without(missing)).ok, `${missing}`);
    assert(validateEvidence(chain.state, evidence, { ...without(missing), decided: true }).ok, "decided all the same");
  }
  const false_: Evidence = { lightClientAttackEvidence: { ...attacks.lunatic!, totalVotingPower: 1n } };
  assert(!validateEvidence(chain.state, false_, { ...chain.history, decided: true }).ok, "what is false stays so");
});

Deno.test("heights above the last block are not asked for, and only two at most", () => {
  for (const attack of Object.values(attacks)) {
    const heights = evidenceHeights(chain.state, { lightClientAttackEvidence: attack });
    assert(heights.length <= 2 && heights.every((height) => height <= chain.state.lastHeight));
  }
  assertEquals(evidenceHeights(chain.state, { lightClientAttackEvidence: attacks.forward! }), [2n, 12n]);
});

Deno.test("signatures of strangers cost nothing while the chain's own validators have not signed", () => {
  const strangers = membersOf(Array.from({ length: 300 }, (_, i) => i + 20));
  const count = (attack: LightClientAttackEvidence, signatures: "verify" | "known") => {
    const work = judgeEvidenceWork(chain.state, { lightClientAttackEvidence: attack }, chain.history, signatures);
    let count = 0;
    for (let step = work.next(undefined); !step.done; step = work.next(undefined)) count++;
    return count;
  };
  /** Of verifying signatures. */
  const pauses = (attack: LightClientAttackEvidence) => count(attack, "verify") - count(attack, "known");
  const alone = accuse(chain, { ...honestParts(9n), members: strangers, next: strangers }, 3n);
  assertEquals([judge(alone), pauses(alone)], ["invalid", 0]);
  // Those of the chain's own validators are verified first.
  const rich = membersOf(Array.from({ length: 300 }, (_, i) => i + 20), () => 1_000n);
  const spoilt = accuse(chain, { ...honestParts(9n), members: [...rich, ...attackMembers(2, 3, 4)] }, 3n);
  spoilt.conflictingBlock!.signedHeader!.commit!.signatures.at(-1)!.signature[0]! ^= 1;
  assertEquals([judge(spoilt), pauses(spoilt)], ["invalid", 0]);
  const together = [...strangers, ...attackMembers(2, 3, 4)];
  const joined = accuse(chain, { ...honestParts(9n), members: together, next: together }, 3n);
  assertEquals(judge(joined), "valid");
  assert(pauses(joined) >= 9, "and where they are verified, others get their turn");
});

Deno.test("whoever accuses at random: valid accusations name only those who signed the false block", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      const attack = randomAccusation(chain, diceOf(seed));
      if (judge(attack) !== "valid") return;
      const { header, commit } = attack.conflictingBlock!.signedHeader!;
      const signers = new Set(commit!.signatures.map(({ validatorAddress }) => validatorAddress.toHex()));
      for (const { validator } of misbehaviorOf([{ lightClientAttackEvidence: attack }])) {
        assert(signers.has(validator.address.toHex()));
      }
      assert(header!.height >= attack.commonHeight);
    }),
    { numRuns: 150 },
  );
});

Deno.test("whatever evidence comes as bytes, the answer is a verdict", () => {
  const all = Object.values(attacks);
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(all.length - 1), fc.nat(), (seed, which, at) => {
      const dice = diceOf(seed);
      const bytes = mutateEvidence({ lightClientAttackEvidence: all[which]! }, dice);
      if (dice(4) === 0) bytes[at % bytes.length]! ^= 1 << dice(8);
      const decoded = decodeEvidence(bytes, 1_000_000);
      if (decoded.ok) assert(["valid", "unknown", "invalid"].includes(chain.judge(decoded.value).verdict));
    }),
    { numRuns: 300 },
  );
  for (const hostile of [{}, { lightClientAttackEvidence: LightClientAttack({}) }]) {
    assertEquals(chain.judge(hostile).verdict, "invalid");
  }
});

const LightClientAttack = (part: object): LightClientAttackEvidence =>
  Evidence.fromPartial({ lightClientAttackEvidence: part }).lightClientAttackEvidence!;

Deno.test("findAttackers() does not know of an equivocation before the true seal is known", () => {
  const block = makeLightBlock({ ...honestParts(8n), data: "other" });
  const conflicting = { ...block.signedHeader, validators: block.validatorSet.validators };
  const { header } = chain.at(8n);
  assertEquals(findAttackers(conflicting, chain.at(8n).validators, { header, commit: undefined }), undefined);
});

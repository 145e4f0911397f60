import { assert, assertEquals } from "@std/assert";
import type { Commit, CommitSig } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag, type ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { equalBytes, hexToBytes } from "../bytes.ts";
import { ed25519Address, type Ed25519Key, ed25519KeyFromSeed, signEd25519 } from "../crypto/mod.ts";
import { commitVoteSignBytes, ZERO_TIME } from "../types/mod.ts";
import {
  COMMIT_CODE,
  hashValidatorSet,
  hasQuorum,
  newValidatorSet,
  validateValidatorSet,
  verifyCommit,
  verifyCommitLight,
  verifyCommitLightTrusting,
} from "./mod.ts";

const CHAIN = "chain";
const { BLOCK_ID_FLAG_ABSENT: ABSENT, BLOCK_ID_FLAG_COMMIT: COMMIT, BLOCK_ID_FLAG_NIL: NIL } = BlockIDFlag;
const keys = Array.from({ length: 6 }, (_, i) => ed25519KeyFromSeed(new Uint8Array(32).fill(i + 1)));
const hash = new Uint8Array(32).fill(9);
const blockId = { hash, partSetHeader: { total: 1, hash } };

function setOf(members: readonly Ed25519Key[], powers: readonly bigint[] = members.map(() => 10n)): ValidatorSet {
  const made = newValidatorSet(members.map(({ publicKey }, i) => ({
    address: ed25519Address(publicKey),
    pubKey: { ed25519: publicKey },
    votingPower: powers[i]!,
    proposerPriority: 0n,
  })));
  assert(made.ok);
  return made.value;
}

/** A commit by the set's validators in order, each as its flag says. */
function commitOf(set: ValidatorSet, flags: readonly BlockIDFlag[]): Commit {
  const signatures = set.validators.map(({ address }, i): CommitSig =>
    flags[i] === ABSENT
      ? { blockIdFlag: ABSENT, validatorAddress: new Uint8Array(), timestamp: ZERO_TIME, signature: new Uint8Array() }
      : {
        blockIdFlag: flags[i]!,
        validatorAddress: address,
        timestamp: { seconds: 1_700_000_000n + BigInt(i), nanos: i },
        signature: Uint8Array.of(1),
      }
  );
  const commit = { height: 7n, round: 1, blockId, signatures };
  signatures.forEach((signature, i) => {
    if (signature.blockIdFlag === ABSENT) return;
    const key = keys.find(({ publicKey }) => equalBytes(publicKey, set.validators[i]!.pubKey.ed25519!))!;
    signature.signature = signEd25519(key, commitVoteSignBytes(CHAIN, commit, i));
  });
  return commit;
}

const four = setOf(keys.slice(0, 4));
const codeOf = (result: ReturnType<typeof verifyCommit>) => result.ok ? 0 : result.error.code;

Deno.test("a quorum is more than two thirds, exactly", () => {
  assertEquals([hasQuorum(2n, 3n), hasQuorum(3n, 4n), hasQuorum(66n, 100n), hasQuorum(67n, 100n)], [
    false,
    true,
    false,
    true,
  ]);
  assert(!hasQuorum(0n, 0n));
});

Deno.test("verifyCommit() counts power for the block only, and needs more than two thirds of it", () => {
  const cases: [flags: BlockIDFlag[], code: number][] = [
    [[COMMIT, COMMIT, COMMIT, COMMIT], 0],
    [[COMMIT, ABSENT, COMMIT, COMMIT], 0],
    [[COMMIT, NIL, COMMIT, COMMIT], 0],
    [[COMMIT, COMMIT, ABSENT, ABSENT], COMMIT_CODE.power],
    [[COMMIT, COMMIT, NIL, NIL], COMMIT_CODE.power],
    [[NIL, NIL, NIL, NIL], COMMIT_CODE.power],
  ];
  for (const [flags, code] of cases) {
    const commit = commitOf(four, flags);
    assertEquals(codeOf(verifyCommit(CHAIN, four, blockId, 7n, commit)), code, flags.join());
    assertEquals(codeOf(verifyCommitLight(CHAIN, four, blockId, 7n, commit)), code, flags.join());
  }
  const three = setOf(keys.slice(0, 3));
  assert(!verifyCommit(CHAIN, three, blockId, 7n, commitOf(three, [COMMIT, COMMIT, ABSENT])).ok, "exactly two thirds");
});

Deno.test("verifyCommit() refuses another chain, height, block and number of signatures", () => {
  const commit = commitOf(four, [COMMIT, COMMIT, COMMIT, COMMIT]);
  const other = { ...blockId, hash: new Uint8Array(32) };
  assertEquals(codeOf(verifyCommit("other", four, blockId, 7n, commit)), COMMIT_CODE.signature);
  assertEquals(codeOf(verifyCommit(CHAIN, four, blockId, 8n, commit)), COMMIT_CODE.mismatch);
  assertEquals(codeOf(verifyCommit(CHAIN, four, other, 7n, commit)), COMMIT_CODE.mismatch);
  const short = { ...commit, signatures: commit.signatures.slice(1) };
  assertEquals(codeOf(verifyCommit(CHAIN, four, blockId, 7n, short)), COMMIT_CODE.mismatch);
  const round = { ...commit, round: 0 };
  assertEquals(codeOf(verifyCommit(CHAIN, four, blockId, 7n, round)), COMMIT_CODE.signature);
});

Deno.test("verifyCommit() checks every signature, also for nil; verifyCommitLight() only those it needs", () => {
  const spoil = (flags: BlockIDFlag[], index: number) => {
    const commit = commitOf(four, flags);
    commit.signatures[index]!.signature[0]! ^= 1;
    return commit;
  };
  const last = spoil([COMMIT, COMMIT, COMMIT, COMMIT], 3);
  assertEquals(codeOf(verifyCommit(CHAIN, four, blockId, 7n, last)), COMMIT_CODE.signature);
  assertEquals(codeOf(verifyCommitLight(CHAIN, four, blockId, 7n, last)), 0);
  const nil = spoil([NIL, COMMIT, COMMIT, COMMIT], 0);
  assertEquals(codeOf(verifyCommit(CHAIN, four, blockId, 7n, nil)), COMMIT_CODE.signature);
  assertEquals(codeOf(verifyCommitLight(CHAIN, four, blockId, 7n, nil)), 0);
  const first = spoil([COMMIT, COMMIT, COMMIT, COMMIT], 0);
  assertEquals(codeOf(verifyCommitLight(CHAIN, four, blockId, 7n, first)), COMMIT_CODE.signature);
});

Deno.test("a signature of another validator, or one vote used twice, does not count", () => {
  const commit = commitOf(four, [COMMIT, COMMIT, COMMIT, COMMIT]);
  commit.signatures[1] = commit.signatures[0]!;
  assertEquals(codeOf(verifyCommit(CHAIN, four, blockId, 7n, commit)), COMMIT_CODE.mismatch);
  assertEquals(
    codeOf(verifyCommitLightTrusting(CHAIN, four, commit, { numerator: 1n, denominator: 1n })),
    COMMIT_CODE.doubleVote,
  );
});

Deno.test("a vote for nil does not pass as a vote for the block", () => {
  const commit = commitOf(four, [NIL, NIL, NIL, NIL]);
  for (const signature of commit.signatures) signature.blockIdFlag = COMMIT;
  assertEquals(codeOf(verifyCommit(CHAIN, four, blockId, 7n, commit)), COMMIT_CODE.signature);
});

Deno.test("verifyCommitLightTrusting() needs more than the trust level of the earlier set", () => {
  const later = setOf(keys.slice(2, 6));
  const commit = commitOf(later, [COMMIT, COMMIT, COMMIT, COMMIT]);
  const trust = (numerator: bigint, denominator: bigint) =>
    codeOf(verifyCommitLightTrusting(CHAIN, four, commit, { numerator, denominator }));
  assertEquals(trust(1n, 3n), 0, "two of four are known");
  assertEquals(trust(1n, 2n), COMMIT_CODE.power, "exactly the half is not more than the half");
  assertEquals([trust(0n, 1n), trust(1n, 0n), trust(2n, 1n)], Array(3).fill(COMMIT_CODE.trustLevel));
});

Deno.test("hashValidatorSet() gives Go's hash", () => {
  const url = new URL("../../../tests/vectors/cometbft/validator_set_hash.json", import.meta.url);
  const [row] = JSON.parse(Deno.readTextFileSync(url));
  const validators = row.validators.map((json: { pub_key: { value: string }; address: string; power: string }) => ({
    address: hexToBytes(json.address),
    pubKey: { ed25519: Uint8Array.fromBase64(json.pub_key.value) },
    votingPower: BigInt(json.power),
    proposerPriority: 0n,
  }));
  assertEquals(hashValidatorSet({ validators }).toHex(), row.hash);
  assertEquals(hashValidatorSet({ validators: validators.toReversed() }).toHex(), row.hash, "in any order");
  const changed = validators.map((v: object) => ({ ...v, address: new Uint8Array(20), proposerPriority: 5n }));
  assertEquals(hashValidatorSet({ validators: changed }).toHex(), row.hash, "address and priority are not in it");
});

Deno.test("validateValidatorSet() takes sets made here and refuses each malformed one", () => {
  assert(validateValidatorSet(four).ok);
  const [first, ...rest] = four.validators;
  const bad: ValidatorSet[] = [
    { ...four, validators: [] },
    { ...four, validators: [{ ...first!, address: new Uint8Array(20) }, ...rest] },
    { ...four, validators: [{ ...first!, votingPower: 0n }, ...rest] },
    { ...four, validators: [{ ...first!, votingPower: 2n ** 62n }, ...rest] },
    { ...four, validators: [{ ...first!, pubKey: {} }, ...rest] },
    { ...four, validators: [first!, first!, ...rest] },
    { ...four, validators: rest, proposer: first! },
    { ...four, validators: four.validators.toReversed() },
  ];
  for (const set of bad) assert(!validateValidatorSet(set).ok);
});

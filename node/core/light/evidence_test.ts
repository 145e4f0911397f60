import { assert, assertEquals } from "@std/assert";
import { makeLightBlock, membersOf, validatorsOf } from "../../../tests/helpers/light_chain.ts";
import { hashValidatorSet } from "../validators/mod.ts";
import { checkSealedByTrusted, LIGHT_CODE, type LightBlock } from "./mod.ts";

const FOUR = membersOf([0, 1, 2, 3]);
const THIRD = { numerator: 1n, denominator: 3n };
const trustedOf = (members = FOUR) => {
  const validators = validatorsOf(members);
  return { validators, hash: hashValidatorSet({ validators }) };
};
const block = (members = FOUR, signers = members) =>
  makeLightBlock({ chainId: "chain-1", height: 5n, time: 9n * 10n ** 18n / 10n, members, next: members, signers });
const codeOf = (block: LightBlock, trusted: Parameters<typeof checkSealedByTrusted>[1], level = THIRD) => {
  const result = checkSealedByTrusted(block, trusted, level);
  return result.ok ? "ok" : result.error.code;
};

Deno.test("a block is evidence when it is sealed and enough of the trusted validators signed it", () => {
  assertEquals(codeOf(block(), trustedOf()), "ok");
  // Two of four trusted ones, and two strangers.
  const mixed = membersOf([2, 3, 4, 5]);
  assertEquals(codeOf(block(mixed), trustedOf()), "ok");
  assertEquals(codeOf(block(mixed), trustedOf(), { numerator: 1n, denominator: 2n }), LIGHT_CODE.notEnoughTrust);
  assertEquals(codeOf(block(membersOf([3, 4, 5, 6])), trustedOf()), LIGHT_CODE.notEnoughTrust);
  assertEquals(codeOf(block(FOUR, FOUR.slice(0, 2)), trustedOf()), LIGHT_CODE.commit);
});

Deno.test("the trusted validators are those of the hash, and nobody has another's address", () => {
  const strangers = membersOf([4, 5, 6, 7]);
  assertEquals(
    codeOf(block(strangers), { ...trustedOf(), validators: validatorsOf(strangers) }),
    LIGHT_CODE.validators,
  );
  assertEquals(codeOf(block(), { validators: [], hash: trustedOf().hash }), LIGHT_CODE.validators);
  // The hash is over keys and powers only: an address that is lent would let one key sign for all.
  const { validators, hash } = trustedOf();
  const lent = validators.map((validator) => ({ ...validator, address: validatorsOf(strangers)[0]!.address }));
  assertEquals(hashValidatorSet({ validators: lent }).length, hash.length);
  assertEquals(
    codeOf(block(strangers), { validators: lent, hash: hashValidatorSet({ validators: lent }) }),
    LIGHT_CODE.validators,
  );
});

Deno.test("whatever is handed in, the answer is a verdict", () => {
  const { signedHeader } = block();
  for (const hostile of [{}, { signedHeader }, { signedHeader: { header: signedHeader.header } }, null] as never[]) {
    assert(codeOf(hostile, trustedOf()) !== "ok");
  }
  assert(codeOf(block(), { ...trustedOf(), validators: [null] as never }) !== "ok");
});

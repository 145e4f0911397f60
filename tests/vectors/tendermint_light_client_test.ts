/**
 * The model-based tests of tendermint-rs for one step of a light client: every verdict must be the model's. The trusted
 * block moves only on success; signatures may be null.
 */
import { assert, assertEquals } from "@std/assert";
import { type LightBlock, signedHeaderFromJson, validatorsFromJson, verifyLightBlock } from "../../node/core/light/mod.ts";
import { rfc3339ToNanos } from "../../node/core/time.ts";

const DIRECTORY = new URL("./tendermint-light-client/", import.meta.url);

interface BlockJson {
  signed_header: unknown;
  validator_set?: { validators: unknown };
  next_validator_set: { validators: unknown };
}

interface Vector {
  initial: BlockJson & { trusting_period: string; now: string };
  input: { block: BlockJson; now: string; verdict: "SUCCESS" | "NOT_ENOUGH_TRUST" | "INVALID" }[];
}

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  assert(result.ok, result.ok ? "" : result.error);
  return result.value;
}

function lightBlock(json: BlockJson): LightBlock {
  return {
    signedHeader: unwrap(signedHeaderFromJson(json.signed_header)),
    ...(json.validator_set && { validatorSet: unwrap(validatorsFromJson(json.validator_set.validators)) }),
    nextValidatorSet: unwrap(validatorsFromJson(json.next_validator_set.validators)),
  };
}

function replay(vector: Vector): number {
  let trusted = lightBlock(vector.initial);
  for (const [index, { block, now, verdict }] of vector.input.entries()) {
    const untrusted = lightBlock(block);
    const result = verifyLightBlock(trusted, untrusted, {
      trustLevel: { numerator: 1n, denominator: 3n },
      trustingPeriodMs: BigInt(vector.initial.trusting_period) / 1_000_000n,
      clockDriftMs: 0,
      now: rfc3339ToNanos(now)!,
    });
    assertEquals(result.verdict.toUpperCase(), verdict, `step ${index}: ${result.reason}`);
    if (result.verdict === "success") trusted = untrusted;
  }
  return vector.input.length;
}

const names = [...Deno.readDirSync(DIRECTORY)].map(({ name }) => name).filter((name) => name.endsWith(".json")).sort();
let steps = 0;

for (const name of names) {
  Deno.test(`light client model: ${name}`, () => {
    steps += replay(JSON.parse(Deno.readTextFileSync(new URL(name, DIRECTORY))));
  });
}

Deno.test("every step of the light client model was compared", () => {
  assertEquals([names.length, steps], [20, 62]);
});

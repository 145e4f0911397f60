import { assertEquals } from "@std/assert";
import { hexToBytes } from "../../node/core/bytes.ts";
import { gunzipSync } from "node:zlib";
import { contractCode } from "../helpers/contract_code.ts";
import { type Outcome, Player, type Report } from "../helpers/wasmvm_player.ts";
import { floatyRun, type Run, wasmvmRuns } from "../helpers/wasmvm_runs.ts";

const packed = Deno.readFileSync(new URL("wasmvm/outcomes.json.gz", import.meta.url));
const recorded: Record<string, Report> = JSON.parse(new TextDecoder().decode(gunzipSync(packed)));
const ERROR_TEXT_COMPARED = 8_000;
const player = new Player();

/** libwasmvm has several names for the end of the gas, by where it ended. */
function normal(outcome: Outcome): Outcome {
  const error = outcome.error?.toLowerCase();
  if (error === undefined) return outcome;
  // Ours cuts longer texts.
  if (error.length > ERROR_TEXT_COMPARED) return { error: outcome.error!.slice(0, ERROR_TEXT_COMPARED) };
  if (/out of gas/.test(error)) return { error: "out of gas" };
  // V8 does not say whether a float was too large for an integer or no number.
  return { error: outcome.error!.replace(/RuntimeError: integer overflow$/, "RuntimeError: invalid conversion to integer") };
}

/**
 * A NaN that comes out of a conversion between floats keeps its payload in Wasmer; ours has the one pattern of the rule
 * `canonicalise`. The specification allows both.
 */
function withoutPayloads(outcome: Outcome): Outcome {
  if (outcome.result === undefined) return outcome;
  const { ok } = JSON.parse(new TextDecoder().decode(hexToBytes(outcome.result)));
  const match = /^\{"([fu]32|[fu]64)":(\d+)\}$/.exec(atob(ok ?? ""));
  if (match === null) return outcome;
  const bits = new DataView(new ArrayBuffer(8));
  if (match[1]!.endsWith("32")) bits.setUint32(0, Number(match[2]));
  else bits.setBigUint64(0, BigInt(match[2]!));
  const value = match[1]!.endsWith("32") ? bits.getFloat32(0) : bits.getFloat64(0);
  return Number.isNaN(value) ? { result: match[1]! } : outcome;
}

async function compare(run: Run): Promise<void> {
  const ours = await player.play(run);
  const theirs = recorded[run.name]!;
  for (const [i, outcome] of theirs.outcomes.entries()) {
    const step = run.steps[i];
    const asked = step === undefined ? "store" : `${step.entry} ${new TextDecoder().decode(step.args.at(-1))}`;
    let [a, b] = [normal(ours.outcomes[i]!), normal(outcome)];
    if (/demote|promote/.test(asked)) [a, b] = [withoutPayloads(a), withoutPayloads(b)];
    assertEquals(a, b, `call ${i} of ${run.name}: ${asked}`);
  }
  if (run.endless !== true) assertEquals(ours.storage, theirs.storage ?? {}, `storage of ${run.name}`);
}

for (const run of wasmvmRuns()) {
  Deno.test(`ContractEngine answers as libwasmvm 3.0.2 does: ${run.name}`, () => compare(run));
}

Deno.test("ContractEngine computes floats as libwasmvm 3.0.2 does, every instruction", async () => {
  const floaty = contractCode("floaty_2.0");
  await compare(floatyRun((step) => player.ask(floaty, step)));
});

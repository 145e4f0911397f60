/** `catenary light`: believes a chain no more than its validators' signatures prove. @module */
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseHeight, parseRpcUrl } from "../args.ts";
import { CommandError, type Output, standardOutput, toJson } from "../output.ts";
import { jsonOption } from "./_options.ts";
import type { LightClientAttackEvidence } from "cosmjs-types/tendermint/types/evidence";
import type { BisectionPlan, Divergence, FailedBisection, KnownBlock, LightBlock } from "../../node/core/light/mod.ts";
import type { LightSource } from "../light_source.ts";

/** Two weeks: less than the usual unbonding period of three. */
const TRUSTING_PERIOD_MS = 14 * 24 * 3_600_000;
const CLOCK_DRIFT_MS = 10_000;
/** As CometBFT's light client. */
const BLOCK_LAG_MS = 10_000;

interface VerifyOptions {
  rpc: string;
  trustedHeight: bigint;
  trustedHash: Uint8Array;
  height?: bigint;
  witness: string[];
  trustLevel: BisectionPlan["trustLevel"];
  trustingPeriodMs: number;
  clockDriftMs: number;
  blockLagMs: number;
  report: boolean;
  json: boolean;
}

function parseHash(text: string): Uint8Array {
  const clean = text.replace(/^0x/i, "");
  if (!/^[0-9a-fA-F]{64}$/.test(clean)) throw new InvalidArgumentError("expected a hash, 64 hexadecimal digits");
  return Uint8Array.fromHex(clean);
}

function parseTrustLevel(text: string): BisectionPlan["trustLevel"] {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  if (!match) throw new InvalidArgumentError("expected a fraction from 1/3 to 1, for example 1/3");
  return { numerator: BigInt(match[1]!), denominator: BigInt(match[2]!) };
}

function parseDurationMs(text: string): number {
  if (!/^\d{1,14}$/.test(text)) throw new InvalidArgumentError("expected whole milliseconds");
  return Number(text);
}

/** Adds `light verify` to the program. */
export function addLightCommands(program: Command): void {
  program.command("light").description("a light client of any CometBFT v0.38 chain")
    .command("verify")
    .description("verify a block from one that is trusted, by the signatures of the validators")
    .requiredOption("--rpc <address>", "RPC address of a node of the chain", parseRpcUrl)
    .requiredOption("--trusted-height <n>", "height of the trusted block", parseHeight)
    .requiredOption("--trusted-hash <hex>", "hash of the trusted block", parseHash)
    .option("--height <n>", "height to verify; the newest unless given", parseHeight)
    .option(
      "--witness <address>",
      "another node that must have the same block; may be given again",
      (text: string, others: string[]) => [...others, parseRpcUrl(text)],
      [],
    )
    .addOption(
      new Option("--trust-level <fraction>", "trusted power that must have signed over skipped blocks")
        .argParser(parseTrustLevel).default({ numerator: 1n, denominator: 3n }, "1/3"),
    )
    .option(
      "--trusting-period-ms <ms>",
      "how long a block is trusted after its time",
      parseDurationMs,
      TRUSTING_PERIOD_MS,
    )
    .option("--clock-drift-ms <ms>", "how far a block's time may be ahead", parseDurationMs, CLOCK_DRIFT_MS)
    .option("--block-lag-ms <ms>", "how far an honest witness may be behind", parseDurationMs, BLOCK_LAG_MS)
    .option("--no-report", "do not send evidence of an attack to the nodes")
    .addOption(jsonOption())
    .action(verify);
}

/** What is printed of a verified block. */
function describe({ height, hash, block }: KnownBlock) {
  const { seconds } = block.signedHeader!.header!.time;
  return { height, hash: hash.toHex().toUpperCase(), time: new Date(Number(seconds) * 1000).toISOString() };
}

function printBlock(output: Output, known: KnownBlock): void {
  const { height, hash, time } = describe(known);
  if (!output.json) output.line(`height ${height}  ${hash}  ${time}`);
}

/** A witness that fails to answer has no block; the primary must answer. */
async function fetchBlock(
  sources: readonly LightSource[],
  source: number,
  height: bigint,
): Promise<LightBlock | undefined> {
  const asked = sources[source]!.lightBlock(height);
  if (source === 0) return await asked;
  return await asked.catch((error) => {
    if (error instanceof CommandError) return undefined;
    throw error;
  });
}

/** Evidence against one node, for another that believes something else. */
interface Accusation {
  readonly against: string;
  readonly to: LightSource;
  readonly evidence: LightClientAttackEvidence;
}

function accusationsOf(divergence: Divergence, sources: readonly LightSource[]): Accusation[] {
  const [primary, witness] = [sources[0]!, sources[divergence.witness]!];
  const { againstPrimary, againstWitness } = divergence;
  const accusations: Accusation[] = [{ against: primary.rpc, to: witness, evidence: againstPrimary }];
  if (againstWitness) accusations.push({ against: witness.rpc, to: primary, evidence: againstWitness });
  return accusations;
}

/** Who of the two lies cannot be told here, so each gets the evidence against the other; the liar refuses or drops it. */
async function report(divergence: Divergence, sources: readonly LightSource[], output: Output): Promise<void> {
  const reported = [];
  for (const { against, to, evidence } of accusationsOf(divergence, sources)) {
    const taken = await to.submitEvidence(evidence).then((hash) => ({ hash }), (error) => {
      if (error instanceof CommandError) return { refused: error.message };
      throw error;
    });
    reported.push({ against, to: to.rpc, ...taken });
    if (output.json) continue;
    const what = "hash" in taken ? `taken by ${to.rpc} as ${taken.hash}` : `not taken: ${taken.refused}`;
    output.line(`evidence against ${against} (${divergence.kind}): ${what}`);
  }
  const { kind, commonHeight } = divergence;
  if (output.json) output.line(toJson({ attack: { kind, commonHeight, evidence: reported } }));
}

function failure(state: FailedBisection, options: VerifyOptions): CommandError {
  const { code, reason, divergence } = state;
  const at = ({ height, hash }: KnownBlock, rpc: string) =>
    `${hash.toHex().toUpperCase()} at ${rpc} (height ${height})`;
  const more = divergence === undefined ? "" : [
    `: ${at(divergence.primary, options.rpc)}`,
    at(divergence.other, options.witness[divergence.witness - 1]!),
    `the same up to height ${divergence.commonHeight}`,
  ].join(", ");
  return new CommandError(`verify the chain at ${options.rpc}: ${reason}${more}`, code);
}

function waitFor(ms: number, witness: string, output: Output): Promise<void> {
  if (ms > 0 && !output.json) output.line(`witness ${witness} is behind: asked again in ${Math.ceil(ms / 1000)} s`);
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function verify(options: VerifyOptions): Promise<void> {
  const { answerBisection, startBisection } = await import("../../node/core/light/mod.ts");
  const { LightSource } = await import("../light_source.ts");
  const output = standardOutput(options.json);
  const sources = [options.rpc, ...options.witness].map((rpc) => new LightSource(rpc));
  const plan: BisectionPlan = {
    trusted: { height: options.trustedHeight, hash: options.trustedHash },
    targetHeight: options.height ?? await sources[0]!.latestHeight(),
    witnesses: options.witness.length,
    trustLevel: options.trustLevel,
    trustingPeriodMs: options.trustingPeriodMs,
    clockDriftMs: options.clockDriftMs,
    blockLagMs: options.blockLagMs,
  };
  let state = startBisection(plan);
  let printed = 0;
  while (state.tag === "asking") {
    if (state.waitMs > 0) await waitFor(state.waitMs, sources[state.source]!.rpc, output);
    const block = await fetchBlock(sources, state.source, state.height);
    state = answerBisection(state, block, plan, Date.now());
    for (; printed < state.verified.length; printed++) printBlock(output, state.verified[printed]!);
  }
  if (state.tag === "failed") {
    if (state.divergence !== undefined && options.report) await report(state.divergence, sources, output);
    throw failure(state, options);
  }
  const faults = state.faults.map(({ witness, reason }) => ({ witness: options.witness[witness - 1]!, reason }));
  if (output.json) {
    const verified = state.verified.map(describe);
    output.line(toJson({ ...verified.at(-1), verified, witnesses: { agreed: state.agreed, faults } }));
    return;
  }
  for (const { witness, reason } of faults) output.line(`witness ${witness} left out: ${reason}`);
  const agreed = options.witness.length === 0 ? "" : `, ${state.agreed} of ${options.witness.length} witnesses agree`;
  output.line(`height ${plan.targetHeight} is verified${agreed}`);
}

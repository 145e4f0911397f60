/**
 * CometBFT's own evidence pool and light client against ours: both make evidence, both judge it, also hundreds of pieces that
 * are false, and ours never takes what CometBFT refuses. Needs Go and its modules; where they cannot be had the test says
 * so and ends.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Evidence, type LightClientAttackEvidence } from "cosmjs-types/tendermint/types/evidence";
import { fileURLToPath } from "node:url";
import { decodeEvidence } from "../../node/core/types/mod.ts";
import { evidenceJson } from "../../node/rpc/json/block.ts";
import { AttackedChain, attacksOf, diceOf, mutateEvidence, randomAccusation } from "../helpers/attacks.ts";
import {
  describeEvidence,
  type EvidenceVectors,
  type GoVerdict,
  type JudgingChain,
  judgingChain,
  loadEvidenceVectors,
} from "../helpers/evidence_vectors.ts";

const FOLDER = fileURLToPath(new URL("./evidence/", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../dist/interop/evidence", import.meta.url));
const BYTES_MAX = 1_000_000;

async function run(command: string, args: string[]): Promise<{ ok: boolean; out: string; err: string }> {
  try {
    const output = await new Deno.Command(command, { args, cwd: FOLDER, env: { GOFLAGS: "-mod=readonly" } }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { ok: output.success, out: decode(output.stdout), err: decode(output.stderr) };
  } catch (error) {
    return { ok: false, out: "", err: (error as Error).message };
  }
}

/** Why there is no judge; undefined: it is built. */
async function build(): Promise<string | undefined> {
  const go = await run("go", ["version"]);
  if (!go.ok) return `Go is not installed here: ${go.err.trim()}`;
  const modules = await run("go", ["mod", "download"]);
  if (!modules.ok) return `the Go modules cannot be had here: ${modules.err.trim()}`;
  const built = await run("go", ["build", "-o", PROGRAM, "."]);
  assert(built.ok, built.err);
  return undefined;
}

type Question = { evidence: string } | { evidence_json: unknown };

/** Go's verdicts on all of `questions`, judged against `chain`. */
async function judge(chain: JudgingChain, questions: readonly Question[]): Promise<GoVerdict[]> {
  const process = new Deno.Command(PROGRAM, { args: ["judge"], stdin: "piped", stdout: "piped" }).spawn();
  const lines = [{ chain: chain.text() }, ...questions].map((each) => JSON.stringify(each));
  const written = new Blob([lines.join("\n")]).stream().pipeTo(process.stdin);
  const [{ stdout }] = await Promise.all([process.output(), written]);
  const answers = new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(answers.length, lines.length);
  return answers.slice(1);
}

/** Ours, of the same bytes: decoded as from a peer. */
function ours(chain: JudgingChain, bytes: Uint8Array): { ok: boolean; reason: string; evidence?: Evidence } {
  const decoded = decodeEvidence(bytes, BYTES_MAX);
  if (!decoded.ok) return { ok: false, reason: decoded.error.message };
  const judged = chain.judge(decoded.value);
  return judged.verdict === "valid"
    ? { ok: true, reason: "", evidence: decoded.value }
    : { ok: false, reason: judged.reason };
}

/** Judges by both; ours must never be laxer, and of what both take they must think the same. */
async function compare(chain: JudgingChain, pieces: readonly Uint8Array[]): Promise<Record<string, number>> {
  const theirs = await judge(chain, pieces.map((piece) => ({ evidence: piece.toHex() })));
  const counts = { pieces: pieces.length, both: 0, neither: 0, stricter: 0 };
  const stricter = new Map<string, number>();
  for (const [i, piece] of pieces.entries()) {
    const own = ours(chain, piece);
    const go = theirs[i]!;
    assert(go.ok || !own.ok, `laxer than CometBFT, which says: ${go.reason}; ${piece.toHex()}`);
    if (own.ok) {
      const { bytes: _, ...expected } = go;
      const { bytes: __, ...found } = describeEvidence(own.evidence!);
      assertEquals(found, expected);
      counts.both++;
    } else if (go.ok) {
      counts.stricter++;
      const reason = own.reason.replaceAll(/\d+/g, "#");
      stricter.set(reason, (stricter.get(reason) ?? 0) + 1);
    } else counts.neither++;
  }
  for (const [reason, count] of stricter) console.log(`  stricter, ${count} times: ${reason}`);
  return counts;
}

const encode = (attack: LightClientAttackEvidence) => Evidence.encode({ lightClientAttackEvidence: attack }).finish();

Deno.test("evidence: CometBFT's pool and light client, and ours", async (t) => {
  const missing = await build();
  if (missing !== undefined) return console.log(`skipped: ${missing}`);
  const vectors = loadEvidenceVectors();
  const chain = new AttackedChain();
  const attacks = attacksOf(chain);

  await t.step("what Go makes is what the fast tests have", async () => {
    const made = await run(PROGRAM, ["make"]);
    assert(made.ok, made.err);
    assertEquals(JSON.parse(made.out) as EvidenceVectors, vectors);
  });
  await t.step("what we make is accepted by Go, with the same hash and the same accused, also as JSON", async () => {
    const counts = await compare(chain, Object.values(attacks).map(encode));
    assertEquals(counts.both, Object.keys(attacks).length);
    const named = Object.values(attacks).filter(({ byzantineValidators }) => byzantineValidators.length > 0);
    const printed = named.map((attack) => ({ evidence_json: evidenceJson({ lightClientAttackEvidence: attack }) }));
    for (const [i, verdict] of (await judge(chain, printed)).entries()) {
      const { bytes: _, ...expected } = describeEvidence({ lightClientAttackEvidence: named[i]! });
      const { bytes: __, ...found } = verdict;
      assertEquals(found, expected);
    }
  });
  await t.step("random accusations: ours is never laxer", async () => {
    const dice = diceOf(1);
    const counts = await compare(chain, Array.from({ length: 1_500 }, () => encode(randomAccusation(chain, dice))));
    console.log(JSON.stringify(counts));
    assert(counts.both! > 20 && counts.neither! > 200, "the dice are loaded");
  });
  await t.step("mutated evidence: ours is never laxer", async () => {
    const dice = diceOf(2);
    const mutants = (evidence: Evidence, count: number) =>
      Array.from({ length: count }, () => mutateEvidence(evidence, dice));
    const mine = Object.values(attacks).flatMap((attack) => mutants({ lightClientAttackEvidence: attack }, 300));
    console.log(JSON.stringify(await compare(chain, mine)));
    const known = judgingChain(vectors.chain);
    const gos = vectors.cases.flatMap(({ bytes }) => mutants(Evidence.decode(Uint8Array.fromHex(bytes)), 300));
    const counts = await compare(known, gos);
    console.log(JSON.stringify(counts));
    assert(counts.neither! > 1_000, "mutants are refused");
  });
});

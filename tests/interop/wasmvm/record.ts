/**
 * Records what libwasmvm makes of the runs of tests/helpers/wasmvm_runs.ts:
 *
 *     deno run -A tests/interop/wasmvm/record.ts
 *
 * Needs Go, a C compiler, and the module github.com/CosmWasm/wasmvm/v3 v3.0.2 in Go's module cache. The judge uses that
 * module's own mocks, which are internal, so it is built inside of a copy.
 * @module
 */
import { gzipSync } from "node:zlib";
import { bytesToHex } from "../../../node/core/bytes.ts";
import { contractCode } from "../../helpers/contract_code.ts";
import { codeOf, Player, type Report } from "../../helpers/wasmvm_player.ts";
import { floatyRun, wasmvmRuns } from "../../helpers/wasmvm_runs.ts";

const MODULE = "github.com/!cosm!wasm/wasmvm/v3@v3.0.2";
const OUTPUT = new URL("../../vectors/wasmvm/outcomes.json.gz", import.meta.url);

async function run(command: string, args: string[], cwd: string, input?: string): Promise<string> {
  const child = new Deno.Command(command, { args, cwd, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  if (input !== undefined) await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr).slice(-2_000)}`);
  return new TextDecoder().decode(stdout);
}

const folder = await Deno.makeTempDir();
const cache = (await run("go", ["env", "GOMODCACHE"], folder)).trim();
await run("cp", ["-r", `${cache}/${MODULE}`, `${folder}/wasmvm`], folder);
await run("chmod", ["-R", "u+w", "."], `${folder}/wasmvm`);
await Deno.mkdir(`${folder}/wasmvm/cmd/judge`, { recursive: true });
await Deno.copyFile(new URL("main.go", import.meta.url), `${folder}/wasmvm/cmd/judge/main.go`);
await run("go", ["build", "-o", `${folder}/judge`, "./cmd/judge"], `${folder}/wasmvm`);

const player = new Player();
const floaty = contractCode("floaty_2.0");
const runs = [...wasmvmRuns(), floatyRun((step) => player.ask(floaty, step))];
const input = [];
for (const [i, one] of runs.entries()) {
  const path = `${folder}/${i}.wasm`;
  await Deno.writeFile(path, await codeOf(one));
  input.push({ code: path, steps: one.steps.map((step) => ({ ...step, args: step.args.map(bytesToHex) })) });
}
const reports: Report[] = JSON.parse(await run(`${folder}/judge`, [], folder, JSON.stringify(input)));
const named = Object.fromEntries(runs.map(({ name }, i) => [name, reports[i]]));
const text = JSON.stringify(named, (key, value) => key === "gas" ? undefined : value);
await Deno.writeFile(OUTPUT, new Uint8Array(gzipSync(text, { level: 9 })));
await Deno.remove(folder, { recursive: true });

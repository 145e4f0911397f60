/** Builds the Go judge where Go and its modules are to be had. @module */
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../ibc-go/", import.meta.url));

async function run(command: string, args: string[]): Promise<{ ok: boolean; text: string }> {
  try {
    const output = await new Deno.Command(command, { args, cwd: FOLDER, env: { GOFLAGS: "-mod=readonly" } }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { ok: output.success, text: decode(output.stdout) + decode(output.stderr) };
  } catch (error) {
    return { ok: false, text: (error as Error).message };
  }
}

/** Builds into `folder`; answers the path of the program, or why there is none. Throws when Go refuses the source. */
export async function buildJudge(folder: string): Promise<{ path: string } | { missing: string }> {
  const go = await run("go", ["version"]);
  if (!go.ok) return { missing: `Go is not installed here: ${go.text.trim()}` };
  const modules = await run("go", ["mod", "download"]);
  if (!modules.ok) return { missing: `the Go modules cannot be had here: ${modules.text.trim()}` };
  const path = `${folder}/judge`;
  const built = await run("go", ["build", "-o", path, "."]);
  if (!built.ok) throw new Error(built.text);
  return { path };
}

let built: Promise<{ path: string } | { missing: string }> | undefined;

/**
 * Runs `use` with the judge; says why where it cannot be had. It is built into `dist/`, where Go sees that nothing has
 * changed: linking takes longer than anything that is judged.
 */
export async function withJudge(use: (path: string) => Promise<void>): Promise<void> {
  const judge = await (built ??= buildJudge(fileURLToPath(new URL("../../../dist/interop", import.meta.url))));
  if ("missing" in judge) return console.log(`skipped: ${judge.missing}`);
  await use(judge.path);
}

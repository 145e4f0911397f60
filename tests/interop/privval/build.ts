/** Builds CometBFT's signer where Go and its modules are to be had. @module */
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("./", import.meta.url));
/** Go sees there that nothing has changed. */
const PROGRAM = fileURLToPath(new URL("../../../dist/interop/privval", import.meta.url));

async function run(command: string, args: string[]): Promise<{ ok: boolean; text: string }> {
  try {
    const output = await new Deno.Command(command, { args, cwd: FOLDER, env: { GOFLAGS: "-mod=readonly" } }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { ok: output.success, text: decode(output.stdout) + decode(output.stderr) };
  } catch (error) {
    return { ok: false, text: (error as Error).message };
  }
}

let built: Promise<{ path: string } | { missing: string }> | undefined;

/** The path of the program, or why there is none. Throws when Go refuses the source. */
export const buildGo = (): Promise<{ path: string } | { missing: string }> => built ??= build();

async function build(): Promise<{ path: string } | { missing: string }> {
  const go = await run("go", ["version"]);
  if (!go.ok) return { missing: `Go is not installed here: ${go.text.trim()}` };
  const modules = await run("go", ["mod", "download"]);
  if (!modules.ok) return { missing: `the Go modules cannot be had here: ${modules.text.trim()}` };
  const program = await run("go", ["build", "-o", PROGRAM, "."]);
  if (!program.ok) throw new Error(program.text);
  return { path: PROGRAM };
}

/** How this program starts itself again. @module */
import { fileURLToPath } from "node:url";

/** As the task `node` has them: most of what a node allocates lives as long as a block, too long for V8's own choice. */
const V8_FLAGS = "--v8-flags=--max-semi-space-size=32,--min-semi-space-size=16,--expose-gc";
const PERMISSIONS = ["net", "read", "write", "env", "sys"].map((name) => `--allow-${name}`);

/** The command that runs `catenary ARGS` in a process of its own: the binary, or Deno with the source. */
export function selfCommand(args: readonly string[], options: Omit<Deno.CommandOptions, "args">): Deno.Command {
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const source = ["run", V8_FLAGS, "--no-check", "--quiet", "--config", config, ...PERMISSIONS, main];
  return new Deno.Command(Deno.execPath(), {
    ...options,
    args: Deno.build.standalone ? [...args] : [...source, ...args],
  });
}

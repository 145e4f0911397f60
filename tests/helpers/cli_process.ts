/** The `catenary` command in a process and a folder of its own. @module */
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

export interface CliProcessOptions {
  /** Where it runs; what it names without a folder is there. */
  readonly cwd: string;
  /** Beside what this process has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Beside those of every command. */
  readonly permissions?: readonly string[];
}

/** Arguments of `deno` that run the command from source; `permissions` beside those of every command. */
export const runArguments = (args: readonly string[], permissions: readonly string[] = []): string[] => [
  "run",
  "--no-check",
  "--quiet",
  "--config",
  CONFIG,
  "--allow-net=127.0.0.1",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  ...permissions,
  MAIN,
  ...args,
];

/** Runs `catenary ARGS` to its end, with nothing on its standard input. */
export async function catenaryProcess(
  args: readonly string[],
  options: CliProcessOptions,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: runArguments(args, options.permissions),
    cwd: options.cwd,
    env: { ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

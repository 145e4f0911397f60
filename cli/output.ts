/** What commands print: text for people, JSON for programs, errors that tell what to do next. @module */
import { IoError } from "../node/core/errors.ts";

/** Where a command writes; tests pass their own. */
export interface Output {
  readonly json: boolean;
  line(text: string): void;
}

const encoder = new TextEncoder();

/** Writes to standard output. */
export function standardOutput(json: boolean): Output {
  return { json, line: (text) => writeAll(Deno.stdout, text + "\n") };
}

function writeAll(to: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += to.writeSync(bytes.subarray(written));
  } catch (error) {
    // The reader went away (`catenary … | head`): nothing left to tell it.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** bigint as a decimal string, bytes as base64: the forms of protobuf JSON. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, item) => typeof item === "bigint" ? item.toString() : item instanceof Uint8Array ? item.toBase64() : item,
    indent,
  );
}

/** Prints `value` as one JSON line with `--json`, otherwise `text`. */
export function print(output: Output, value: unknown, text: string): void {
  output.line(output.json ? toJson(value) : text);
}

/** How this program was called, for advice to the user. */
export const commandName = (): string => Deno.build.standalone ? "catenary" : "deno task cli";

/** Rows with their columns one under another; the last column is as wide as it likes. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => widths[at] = Math.max(widths[at] ?? 0, cell.length));
  return rows.map((row) => row.map((cell, at) => at === row.length - 1 ? cell : cell.padEnd(widths[at]!)).join("  "))
    .map((line) => line.trimEnd()).join("\n");
}

/** A failure whose message is for the user, without a stack trace. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(message: string, readonly code: string = "failed") {
    super(message);
  }
}

/** What the world refuses (a file, an address) is no bug of ours: the user needs its message, not our stack. */
const SYSTEM_ERRORS = [
  Deno.errors.PermissionDenied,
  Deno.errors.NotCapable,
  Deno.errors.NotFound,
  Deno.errors.NotADirectory,
  Deno.errors.IsADirectory,
  Deno.errors.FilesystemLoop,
];

function codeOf(error: unknown): string | undefined {
  if (error instanceof CommandError || error instanceof IoError) return error.code;
  return SYSTEM_ERRORS.some((kind) => error instanceof kind) ? "system" : undefined;
}

/** Prints `error` to standard error and returns the exit code. */
export function printError(error: unknown, json: boolean): number {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) writeAll(Deno.stderr, JSON.stringify({ error: { code: code ?? "internal", message } }) + "\n");
  else if (code !== undefined) writeAll(Deno.stderr, `catenary: ${message}\n`);
  else writeAll(Deno.stderr, `catenary: ${error instanceof Error ? error.stack ?? message : message}\n`);
  return 1;
}

/** A configuration from a file. @module */
import { dirname, isAbsolute, join } from "node:path";
import { IoError } from "../../node/core/errors.ts";
import { parseRelayerToml } from "./parse.ts";
import type { RelayerConfig } from "./types.ts";

/**
 * Reads a `relayer.toml`; names of files in it are relative to its folder. Throws an IoError `config_missing`,
 * `config_unreadable` or `config_invalid` that says what and where.
 */
export async function loadRelayerConfig(file: string): Promise<RelayerConfig> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    const missing = cause instanceof Deno.errors.NotFound;
    const message = missing
      ? `read ${file}: there is no such file; make one with: catenary relayer init --config ${file}`
      : `read ${file}: ${(cause as Error).message}`;
    throw new IoError(missing ? "config_missing" : "config_unreadable", message, { cause });
  }
  const folder = dirname(file);
  const parsed = parseRelayerToml(text, file, (name) => isAbsolute(name) ? name : join(folder, name));
  if (!parsed.ok) throw new IoError("config_invalid", parsed.error.message);
  return parsed.value;
}

/** A `relayer.toml` as `catenary relayer init` writes it: what was given, and every other field at its default with its meaning. @module */
import type { z } from "zod";
import { CHAIN_SHAPE, PATH_SHAPE, type RelayerConfigInput, SECTIONS } from "./schema.ts";

type Shape = Readonly<Record<string, z.ZodType>>;
type Table = Readonly<Record<string, unknown>>;

const HEAD = `# Catenary relayer. Every field that stands behind a # is optional and shows its default.
# Durations have units: 500ms, 10s, 5m, 12h, 14d. Names of files are relative to this file.
# Secrets do not belong here: a wallet names a file or an environment variable that holds its mnemonic or key.`;

/** The text of a configuration. Pieces that `input` leaves out are shown, commented, at their defaults. */
export function relayerToml(input: RelayerConfigInput): string {
  const lines = [HEAD];
  for (const [section, schema] of Object.entries(SECTIONS)) {
    const given: Table = input[section as keyof typeof SECTIONS] ?? {};
    lines.push("", `[${section}]`, ...fields(schema.shape as Shape, given, true));
  }
  (input.chains ?? []).forEach((chain, index) => {
    lines.push("", "[[chains]]", ...fields(CHAIN_SHAPE as unknown as Shape, chain, index === 0));
  });
  (input.paths ?? []).forEach((path, index) => {
    lines.push("", "[[paths]]", ...fields(PATH_SHAPE as unknown as Shape, path, index === 0));
  });
  return lines.join("\n") + "\n";
}

/** Lines of a table. With `all`, also what was not given, where it has a default. */
function fields(shape: Shape, given: Table, all: boolean): string[] {
  const lines: string[] = [];
  for (const [key, schema] of Object.entries(shape)) {
    const value = given[key];
    const fallback = value === undefined && all ? defaultOf(schema) : undefined;
    if (value === undefined && fallback === undefined && !(all && schema.description !== undefined)) continue;
    if (all && schema.description !== undefined) lines.push(`# ${schema.description}`);
    if (value !== undefined) lines.push(`${key} = ${tomlValue(value)}`);
    else if (fallback !== undefined) lines.push(`# ${key} = ${tomlValue(fallback)}`);
    else lines.push(`# ${key} = ${key.includes("token") ? '""' : "…"}`);
  }
  return lines;
}

/** What stands in the file when nothing does: the default as it would be written. */
function defaultOf(schema: z.ZodType): unknown {
  const { def } = schema as unknown as { def: { type: string; defaultValue?: unknown; innerType?: z.ZodType } };
  if (def.type === "default" || def.type === "prefault") return def.defaultValue;
  return undefined;
}

/** A value of TOML on one line. JSON's strings are TOML's; its objects are not. */
export function tomlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).filter(([, item]) => item !== undefined)
      .map(([key, item]) => `${key} = ${tomlValue(item)}`);
    return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
  }
  return JSON.stringify(value);
}

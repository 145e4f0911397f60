/** The configuration file as text. @module */
import { parse } from "@std/toml";
import type { z } from "zod";
import { err, type Result } from "../core/result.ts";
import { IoError } from "../core/errors.ts";
import { configError, type NodeConfig, type NodeConfigInput, nodeConfigSchema, parseNodeConfig } from "./schema.ts";

/** Parses `node.toml`. `source` is how errors name it. */
export function parseNodeToml(text: string, source: string): Result<NodeConfig> {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return err(configError(2, `read ${source}: not TOML: ${reason}`));
  }
  return parseNodeConfig(raw, source);
}

/**
 * A `node.toml` with every field and its meaning beside it: `values` where given, elsewhere the defaults. Throws an IoError
 * `config_invalid` when `values` are none.
 */
export function defaultNodeToml(values: NodeConfigInput = {}): string {
  const lines = ["# Catenary node. Every field is optional; what is left out is as in the file that init writes."];
  const parsed = parseNodeConfig(values, "the values of a new node.toml");
  if (!parsed.ok) throw new IoError("config_invalid", parsed.error.message);
  const fields = parsed.value as unknown as Record<string, Record<string, unknown>>;
  for (const [section, wrapped] of Object.entries(nodeConfigSchema.shape)) {
    lines.push("", `[${section}]`);
    const shape = (wrapped.unwrap() as z.ZodObject).shape;
    for (const [key, field] of Object.entries(shape)) {
      const meaning = (field as z.ZodType).description;
      if (meaning !== undefined) lines.push(`# ${meaning}`);
      lines.push(`${key} = ${JSON.stringify(fields[section]![key])}`);
    }
  }
  return lines.join("\n") + "\n";
}

/** The configuration file as text. @module */
import { parse } from "@std/toml";
import type { z } from "zod";
import { err, type Result } from "../core/result.ts";
import { configError, type NodeConfig, nodeConfigSchema, parseNodeConfig } from "./schema.ts";

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

/** A `node.toml` with every field at its default and its meaning beside it. */
export function defaultNodeToml(): string {
  const lines = ["# Catenary node. Every field is optional; what stands here are the defaults."];
  const defaults = nodeConfigSchema.parse({}) as Record<string, Record<string, unknown>>;
  for (const [section, wrapped] of Object.entries(nodeConfigSchema.shape)) {
    lines.push("", `[${section}]`);
    const shape = (wrapped.unwrap() as z.ZodObject).shape;
    for (const [key, field] of Object.entries(shape)) {
      const meaning = (field as z.ZodType).description;
      if (meaning !== undefined) lines.push(`# ${meaning}`);
      lines.push(`${key} = ${JSON.stringify(defaults[section]![key])}`);
    }
  }
  return lines.join("\n") + "\n";
}

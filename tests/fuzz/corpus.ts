/**
 * Inputs that are kept: for each target a text with one input a line, its name and its bytes in hexadecimal. `made/` is what
 * `make_corpus.ts` makes of the targets' seeds; `found/` is every input that ever broke something.
 * @module
 */
import type { Target } from "./target.ts";

const FOLDER = new URL("./corpus/", import.meta.url);

export interface Kept {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const pathOf = (kind: "made" | "found", target: string) => new URL(`${kind}/${target}.txt`, FOLDER);

function read(kind: "made" | "found", target: string): Kept[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(pathOf(kind, target));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const [name, hex = ""] = line.split(" ");
    return { name: name!, bytes: Uint8Array.fromHex(hex) };
  });
}

/** What is kept of a target. */
export const corpusOf = (target: Target): Kept[] => [...read("made", target.name), ...read("found", target.name)];

/** The text of a target's seeds. */
export function textOfSeeds(seeds: readonly Uint8Array[]): string {
  return seeds.map((bytes, i) => `seed-${i} ${bytes.toHex()}\n`).join("");
}

export const readMade = (target: Target): string => Deno.readTextFileSync(pathOf("made", target.name));
export const writeMade = (target: Target, text: string): void =>
  Deno.writeTextFileSync(pathOf("made", target.name), text);

/** Keeps an input that broke something. */
export function keepFound(target: Target, name: string, bytes: Uint8Array): void {
  Deno.writeTextFileSync(pathOf("found", target.name), `${name} ${bytes.toHex()}\n`, { append: true });
}

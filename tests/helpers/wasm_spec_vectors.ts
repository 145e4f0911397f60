/** The WebAssembly specification's test suite as it is in `tests/vectors/wasm-spec`. @module */
import { gunzipSync } from "node:zlib";

export interface SpecScript<Command = SpecModuleCommand> {
  readonly version: "v1" | "v2" | "threads";
  readonly name: string;
  readonly commands: readonly Command[];
  /** Modules in base64, by the file name that commands call them. */
  readonly modules: Readonly<Record<string, string>>;
}

/** What all commands have. `text`: the reason of a refusal. */
export interface SpecModuleCommand {
  readonly type: string;
  readonly line: number;
  readonly filename?: string;
  readonly text?: string;
}

const folder = new URL("../vectors/wasm-spec/", import.meta.url);

/** The scripts of one file, in alphabetical order. */
export function specScripts<Command = SpecModuleCommand>(file: "v1" | "v2" | "proposals"): SpecScript<Command>[] {
  const text = new TextDecoder().decode(gunzipSync(Deno.readFileSync(new URL(`${file}.jsonl.gz`, folder))));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** The bytes of a module that a command names. */
export const specModule = ({ modules }: SpecScript<unknown>, filename: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.fromBase64(modules[filename]!);

/**
 * The SDK's `buildContract`, remembered between processes in the folder for temporary files: loading the compiler and compiling
 * is most of what tests of contracts take. The key is everything that the result depends on (sources of the contract and of
 * the SDK, the compiler's version, options), and only what compiled is kept, so that a mistake is told each time.
 * @module
 */
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import configuration from "../../deno.json" with { type: "json" };
import { buildContract as build, type BuildOptions, contractEntry } from "../../contracts/sdk/mod.ts";

const SDK = new URL("../../contracts/sdk/", import.meta.url);
/** Results that are kept; the oldest go. */
const FILES_MAX = 200;
const DIGEST_BYTES = 32;

const sha256 = (...parts: (string | Uint8Array)[]): Uint8Array => {
  const hash = createHash("sha256");
  // With lengths, so that no two lists of parts are the same bytes.
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return new Uint8Array(hash.digest());
};

/** Names and texts of the sources under a folder, sorted; tests are none. */
async function sourcesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entries = (await Array.fromAsync(Deno.readDir(folder))).sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await sourcesOf(path));
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) found.push(path, await Deno.readTextFile(path));
  }
  return found;
}

let compiler: Promise<string[]> | undefined;

/** The compiler's version, and the SDK around it. */
async function compilerParts(): Promise<string[]> {
  return [configuration.imports["assemblyscript/"], ...await sourcesOf(fileURLToPath(SDK))];
}

/** What `make` gives, or gave in another process for the same parts. They must be all that it depends on. */
export async function remembered(
  parts: readonly (string | Uint8Array)[],
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const folder = await ownFolder();
  if (folder === undefined) return await make();
  const path = join(folder, sha256(...parts).toHex());
  const known = await Deno.readFile(path).catch(() => undefined);
  const wasm = known?.slice(DIGEST_BYTES);
  if (wasm !== undefined && sha256(wasm).toHex() === known!.slice(0, DIGEST_BYTES).toHex()) return wasm;
  const made = await make();
  await keep(folder, path, made);
  return made;
}

/** A folder that nobody else writes to; undefined when there is none. */
async function ownFolder(): Promise<string | undefined> {
  const uid = Deno.uid();
  const folder = join(tmpdir(), `catenary-built-contracts-${uid ?? "all"}`);
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const { uid: owner, isDirectory } = await Deno.lstat(folder);
    return isDirectory && owner === uid ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all, whoever else is at it. What cannot be kept is made again next time. */
async function keep(folder: string, path: string, wasm: Uint8Array): Promise<void> {
  const draft = `${path}.${crypto.randomUUID()}`;
  const bytes = new Uint8Array(DIGEST_BYTES + wasm.length);
  bytes.set(sha256(wasm));
  bytes.set(wasm, DIGEST_BYTES);
  try {
    await Deno.writeFile(draft, bytes);
    await Deno.rename(draft, path);
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => join(folder, name));
    if (names.length <= FILES_MAX) return;
    const aged = await Promise.all(names.map(async (name) => ({ name, age: (await Deno.stat(name)).mtime! })));
    aged.sort((a, b) => Number(a.age) - Number(b.age));
    for (const { name } of aged.slice(0, names.length - FILES_MAX)) await Deno.remove(name);
  } catch {
    // A full disk, or another process that was quicker.
  }
}

/** As the SDK's. */
export async function buildContract(entryFile: string | URL, options: BuildOptions = {}): Promise<Uint8Array> {
  const entry = await contractEntry(entryFile instanceof URL ? fileURLToPath(entryFile) : entryFile);
  const sources = await sourcesOf(dirname(entry)).catch(() => undefined);
  // Sources from elsewhere are not in the key.
  if (sources === undefined || sources.some((text) => /["']\.\.\//.test(text))) return await build(entryFile, options);
  compiler ??= compilerParts();
  const parts = [...await compiler, entry, JSON.stringify(options), ...sources];
  return await remembered(parts, () => build(entryFile, options));
}

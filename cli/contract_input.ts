/** What users give to the commands of contracts: messages, salts, keys, names of accounts. @module */
import { InvalidArgumentError } from "commander";
import { CommandError } from "./output.ts";

/** Longest message that is read, in bytes: a transaction has no room for more. */
const MESSAGE_BYTES_MAX = 1024 * 1024;
const encoder = new TextEncoder();

/** The bytes of standard input, refused when they are more than `bytesMax`. */
async function readInput(bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of Deno.stdin.readable) {
    length += chunk.length;
    if (length > bytesMax) throw new CommandError(`read standard input: more than ${bytesMax} bytes`, "too_large");
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The bytes of a file, or of standard input for `-`. */
export async function readBytes(path: string, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  if (path === "-") return new Uint8Array(await readInput(bytesMax));
  const { size, isDirectory } = await Deno.stat(path).catch((error: Error) => {
    throw new CommandError(`read ${path}: ${error.message}`, "unreadable");
  });
  if (isDirectory) throw new CommandError(`read ${path}: it is a folder`, "unreadable");
  if (size > bytesMax) throw new CommandError(`read ${path}: ${size} bytes, limit ${bytesMax}`, "too_large");
  return await Deno.readFile(path);
}

/** The code of a contract: the bytes of a file, uncompressed when that is an archive of gzip, as published ones often are. */
export async function readCode(path: string, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readBytes(path, bytesMax);
  const { isGzip, uncompress } = await import("../node/modules/wasm/mod.ts");
  if (!isGzip(bytes)) return bytes;
  const plain = uncompress(bytes, bytesMax);
  if (!plain.ok) throw new CommandError(`uncompress ${path}: ${plain.error}`, "unreadable");
  return new Uint8Array(plain.value);
}

/**
 * The bytes of a JSON message as they were written: numbers of 64 bits stay what they are. `text` is the message, `@FILE`, or
 * `-` for standard input.
 */
export async function readMessage(what: string, text: string): Promise<Uint8Array> {
  const source = text === "-" ? "standard input" : text.startsWith("@") ? text.slice(1) : undefined;
  const bytes = source === undefined
    ? encoder.encode(text)
    : await readBytes(text === "-" ? "-" : text.slice(1), MESSAGE_BYTES_MAX);
  const written = new TextDecoder().decode(bytes).trim();
  try {
    JSON.parse(written);
  } catch (error) {
    const where = source === undefined ? "" : ` in ${source}`;
    throw new CommandError(
      `${what}: the message${where} is not JSON (${(error as Error).message}); ` +
        `quote it for the shell, '{"key":"value"}', or give @FILE, or - for standard input`,
      "usage",
    );
  }
  return encoder.encode(written);
}

/** The id of a code: a whole number from 1. */
export function parseCodeId(text: string): bigint {
  if (!/^[1-9]\d{0,19}$/.test(text) || BigInt(text) >= 1n << 64n) {
    throw new InvalidArgumentError("expected the id of a code, a whole number from 1");
  }
  return BigInt(text);
}

/** Bytes as text or, after `0x`, in hexadecimal. */
export function parseText(text: string): Uint8Array {
  if (!/^0x/i.test(text)) return encoder.encode(text);
  if (!/^0x(?:[0-9a-fA-F]{2})*$/i.test(text)) {
    throw new InvalidArgumentError("expected text, or 0x and an even number of hexadecimal digits");
  }
  return Uint8Array.fromHex(text.slice(2));
}

/** A salt of `instantiate2`: 1 to 64 bytes. */
export function parseSalt(text: string): Uint8Array {
  const bytes = parseText(text);
  if (bytes.length === 0 || bytes.length > 64) throw new InvalidArgumentError("expected 1 to 64 bytes");
  return bytes;
}

/** An address as it is, or that of a key of ours by its name. */
export async function addressOf(home: string, text: string): Promise<string> {
  const { BECH32_PREFIX } = await import("../node/development.ts");
  if (text.startsWith(`${BECH32_PREFIX}1`)) return text;
  // Not what a key is called, in all likelihood.
  if (/^[a-z]+1[02-9ac-hj-np-z]{38,}$/.test(text)) {
    throw new CommandError(
      `use ${text}: an address of another chain; here they begin with ${BECH32_PREFIX}1`,
      "usage",
    );
  }
  const { showKey } = await import("./keyring.ts");
  return (await showKey(home, text)).address;
}

/** JSON of a contract for people: indented, its numbers as they were written. The text itself when it is no JSON. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text, keepNumbers as Parameters<typeof JSON.parse>[1]), undefined, 2);
  } catch {
    return text;
  }
}

/** The same on one line, for programs; undefined when it is no JSON. */
export function oneLineJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text, keepNumbers as Parameters<typeof JSON.parse>[1]));
  } catch {
    return undefined;
  }
}

// JSON.rawJSON and the third argument of a reviver are V8's; TypeScript's library does not have them yet.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
const keepNumbers = (_key: string, value: unknown, { source }: { source?: string }): unknown =>
  typeof value === "number" && source !== undefined ? rawJSON(source) : value;

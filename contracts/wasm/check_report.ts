/** What is known of a contract's code without running it. @module */
import { sha256 } from "@noble/hashes/sha2.js";
import type { CodeReport, EntryPoint } from "../engine.ts";
import type { WasmModule } from "./module.ts";

/** All entry points, as exports are called. */
export const ENTRY_POINTS: readonly EntryPoint[] = [
  "instantiate",
  "execute",
  "query",
  "migrate",
  "reply",
  "sudo",
  "ibc_channel_open",
  "ibc_channel_connect",
  "ibc_channel_close",
  "ibc_packet_receive",
  "ibc_packet_ack",
  "ibc_packet_timeout",
  "ibc_source_callback",
  "ibc_destination_callback",
];

/** The custom section with the version of a contract's state (CosmWasm 2.2), in decimal digits. */
const MIGRATE_VERSION_SECTION = "cw_migrate_version";
const U64_MAX = 2n ** 64n - 1n;

/** Names of exported functions with a prefix. */
export function functionExports({ exports }: WasmModule, prefix = ""): string[] {
  return exports.filter(({ name, kind }) => kind === "function" && name.startsWith(prefix)).map(({ name }) => name);
}

/** The report on a module that `checkContract` has nothing against. */
export function reportOf(module: WasmModule): CodeReport {
  const there = new Set(functionExports(module));
  const capabilities = functionExports(module, "requires_").map((name) => name.slice("requires_".length));
  return {
    checksum: sha256(module.bytes),
    entryPoints: new Set(ENTRY_POINTS.filter((name) => there.has(name))),
    requiredCapabilities: capabilities.filter((name) => name !== "").sort(),
    migrateVersion: migrateVersion(module) ?? undefined,
  };
}

/** Of the last section that says one; undefined: there is none, null: it is no number of 64 bits. */
export function migrateVersion({ bytes, customs }: WasmModule): bigint | null | undefined {
  let version: bigint | null | undefined;
  for (const { name, start, end } of customs) {
    if (name !== MIGRATE_VERSION_SECTION) continue;
    version = decimal(bytes.subarray(start, end));
    if (version === null) return null;
  }
  return version;
}

/** Digits, with a plus before them if they like, as Rust reads a `u64`. */
function decimal(bytes: Uint8Array): bigint | null {
  const digits = bytes[0] === 0x2b ? bytes.subarray(1) : bytes;
  if (digits.length === 0) return null;
  let value = 0n;
  for (const byte of digits) {
    if (byte < 0x30 || byte > 0x39) return null;
    value = value * 10n + BigInt(byte - 0x30);
    if (value > U64_MAX) return null;
  }
  return value;
}

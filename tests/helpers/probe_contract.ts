/**
 * A contract that does what its message says, byte by byte: pokes into its own memory and calls host functions with any
 * arguments. For what no honest contract does.
 * @module
 */
import { CONTRACT_IMPORTS } from "../../contracts/wasm/mod.ts";
import configuration from "../../deno.json" with { type: "json" };
import { concatBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { remembered } from "./built_contract.ts";

/** How many u32 each import takes. */
const ARITY: Readonly<Record<string, number>> = {
  abort: 1,
  db_read: 1,
  db_write: 2,
  db_remove: 1,
  addr_validate: 1,
  addr_canonicalize: 2,
  addr_humanize: 2,
  bls12_381_aggregate_g1: 2,
  bls12_381_aggregate_g2: 2,
  bls12_381_pairing_equality: 4,
  bls12_381_hash_to_g1: 4,
  bls12_381_hash_to_g2: 4,
  secp256k1_verify: 3,
  secp256k1_recover_pubkey: 3,
  secp256r1_verify: 3,
  secp256r1_recover_pubkey: 3,
  ed25519_verify: 3,
  ed25519_batch_verify: 3,
  debug: 1,
  query_chain: 1,
  db_scan: 3,
  db_next: 1,
  db_next_key: 1,
  db_next_value: 1,
};

const NOTHING = new Set(["abort", "db_write", "db_remove", "debug"]);
const WIDE = new Set(["secp256k1_recover_pubkey", "secp256r1_recover_pubkey"]);
const FIRST_IMPORT = 32;

const OP = {
  poke: 0,
  bytes: 1,
  peek: 2,
  trap: 3,
  spin: 4,
  recurse: 5,
  grow: 6,
  region: 7,
  badAllocate: 8,
  divide: 9,
  size: 10,
};

/** Part of a message. */
export type Step = Uint8Array;

function step(op: number, ...values: number[]): Step {
  const bytes = new Uint8Array(1 + 4 * values.length);
  bytes[0] = op;
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(1 + 4 * i, value >>> 0, true));
  return bytes;
}

/** Writes a u32. */
export const poke = (at: number, value: number): Step => step(OP.poke, at, value);
/** Writes bytes. */
export const put = (at: number, data: Uint8Array): Step => concatBytes(step(OP.bytes, at, data.length), data);
/** Answers the u32 at an address. */
export const peek = (at: number): Step => step(OP.peek, at);
export const trap: Step = step(OP.trap);
export const divideByZero: Step = step(OP.divide);
export const spin: Step = step(OP.spin);
export const recurse: Step = step(OP.recurse);
/** Grows the memory; answers as `memory.grow`. */
export const grow = (pages: number): Step => step(OP.grow, pages);
/** Answers the pages of the memory. */
export const size: Step = step(OP.size);
/** Answers length and bytes of the region that the last host function gave. */
export const given: Step = step(OP.region);
/** From now on `allocate` misbehaves: 1 answers 0, 2 traps, 3 calls `db_read`, 4 answers a pointer to nothing. */
export const allocateWrongly = (how: number): Step => step(OP.badAllocate, how);
/** Calls a host function; answers its result (two words for an i64, none for nothing). */
export const callHost = (name: string, ...args: number[]): Step =>
  step(FIRST_IMPORT + CONTRACT_IMPORTS.indexOf(name), ...args);

/** Three numbers at `at`, and bytes behind them: a region as it should be. Its length is `12 + data.length`. */
export const region = (at: number, data: Uint8Array | string): Step => {
  const bytes = typeof data === "string" ? utf8ToBytes(data) : data;
  return concatBytes(poke(at, at + 12), poke(at + 4, bytes.length), poke(at + 8, bytes.length), put(at + 12, bytes));
};

/** An empty region with room. */
export const room = (at: number, capacity: number): Step =>
  concatBytes(poke(at, at + 12), poke(at + 4, capacity), poke(at + 8, 0));

function source(): string {
  const imports = CONTRACT_IMPORTS.map((name) => {
    const params = Array.from({ length: ARITY[name]! }, (_, i) => `a${i}: u32`).join(", ");
    const result = NOTHING.has(name) ? "void" : WIDE.has(name) ? "u64" : "u32";
    return `@external("env", "${name}") declare function ${name}(${params}): ${result};`;
  });
  const cases = CONTRACT_IMPORTS.map((name, i) => {
    const args = Array.from({ length: ARITY[name]! }, () => "word()").join(", ");
    const call = `${name}(${args})`;
    if (NOTHING.has(name)) return `case ${FIRST_IMPORT + i}: ${call}; break;`;
    if (WIDE.has(name)) {
      return `case ${
        FIRST_IMPORT + i
      }: { const r = ${call}; last = <u32>r; emit(<u32>r); emit(<u32>(r >> 32)); break; }`;
    }
    return `case ${FIRST_IMPORT + i}: last = ${call}; emit(last); break;`;
  });
  return `
${imports.join("\n")}
let top: u32 = 0x10000;
let at: u32 = 0;
let end: u32 = 0;
let out: u32 = 0;
let last: u32 = 0;
let wrong: u32 = 0;
function reserve(n: u32): u32 {
  const start = (top + 7) & ~7;
  top = start + n;
  const pages = (top + 0xffff) >> 16;
  if (pages > <u32>memory.size()) memory.grow(pages - memory.size());
  return start;
}
export function allocate(size: u32): u32 {
  if (wrong == 1) return 0;
  if (wrong == 2) unreachable();
  if (wrong == 3) return db_read(0x8000);
  if (wrong == 4) return 0xfffffff8;
  const region = reserve(12);
  const data = reserve(size);
  store<u32>(region, data);
  store<u32>(region, size, 4);
  store<u32>(region, 0, 8);
  return region;
}
export function deallocate(pointer: u32): void {}
export function interface_version_8(): void {}
function word(): u32 { const value = load<u32>(at); at += 4; return value; }
function emit(value: u32): void { store<u32>(out + 16 + load<u32>(out, 8), value); store<u32>(out + 8, load<u32>(out, 8) + 4); }
function deeper(n: u32): u32 { return n == 0 ? 0 : deeper(n + 1) + n; }
function run(message: u32): u32 {
  at = load<u32>(message);
  end = at + load<u32>(message, 8);
  out = reserve(16 + 65536);
  store<u32>(out, out + 16);
  store<u32>(out, 65536, 4);
  store<u32>(out, 0, 8);
  while (at < end) {
    const op = load<u8>(at++);
    switch (op) {
      case 0: { const to = word(); store<u32>(to, word()); break; }
      case 1: { const to = word(); const n = word(); memory.copy(to, at, n); at += n; break; }
      case 2: emit(load<u32>(word())); break;
      case 3: unreachable(); break;
      case 4: while (true) {}
      case 5: emit(deeper(1)); break;
      case 6: emit(memory.grow(word())); break;
      case 7: {
        const length = load<u32>(last, 8);
        emit(length);
        memory.copy(out + 16 + load<u32>(out, 8), load<u32>(last), length);
        store<u32>(out + 8, load<u32>(out, 8) + length);
        break;
      }
      case 8: wrong = word(); break;
      case 9: emit(1 / load<u32>(0x7ffc)); break;
      case 10: emit(memory.size()); break;
      ${cases.join("\n      ")}
      default: unreachable();
    }
  }
  return out;
}
export function instantiate(env: u32, info: u32, message: u32): u32 { return run(message); }
export function execute(env: u32, info: u32, message: u32): u32 { return run(message); }
export function query(env: u32, message: u32): u32 { return run(message); }
export function migrate(env: u32, message: u32): u32 { return run(message); }
`;
}

const COMPILER = configuration.imports["assemblyscript/"];
let compiled: Promise<Uint8Array> | undefined;

/** The contract's code. Its memory below 0x10000 is free for tests; it has three pages, enough not to grow by itself. */
export function probeCode(): Promise<Uint8Array> {
  return compiled ??= remembered([COMPILER, source()], compile);
}

async function compile(): Promise<Uint8Array> {
  // Not before it is needed: the compiler is large.
  const { main } = await import("assemblyscript/asc");
  let binary: Uint8Array | undefined;
  const { error, stderr } = await main([
    "probe.ts",
    "-o",
    "probe.wasm",
    "--runtime",
    "stub",
    "-O1",
    "--initialMemory",
    "3",
    "--use",
    "abort=",
    "--disable",
    "bulk-memory",
    "--disable",
    "sign-extension",
    "--disable",
    "nontrapping-f2i",
  ], {
    readFile: (name) => name === "probe.ts" ? source() : null,
    writeFile: (name, contents) => {
      if (name === "probe.wasm") binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`compile the probe: ${stderr.toString()}`);
  return new Uint8Array(binary);
}

/**
 * What a CosmWasm contract exports and imports (cosmwasm-vm `packages/vm/src/compatibility.rs`), with the types that both sides
 * of the interface rely on: V8 lets a JavaScript function stand for any signature, so nobody else would notice.
 * @module
 */
import { instantiationVerdicts } from "./check_instantiation.ts";
import { functionExports, migrateVersion } from "./check_report.ts";
import { I32, I64, type ValueType, type Verdict, type WasmModule } from "./module.ts";

/** Imports by their name in the module `env`: parameters and results, `i` and `I` for 32 and 64 bits. */
const IMPORTS: Readonly<Record<string, string>> = {
  abort: "i:",
  db_read: "i:i",
  db_write: "ii:",
  db_remove: "i:",
  addr_validate: "i:i",
  addr_canonicalize: "ii:i",
  addr_humanize: "ii:i",
  bls12_381_aggregate_g1: "ii:i",
  bls12_381_aggregate_g2: "ii:i",
  bls12_381_pairing_equality: "iiii:i",
  bls12_381_hash_to_g1: "iiii:i",
  bls12_381_hash_to_g2: "iiii:i",
  secp256k1_verify: "iii:i",
  secp256k1_recover_pubkey: "iii:I",
  secp256r1_verify: "iii:i",
  secp256r1_recover_pubkey: "iii:I",
  ed25519_verify: "iii:i",
  ed25519_batch_verify: "iii:i",
  debug: "i:",
  query_chain: "i:i",
  db_scan: "iii:i",
  db_next: "i:i",
  db_next_key: "i:i",
  db_next_value: "i:i",
};

/** Exports with the signatures that the engine calls them by. `migrate` may take what was there before, since CosmWasm 2.2. */
const EXPORTS: Readonly<Record<string, readonly string[]>> = {
  allocate: ["i:i"],
  deallocate: ["i:"],
  instantiate: ["iii:i"],
  execute: ["iii:i"],
  query: ["ii:i"],
  migrate: ["ii:i", "iii:i"],
  reply: ["ii:i"],
  sudo: ["ii:i"],
  ibc_channel_open: ["ii:i"],
  ibc_channel_connect: ["ii:i"],
  ibc_channel_close: ["ii:i"],
  ibc_packet_receive: ["ii:i"],
  ibc_packet_ack: ["ii:i"],
  ibc_packet_timeout: ["ii:i"],
  ibc_source_callback: ["ii:i"],
  ibc_destination_callback: ["ii:i"],
};

const REQUIRED_EXPORTS = ["allocate", "deallocate"];
const INTERFACE_PREFIX = "interface_version_";
const INTERFACE_VERSION = "interface_version_8";
const INTERFACE_README = "see https://github.com/CosmWasm/cosmwasm/blob/main/packages/vm/README.md";

const MIGRATE_VERSION = "Wasm contract has a section cw_migrate_version that is no number of 64 bits";

/** Characters of a name in a message; theirs are longer than any of the interface. */
const NAME_CHARS_MAX = 100;
/** Characters of a list in a message. */
const LIST_CHARS_MAX = 200;

/** What the chain offers to contracts. */
export interface ContractWants {
  /** Names of imports, without `env.`. */
  readonly imports: ReadonlySet<string>;
  readonly capabilities: ReadonlySet<string>;
}

/** Names of all imports of the CosmWasm interface, without `env.`. */
export const CONTRACT_IMPORTS: readonly string[] = Object.keys(IMPORTS);

/**
 * Capabilities that wasmd 0.61 announces (`BuiltInCapabilities`), but for `ibc2`, which nothing here answers to, and with
 * `cosmwasm_3_0`: that is the query `raw_range`, which wasmd answers and does not announce. `staking` is among them although
 * nobody can stake: what cosmwasm-std was built with requires it, as in cw1 and many others that never stake. Who asks hears that
 * there are no validators and no delegations.
 */
export const CONTRACT_CAPABILITIES: readonly string[] = [
  "iterator",
  "staking",
  "stargate",
  "cosmwasm_1_1",
  "cosmwasm_1_2",
  "cosmwasm_1_3",
  "cosmwasm_1_4",
  "cosmwasm_2_0",
  "cosmwasm_2_1",
  "cosmwasm_2_2",
  "cosmwasm_3_0",
];

export const WANTS: ContractWants = {
  imports: new Set(CONTRACT_IMPORTS),
  capabilities: new Set(CONTRACT_CAPABILITIES),
};

const contract = (code: string, message: string): Verdict => ({ kind: "contract", code, message, offset: undefined });

/** Everything in the interface of a module that keeps it from being a contract. The module's indices are valid. */
export function contractVerdicts(module: WasmModule, wants: ContractWants, importsMax: number): Verdict[] {
  return [
    ...interfaceVerdicts(module),
    ...exportVerdicts(module),
    ...importVerdicts(module, wants, importsMax),
    ...capabilityVerdicts(module, wants),
    ...signatureVerdicts(module, wants),
    ...instantiationVerdicts(module),
    ...(migrateVersion(module) === null ? [contract("migrate_version", MIGRATE_VERSION)] : []),
  ];
}

function* interfaceVerdicts(module: WasmModule): Iterable<Verdict> {
  const markers = functionExports(module, INTERFACE_PREFIX);
  const [marker] = markers;
  if (marker === undefined) {
    yield contract("interface_version", `Wasm contract missing a required marker export: ${INTERFACE_PREFIX}*`);
  } else if (markers.length > 1) {
    yield contract("interface_version", `Wasm contract contains more than one marker export: ${INTERFACE_PREFIX}*`);
  } else if (marker !== INTERFACE_VERSION) {
    yield contract(
      "interface_version",
      `Wasm contract has unknown ${INTERFACE_PREFIX}* marker export (${INTERFACE_README})`,
    );
  }
}

function* exportVerdicts(module: WasmModule): Iterable<Verdict> {
  const there = new Set(functionExports(module));
  for (const name of REQUIRED_EXPORTS.filter((name) => !there.has(name))) {
    const all = REQUIRED_EXPORTS.map((each) => `"${each}"`).join(", ");
    yield contract(
      "missing_export",
      `Wasm contract doesn't have required export: "${name}". Exports required by VM: [${all}].`,
    );
  }
  const memory = module.exports.some(({ name, kind }) => name === "memory" && kind === "memory");
  // Theirs finds out when it runs the contract.
  if (!memory) yield contract("missing_memory", `Wasm contract doesn't have required export: "memory"`);
}

function* importVerdicts(module: WasmModule, wants: ContractWants, most: number): Iterable<Verdict> {
  const { imports } = module;
  if (imports.length > most) {
    const message = `Import count exceeds limit. Imports: ${imports.length}. Limit: ${most}.`;
    return yield { kind: "limit", code: "imports", message, offset: undefined };
  }
  let listed = false;
  for (const { module: from, name, description } of imports) {
    const full = cut(`${from}.${name}`);
    if (from !== "env" || !wants.imports.has(name)) {
      const required = shortList(imports.map((each) => `${each.module}.${each.name}`));
      const available = [...wants.imports].map((each) => `"env.${each}"`).join(", ");
      const lists = listed ? "" : `. Required imports: ${required}. Available imports: [${available}].`;
      yield contract("unsupported_import", `Wasm contract requires unsupported import: "${full}"${lists}`);
      listed = true;
    } else if (description.kind !== "function") {
      yield contract(
        "import_kind",
        `Wasm contract requires non-function import: "${full}". Right now, all supported imports are functions.`,
      );
    }
  }
}

function* capabilityVerdicts(module: WasmModule, { capabilities }: ContractWants): Iterable<Verdict> {
  const missing = functionExports(module, "requires_").map((name) => name.slice("requires_".length))
    .filter((name) => name !== "" && !capabilities.has(name));
  if (missing.length > 0) {
    yield contract("capabilities", `Wasm contract requires unavailable capabilities: ${shortList(missing)}`);
  }
}

/** Ours: theirs links, or calls, and fails then. */
function* signatureVerdicts(module: WasmModule, { imports }: ContractWants): Iterable<Verdict> {
  const functions: number[] = [];
  for (const { module: from, name, description } of module.imports) {
    if (description.kind !== "function") continue;
    functions.push(description.type);
    const expected = from === "env" && imports.has(name) ? IMPORTS[name] : undefined;
    const found = signature(module, description.type);
    if (expected !== undefined && found !== expected) {
      yield contract("import_type", `Wasm contract imports "env.${name}" with another type: ${found}, not ${expected}`);
    }
  }
  functions.push(...module.functions);
  for (const { name, kind, index } of module.exports) {
    const expected = kind === "function" && Object.hasOwn(EXPORTS, name) ? EXPORTS[name]! : undefined;
    if (expected === undefined) continue;
    const found = signature(module, functions[index]!);
    if (!expected.includes(found)) {
      const like = expected.join(" or ");
      yield contract("export_type", `Wasm contract exports "${name}" with another type: ${found}, not ${like}`);
    }
  }
}

const LETTERS: Readonly<Record<ValueType, string>> = { [I32]: "i", [I64]: "I" };

/** A function type in letters, as the tables above have it; long ones are cut. */
function signature({ types }: WasmModule, index: number): string {
  const { params, results } = types[index]!;
  const letters = (list: readonly ValueType[]) => list.slice(0, 10).map((type) => LETTERS[type] ?? "?").join("");
  return `${letters(params)}:${letters(results)}`;
}

const cut = (text: string): string => text.length <= NAME_CHARS_MAX ? text : `${text.slice(0, NAME_CHARS_MAX)}…`;

/** Sorted, without doubles, in braces, shortened as cosmwasm-vm does (`packages/vm/src/limited.rs`). */
function shortList(names: readonly string[]): string {
  const sorted = [...new Set(names)].sort().map((name) => `"${name}"`);
  const whole = `{${sorted.join(", ")}}`;
  if (whole.length <= LIST_CHARS_MAX) return whole;
  for (let shown = sorted.length - 1; shown > 0; shown--) {
    const text = `{${sorted.slice(0, shown).join(", ")}, ... ${sorted.length - shown} more}`;
    if (text.length <= LIST_CHARS_MAX) return text;
  }
  return `{... ${sorted.length} elements}`;
}

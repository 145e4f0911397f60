/** What README.md says of host functions is what the code does. */
import { assert, assertEquals } from "@std/assert";
import { ABORT_BYTES_MAX, DEBUG_BYTES_MAX, QUERY_BYTES_MAX, QUERY_STACK_BYTES } from "./_host_chain.ts";
import { CANONICAL_ADDRESS_BYTES_MAX, HUMAN_ADDRESS_BYTES_MAX } from "./_host_addresses.ts";
import { BLS_MESSAGE_BYTES_MAX, BLS_POINTS_BYTES_MAX, BLS_TAG_BYTES_MAX } from "./_host_bls.ts";
import { ED25519_BATCH_MAX, ED25519_MESSAGE_BYTES_MAX } from "./_host_signatures.ts";
import { DB_KEY_BYTES_MAX, DB_VALUE_BYTES_MAX } from "./_host_storage.ts";
import { ITERATOR_BYTES_MAX, ITERATORS_MAX } from "./_iterators.ts";
import { CONTRACT_IMPORTS } from "./check_contract.ts";
import { RESULT_BYTES_MAX } from "./engine.ts";
import { HOST_COSTS, LARGE_REGION_BYTES, type LinearCost } from "./gas.ts";
import { STORAGE_KEY_BYTES_MAX } from "./host_api.ts";

const readme = (await Deno.readTextFile(new URL("./README.md", import.meta.url))).split("## Engine")[1]!;
const rows = readme.split("\n").filter((line) => line.startsWith("|")).map((line) =>
  line.split("|").slice(1, -1).map((cell) => cell.trim())
);

const digits = (value: number) => String(value).replaceAll(/\B(?=(\d{3})+$)/g, " ");

/** A price as the table has it: `base + by item`. */
export const priceText = (cost: number | LinearCost): string =>
  typeof cost === "number"
    ? digits(cost)
    : [cost.base, cost.perItem].filter((part) => part !== 0).map(digits).join(" + ");

const size = (bytes: number) =>
  bytes >= 1 << 20 ? `${bytes >> 20} MiB` : bytes >= 1024 ? `${bytes >> 10} KiB` : `${bytes} bytes`;

Deno.test("the table of prices has every price, and no other", () => {
  const told = rows.filter(([name]) =>
    /^`[a-z][a-zA-Z0-9]*`$/.test(name!) && !CONTRACT_IMPORTS.includes(name!.slice(1, -1))
  );
  const told2 = told.map(([name, , fuel]) => [name, fuel]);
  assertEquals(told2, Object.entries(HOST_COSTS).map(([name, cost]) => [`\`${name}\``, priceText(cost)]));
});

Deno.test("the table of limits has every host function, and its limits", () => {
  const limits = rows.filter((row) => row.length === 2);
  const named = limits.flatMap(([functions]) => [...functions!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  assertEquals(named.toSorted(), CONTRACT_IMPORTS.toSorted());
  const of = (name: string) => limits.find(([functions]) => functions!.includes(name))![1]!;
  const expected: readonly (readonly [string, string])[] = [
    ["db_read", `key ${size(DB_KEY_BYTES_MAX)}`],
    ["db_write", `to store ${size(STORAGE_KEY_BYTES_MAX)}`],
    ["db_write", `value ${size(DB_VALUE_BYTES_MAX)}`],
    ["db_scan", `${digits(ITERATORS_MAX)} iterators`],
    ["db_scan", size(ITERATOR_BYTES_MAX)],
    ["addr_validate", size(HUMAN_ADDRESS_BYTES_MAX)],
    ["addr_humanize", size(CANONICAL_ADDRESS_BYTES_MAX)],
    ["ed25519_verify", `message ${size(ED25519_MESSAGE_BYTES_MAX)}`],
    ["ed25519_batch_verify", `${ED25519_BATCH_MAX} signatures`],
    ["bls12_381_aggregate_g1", size(BLS_POINTS_BYTES_MAX)],
    ["bls12_381_hash_to_g1", `message ${size(BLS_MESSAGE_BYTES_MAX)}, tag ${size(BLS_TAG_BYTES_MAX)}`],
    ["query_chain", size(QUERY_BYTES_MAX)],
    ["debug", size(Math.max(DEBUG_BYTES_MAX, ABORT_BYTES_MAX))],
    ["(an entry point's result)", size(RESULT_BYTES_MAX)],
  ];
  for (const [name, text] of expected) assert(of(name).includes(text), `${name}: ${text}`);
  assert(readme.includes(`less ${size(QUERY_STACK_BYTES)}`));
  assert(readme.includes(`more than ${digits(LARGE_REGION_BYTES)} bytes`));
});

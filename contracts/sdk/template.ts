/**
 * What `catenary contract new` writes: a contract that counts, with its test.
 * @module
 */

const testOf = (file: string) =>
  `import {
  buildContract,
  ContractError,
  MockChain,
} from "@catenary/catenary/sdk";
import assert from "node:assert/strict";

const wasm = await buildContract(new URL(".", import.meta.url));

Deno.test("everybody counts, only the owner sets back", () => {
  const chain = new MockChain();
  const [alice, bob] = [chain.account("alice"), chain.account("bob")];
  const counter = chain.instantiate(alice, chain.store(wasm), { count: 5 });
  counter.execute(bob, { add: { by: 2 } });
  assert.deepEqual(counter.query({ state: {} }), { owner: alice, count: 7 });
  assert.throws(
    () => counter.execute(bob, { reset: {} }),
    new ContractError("Only the owner can do that"),
  );
  counter.execute(alice, { reset: {} });
  assert.deepEqual(counter.query({ state: {} }), { owner: alice, count: 0 });
});
// Run it: deno test -A ${file}
`;

/** Where the test finds the SDK: in a checkout of this repository, or (undefined) as a published package. */
const configOf = (checkout: string | undefined, version: string) =>
  JSON.stringify(
    {
      ...(checkout === undefined ? {} : { links: [checkout] }),
      imports: { "@catenary/catenary": `jsr:@catenary/catenary@^${version}` },
      exclude: ["assembly/"],
    },
    undefined,
    2,
  ) + "\n";

/** The files of a new contract by their paths. */
export async function newContract(
  name: string,
  options: { readonly checkout: string | undefined; readonly version: string },
): Promise<ReadonlyMap<string, string>> {
  const file = name.replaceAll("-", "_");
  return new Map([
    ["assembly/index.ts", await Deno.readTextFile(new URL("./assembly/template/counter.ts", import.meta.url))],
    [`${file}_test.ts`, testOf(`${file}_test.ts`)],
    ["deno.json", configOf(options.checkout, options.version)],
  ]);
}

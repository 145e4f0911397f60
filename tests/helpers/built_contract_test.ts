import { assertEquals, assertRejects } from "@std/assert";
import { ContractBuildError } from "../../contracts/sdk/mod.ts";
import { buildContract, remembered } from "./built_contract.ts";

const source = (name: string) =>
  `import { Response } from "catenary";\n@instantiate function setup(): Response { return new Response(); }\n` +
  `@query function ${name}(): u64 { return 1; }\n`;

Deno.test("what was built is what is built now, and a mistake is told every time", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const write = (text: string) => Deno.writeTextFile(`${folder}/index.ts`, text);
    await write(source("one"));
    const first = await buildContract(folder);
    assertEquals(await buildContract(folder), first);
    await write(source("one") + "@query function two(): u64 { return x; }");
    await assertRejects(() => buildContract(folder), ContractBuildError, "in index.ts");
    await write(`import { B } from "./more";\n` + source("two").replace("return 1", "return B"));
    await Deno.writeTextFile(`${folder}/more.ts`, "export const B: string = 1;\n");
    await assertRejects(() => buildContract(folder), ContractBuildError, "in more.ts");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("many at once make and find the same thing", async () => {
  const parts = [crypto.randomUUID()];
  let made = 0;
  const make = () => {
    made++;
    return Promise.resolve(Uint8Array.of(7, 7));
  };
  const all = await Promise.all(Array.from({ length: 20 }, () => remembered(parts, make)));
  assertEquals(new Set(all.map((bytes) => bytes.toHex())), new Set(["0707"]));
  const before = made;
  assertEquals(await remembered(parts, make), Uint8Array.of(7, 7));
  assertEquals(made, before);
});

import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import plugin, { layeringFault } from "./plugin.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lint = (file: string, code: string) =>
  Deno.lint.runPlugin(plugin, root + file, code).map((found) => found.message);

for (
  const [file, target, allowed] of [
    ["node/core/merkle/a.ts", "../bytes.ts", true],
    ["node/core/merkle/a.ts", "../crypto/mod.ts", true],
    ["node/core/merkle/a.ts", "../../state/mod.ts", false],
    ["node/core/merkle/a.ts", "@noble/hashes/sha2.js", true],
    ["node/core/merkle/a.ts", "node:crypto", false],
    ["node/core/crypto/native.ts", "node:crypto", true],
    ["node/state/tree.ts", "../core/work.ts", true],
    ["node/state/tree.ts", "../storage/store.ts", false],
    ["node/modules/bank/keeper.ts", "../auth/mod.ts", false],
    ["node/app/execute.ts", "../state/mod.ts", true],
    ["node/app/execute.ts", "../state/journal.ts", false],
    ["node/consensus/tendermint/a.ts", "../../app/ports.ts", false],
    ["node/consensus/tendermint/a.ts", "../quorum.ts", true],
    ["node/rpc/server.ts", "hono", true],
    ["node/runtime/a.ts", "hono", false],
    ["node/rpc/server.ts", "../storage/mod.ts", false],
    ["node/node.ts", "./rpc/mod.ts", true],
    ["node/node.ts", "./rpc/server.ts", false],
    ["cli/main.ts", "../node/node.ts", true],
    ["node/node.ts", "../relayer/mod.ts", false],
    ["node/state/a.ts", "https://example.org/x.ts", false],
    ["node/state/a.ts", "../../tests/helpers/x.ts", false],
  ] as const
) {
  Deno.test(`layering: ${file} ${allowed ? "may" : "may not"} import ${target}`, () => {
    assertEquals(layeringFault(file, target) === undefined, allowed, layeringFault(file, target) ?? "no fault");
  });
}

for (
  const code of [
    "export const t = Date.now();",
    "export const t = Math.random();",
    "export const t = performance.now();",
    "export const t = Deno.pid;",
    "export const t = new Date();",
    "export async function f() { await g(); }",
    "export const f = async () => {};",
    "setTimeout(() => {}, 1);",
    "console.log(1);",
  ]
) {
  Deno.test(`purity: refused in a pure room, allowed in an adapter: ${code}`, () => {
    assert(lint("node/state/x.ts", code).some((message) => message.startsWith("purity:")));
    assertEquals(lint("node/storage/x.ts", code), []);
  });
}

Deno.test("purity: a date made of a number is pure", () => {
  assertEquals(lint("node/state/x.ts", "export const t = new Date(0);"), []);
});

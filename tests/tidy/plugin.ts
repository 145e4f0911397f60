/**
 * The walls of the house as lint rules, so that editors show a breach where it is written: `catenary/layering` (who may
 * import whom) and `catenary/purity` (no clock, randomness, `Deno` or waiting in pure rooms).
 * @module
 */
import { fileURLToPath } from "node:url";
import { CONTRACT_FILES, folderOf, PACKAGE_HOMES, type Room, roomOf } from "./rooms.ts";

const TOPS = ["node", "relayer", "contracts", "cli", "tests", "mod.ts"];

/** The path from the top of the repository: everything from the last top-level name that starts a known room. */
export function repositoryPath(filename: string): string {
  const path = filename.replaceAll("\\", "/").replace(/^file:\/\//, "");
  const root = fileURLToPath(new URL("../..", import.meta.url));
  return path.startsWith(root) ? path.slice(root.length) : path.replace(/^\.?\//, "");
}

const isTest = (file: string) => file.startsWith("tests/") || file.endsWith("_test.ts");

/** `target` resolved against the folder of `file`; undefined for packages. */
export function resolveImport(file: string, target: string): string | undefined {
  if (!target.startsWith(".")) return undefined;
  const parts = file.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Why `file` may not import `target`; undefined when it may. */
export function layeringFault(file: string, target: string): string | undefined {
  const room = roomOf(file);
  if (room === undefined || isTest(file)) return undefined;
  const resolved = resolveImport(file, target);
  if (resolved === undefined) return packageFault(file, room, target);
  if (!TOPS.some((top) => resolved === top || resolved.startsWith(top + "/"))) {
    return `${resolved} is outside the project`;
  }
  if (isTest(resolved)) return `${resolved} is a test`;
  const inside = (path: string) => resolved === path || resolved.startsWith(path + "/");
  const own = folderOf(file);
  if (folderOf(resolved) === own || (own !== "node" && inside(own))) return privateFault(file, resolved);
  if (!room.may.some(inside) && !inside(room.path)) return `${room.path} may not know ${resolved}`;
  if (file.startsWith("node/modules/") && resolved.startsWith("node/modules/")) {
    return "modules never import each other";
  }
  if (resolved.endsWith("/mod.ts") || resolved === "mod.ts") return undefined;
  if (CONTRACT_FILES.some((pattern) => pattern.test(resolved))) return undefined;
  if (own === "node/core" || (own.startsWith("node/core/") && resolved.startsWith("node/core/"))) return undefined;
  if (room.layer === 4 && file.startsWith("cli/") && resolved.startsWith("cli/")) return undefined;
  return `${resolved} is inside another room: import its mod.ts`;
}

function privateFault(file: string, resolved: string): string | undefined {
  const name = resolved.slice(resolved.lastIndexOf("/") + 1);
  if (!name.startsWith("_")) return undefined;
  const folder = resolved.slice(0, resolved.lastIndexOf("/"));
  return file.slice(0, file.lastIndexOf("/")) === folder ? undefined : `${resolved} is private to its folder`;
}

function packageFault(file: string, room: Room, target: string): string | undefined {
  if (/^(jsr|https?|npm):/.test(target)) return `${target}: name it in deno.json instead`;
  const name = target.startsWith("@") ? target.split("/").slice(0, 2).join("/") : target.split("/")[0]!;
  const homes = PACKAGE_HOMES[name];
  if (homes !== undefined && !homes.some((home) => file.startsWith(home))) {
    return `only ${homes.join(", ")} may name ${name}`;
  }
  if (room.layer === 0 && !/^(@noble|@scure|cosmjs-types|@chainsafe\/as-sha256|lru-cache)/.test(target)) {
    if (target === "node:crypto" && file.startsWith("node/core/crypto/")) return undefined;
    return `the core may not name ${target}`;
  }
  return undefined;
}

const layering: Deno.lint.Rule = {
  create(context) {
    const file = repositoryPath(context.filename);
    const check = (node: { source: Deno.lint.StringLiteral | null }) => {
      if (node.source === null) return;
      const fault = layeringFault(file, node.source.value);
      if (fault !== undefined) context.report({ node: node.source, message: `layering: ${fault}` });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

const IMPURE_CALLS: Readonly<Record<string, readonly string[]>> = {
  Date: ["now"],
  Math: ["random"],
  performance: ["now"],
  crypto: ["getRandomValues", "randomUUID", "subtle"],
};
const IMPURE_GLOBALS = new Set([
  "Deno",
  "setTimeout",
  "setInterval",
  "queueMicrotask",
  "fetch",
  "setImmediate",
  "Worker",
  "console",
]);

const purity: Deno.lint.Rule = {
  create(context) {
    const file = repositoryPath(context.filename);
    const room = roomOf(file);
    if (room === undefined || !room.pure || isTest(file)) return {};
    const say = (node: Deno.lint.Node, what: string) =>
      context.report({ node, message: `purity: ${what} in ${room.path}, where the world is passed in` });
    return {
      MemberExpression(node) {
        if (node.object.type !== "Identifier") return;
        if (IMPURE_GLOBALS.has(node.object.name)) return say(node, node.object.name);
        const properties = IMPURE_CALLS[node.object.name];
        if (properties && node.property.type === "Identifier" && properties.includes(node.property.name)) {
          say(node, `${node.object.name}.${node.property.name}`);
        }
      },
      CallExpression(node) {
        if (node.callee.type === "Identifier" && IMPURE_GLOBALS.has(node.callee.name)) say(node, node.callee.name);
      },
      NewExpression(node) {
        if (node.callee.type === "Identifier" && node.callee.name === "Date" && node.arguments.length === 0) {
          say(node, "new Date()");
        }
      },
      AwaitExpression(node) {
        say(node, "await");
      },
      FunctionDeclaration(node) {
        if (node.async) say(node, "async");
      },
      ArrowFunctionExpression(node) {
        if (node.async) say(node, "async");
      },
      FunctionExpression(node) {
        if (node.async) say(node, "async");
      },
    };
  },
};

const plugin: Deno.lint.Plugin = { name: "catenary", rules: { layering, purity } };
export default plugin;

/**
 * What the SDK adds to AssemblyScript while a contract is compiled, so that a contract is nothing but classes and
 * functions: `@json` on a class writes its `decodeJson` and `encodeJson`; `@instantiate`, `@execute`, `@query`, `@migrate`,
 * `@reply` and `@sudo` on functions make the module's exports, which read a function's parameters from the message.
 * @module
 */
import {
  type AstClass,
  type AstDecorator,
  type AstFunction,
  type AstParameter,
  type AstParser,
  type AstSource,
  type AstType,
  FLAG_DEFINITELY_ASSIGNED,
  FLAG_READONLY,
  FLAG_STATIC,
  isClass,
  isField,
  isFunction,
} from "./ast.ts";

/** What a function can be to the chain. */
export const HANDLERS = ["instantiate", "execute", "query", "migrate", "reply", "sudo"] as const;
export type Handler = typeof HANDLERS[number];

/** A mistake in a contract that AssemblyScript itself would not see. */
export class ContractSourceError extends Error {
  override readonly name = "ContractSourceError";
}

interface Found {
  readonly handler: Handler;
  /** Name in the message. */
  readonly variant: string;
  readonly wrapper: string;
  readonly path: string;
}

/** `startAfter` is `start_after` in JSON, as everywhere in the ecosystem. */
export const snakeCase = (name: string): string => name.replaceAll(/(?<!^)([A-Z])/g, "_$1").toLowerCase();

function place(source: AstSource, offset: number): string {
  const before = source.text.slice(0, offset).split("\n");
  return `${source.normalizedPath}:${before.length}:${before.at(-1)!.length + 1}`;
}

const sourceText = (source: AstSource, range: { start: number; end: number }) =>
  source.text.slice(range.start, range.end);

const decoratorNames = (decorators: readonly AstDecorator[] | null): (string | undefined)[] =>
  (decorators ?? []).map((decorator) => decorator.name.text);

/** The type without `| null`. */
function typeText(source: AstSource, type: AstType): string {
  return sourceText(source, type.range).replace(/\s*\|\s*null\s*$/, "");
}

/** The expression that reads one member of `json`. */
function reading(
  type: string,
  nullable: boolean,
  name: string,
  initializer: string | undefined,
  owner: string,
): string {
  const key = JSON.stringify(snakeCase(name));
  if (nullable) return `json.optional<${type}>(${key})`;
  if (initializer !== undefined) return `json.fallback<${type}>(${key}, ${initializer})`;
  return `json.field<${type}>("${owner}", ${key})`;
}

/** Parses `text` as if it stood in `source`, by whose path the compiler finds it, and gives its statements. */
function statementsOf(parser: AstParser, source: AstSource, text: string): AstSource["statements"] {
  const before = parser.sources.length;
  // Or the parser thinks that it has that file already.
  parser.donelog.delete(source.internalPath);
  parser.parseFile(text, source.normalizedPath, false);
  const [parsed] = parser.sources.splice(before);
  return parsed!.statements;
}

function addCodec(parser: AstParser, source: AstSource, declaration: AstClass): void {
  const owner = declaration.name.text;
  const constructor = declaration.members.find((member) => member.name.text === "constructor" && isFunction(member));
  const decode: string[] = [];
  const encode: string[] = [];
  for (const member of declaration.members) {
    if (!isField(member) || (member.flags & FLAG_STATIC) !== 0) continue;
    const name = member.name.text;
    if (member.type === null) {
      throw new ContractSourceError(`${place(source, member.range.start)}: ${owner}.${name} wants a type`);
    }
    const parameter = isFunction(constructor) && member.parameterIndex >= 0
      ? constructor.signature.parameters[member.parameterIndex]
      : undefined;
    const given = member.initializer ?? parameter?.initializer ?? null;
    const initializer = given === null ? undefined : sourceText(source, given.range);
    const type = typeText(source, member.type);
    member.flags &= ~FLAG_READONLY;
    if (initializer === undefined && constructor === undefined && !member.type.isNullable) {
      member.flags |= FLAG_DEFINITELY_ASSIGNED;
    }
    decode.push(`this.${name} = ${reading(type, member.type.isNullable, name, initializer, owner)};`);
    const full = member.type.isNullable ? `${type} | null` : type;
    encode.push(`writer.field<${full}>(${JSON.stringify(snakeCase(name))}, this.${name});`);
  }
  const text = `class ${owner} {
  decodeJson(json: Json): void { json.open("${owner}"); ${decode.join(" ")} json.close("${owner}"); }
  encodeJson(writer: JsonWriter): void { writer.beginObject(); ${encode.join(" ")} writer.endObject(); }
}`;
  const written = statementsOf(parser, source, text)[0];
  if (isClass(written)) declaration.members.push(...written.members);
}

/** Parameters that the call brings, not the message. */
const INJECTED: Readonly<Record<string, string>> = { Env: "env", MessageInfo: "info", Reply: "reply" };
const ALLOWED: Readonly<Record<Handler, readonly string[]>> = {
  instantiate: ["Env", "MessageInfo"],
  execute: ["Env", "MessageInfo"],
  query: ["Env"],
  migrate: ["Env"],
  reply: ["Env", "Reply"],
  sudo: ["Env"],
};

function argument(source: AstSource, handler: Handler, owner: string, parameter: AstParameter): string | undefined {
  const name = parameter.name.text;
  const type = typeText(source, parameter.type);
  const injected = INJECTED[type];
  const initializer = parameter.initializer === null ? undefined : sourceText(source, parameter.initializer.range);
  if (injected === undefined && handler !== "reply") {
    const full = parameter.type.isNullable ? `${type} | null` : type;
    return `const _${name}: ${full} = ${reading(type, parameter.type.isNullable, name, initializer, owner)};`;
  }
  if (injected === undefined || !ALLOWED[handler].includes(type)) {
    const what = `${owner}(${name}: ${type})`;
    throw new ContractSourceError(
      `${place(source, parameter.range.start)}: ${what}: @${handler} cannot give a ${type}`,
    );
  }
  return undefined;
}

/** Adds to the file of `declaration` the function that reads its parameters and calls it. */
function addWrapper(parser: AstParser, source: AstSource, declaration: AstFunction, handler: Handler): Found {
  const owner = declaration.name.text;
  const wrapper = `__${handler}_${owner}`;
  const { parameters, returnType } = declaration.signature;
  if (handler !== "query" && sourceText(source, returnType.range) !== "Response") {
    throw new ContractSourceError(`${place(source, declaration.range.start)}: ${owner}: @${handler} gives a Response`);
  }
  const reads = parameters.map((parameter) => argument(source, handler, owner, parameter));
  const passed = parameters.map(({ name }, at) =>
    reads[at] === undefined ? INJECTED[typeText(source, parameters[at]!.type)]! : `_${name.text}`
  );
  const call = `${owner}(${passed.join(", ")})`;
  const body = handler === "query"
    ? `const writer = new JsonWriter(); writer.value(${call}); return writer;`
    : `return ${call};`;
  const first = { instantiate: true, execute: true, query: false, migrate: false, reply: false, sudo: false }[handler];
  const text = `export function ${wrapper}(env: Env, ${first ? "info: MessageInfo, " : ""}${
    handler === "reply" ? "reply: Reply" : "json: Json"
  }): ${handler === "query" ? "JsonWriter" : "Response"} {
  ${handler === "reply" ? "" : `json.open("${owner}");`}
  ${reads.filter((read) => read !== undefined).join("\n  ")}
  ${handler === "reply" ? "" : `json.close("${owner}");`}
  ${body}
}`;
  source.statements.push(...statementsOf(parser, source, text));
  return { handler, variant: snakeCase(owner), wrapper, path: source.normalizedPath };
}

const isOurs = (path: string) => !path.startsWith("~lib/") || path.startsWith("~lib/catenary/");

function collect(parser: AstParser, source: AstSource): Found[] {
  const found: Found[] = [];
  for (const statement of [...source.statements]) {
    if (isClass(statement) && decoratorNames(statement.decorators).includes("json")) {
      addCodec(parser, source, statement);
    } else if (isFunction(statement)) {
      for (const name of decoratorNames(statement.decorators)) {
        const handler = HANDLERS.find((handler) => handler === name);
        if (handler !== undefined) found.push(addWrapper(parser, source, statement, handler));
      }
    }
  }
  return found;
}

/** Messages that have one form; the others say by their only member which one they are. */
const SINGLE: readonly Handler[] = ["instantiate", "migrate", "reply"];

function exportOf(handler: Handler, found: readonly Found[]): string {
  const withInfo = handler === "instantiate" || handler === "execute";
  const values = `new Env(env), ${withInfo ? "new MessageInfo(info), " : ""}`;
  const answer = (call: string) => handler === "query" ? `finishQuery(${call})` : `finishResponse(${call})`;
  const lines = [
    `export function ${handler}(env: usize, ${withInfo ? "info: usize, " : ""}message: usize): usize {`,
    "  const json = Json.parse(message);",
  ];
  if (handler === "reply") lines.push(`  return ${answer(`${found[0]!.wrapper}(new Env(env), new Reply(json))`)};`);
  else if (SINGLE.includes(handler)) lines.push(`  return ${answer(`${found[0]!.wrapper}(${values}json)`)};`);
  else {
    for (const { variant, wrapper } of found) {
      lines.push(`  if (json.is("${variant}")) return ${answer(`${wrapper}(${values}json.body)`)};`);
    }
    lines.push("  return finishResponse(unknownVariant(json));");
  }
  return [...lines, "}"].join("\n");
}

/** The file whose exports are the module's. */
function glue(found: readonly Found[]): string {
  const imports = found.map(({ wrapper, path }) => `import { ${wrapper} } from "./${path.replace(/\.ts$/, "")}";`);
  const exports = HANDLERS.flatMap((handler) => {
    const own = found.filter((one) => one.handler === handler);
    return own.length === 0 ? [] : [exportOf(handler, own)];
  });
  return [
    `import { Env, finishQuery, finishResponse, Json, MessageInfo, Reply, unknownVariant } from "catenary/entry";`,
    `export { allocate, deallocate, interface_version_8 } from "catenary/entry";`,
    ...imports,
    ...exports,
  ].join("\n");
}

function checkFound(found: readonly Found[]): void {
  for (const handler of HANDLERS) {
    const own = found.filter((one) => one.handler === handler);
    if (SINGLE.includes(handler) && own.length > 1) {
      throw new ContractSourceError(`${own[1]!.path}: there is one @${handler}, not ${own.length}`);
    }
    const twice = own.find(({ variant }, at) => own.findIndex((other) => other.variant === variant) !== at);
    if (twice) throw new ContractSourceError(`${twice.path}: @${handler} "${twice.variant}" is there twice`);
  }
  if (!found.some(({ handler }) => handler === "instantiate")) {
    throw new ContractSourceError("no function has the decorator @instantiate: a contract wants one");
  }
}

/** Everything between parsing and compiling. */
export function transformSources(parser: AstParser): void {
  const found = parser.sources.filter(({ normalizedPath }) => isOurs(normalizedPath))
    .flatMap((source) => collect(parser, source));
  checkFound(found);
  parser.parseFile(glue(found), "catenary_exports.ts", true);
}

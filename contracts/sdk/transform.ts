/**
 * What the SDK adds to AssemblyScript while a contract is compiled, so that a contract is nothing but classes and
 * functions: `@json` on a class writes its `decodeJson` and `encodeJson`; `@instantiate`, `@execute` and the others of
 * `handlers.ts` on functions make the module's exports, which read a function's parameters from the message.
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
  PARAMETER_PLAIN,
} from "./ast.ts";
import { type Handler, HANDLERS, INJECTED_TYPES, injectedInto, isDecorator, PORT_HANDLERS } from "./handlers.ts";

/** A mistake in a contract that AssemblyScript itself would not see. */
export class ContractSourceError extends Error {
  override readonly name = "ContractSourceError";
}

interface Found {
  readonly decorator: string;
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

/** Reads a parameter from the message; undefined when the call brings it. */
function argument(source: AstSource, decorator: string, owner: string, parameter: AstParameter): string | undefined {
  const name = parameter.name.text;
  const type = typeText(source, parameter.type);
  if (parameter.parameterKind !== PARAMETER_PLAIN && parameter.initializer === null) {
    const what = `${place(source, parameter.range.start)}: ${owner}(${sourceText(source, parameter.range)})`;
    throw new ContractSourceError(
      `${what}: what may be missing is \`| null\` or has a default; there is no ? and no ...`,
    );
  }
  const handler = HANDLERS[decorator]!;
  const injected = injectedInto(handler);
  if (injected.has(type)) return undefined;
  if (handler.message !== undefined || INJECTED_TYPES.has(type)) {
    const what = `${place(source, parameter.range.start)}: ${owner}(${name}: ${type})`;
    const there = [...injected].map(([type, name]) => `${name}: ${type}`).join(", ");
    throw new ContractSourceError(`${what}: @${decorator} cannot give a ${type}; it has ${there}`);
  }
  const initializer = parameter.initializer === null ? undefined : sourceText(source, parameter.initializer.range);
  const full = parameter.type.isNullable ? `${type} | null` : type;
  return `const _${name}: ${full} = ${reading(type, parameter.type.isNullable, name, initializer, owner)};`;
}

/** Adds to the file of `declaration` the function that reads its parameters and calls it. */
function addWrapper(parser: AstParser, source: AstSource, declaration: AstFunction, decorator: string): Found {
  const owner = declaration.name.text;
  const wrapper = `__${decorator}_${owner}`;
  const handler = HANDLERS[decorator]!;
  const { parameters, returnType } = declaration.signature;
  if (handler.gives !== undefined && sourceText(source, returnType.range) !== handler.gives) {
    const where = place(source, declaration.range.start);
    throw new ContractSourceError(`${where}: ${owner}: @${decorator} gives a ${handler.gives}`);
  }
  const reads = parameters.map((parameter) => argument(source, decorator, owner, parameter));
  const injected = injectedInto(handler);
  const passed = parameters.map(({ name, type }, at) =>
    reads[at] === undefined ? injected.get(typeText(source, type))! : `_${name.text}`
  );
  const call = `${owner}(${passed.join(", ")})`;
  const body = handler.gives === undefined
    ? `const writer = new JsonWriter(); writer.value(${call}); return writer;`
    : `return ${call};`;
  const whole = handler.message !== undefined;
  const text = `export function ${wrapper}(env: Env, ${handler.info ? "info: MessageInfo, " : ""}${
    whole ? `message: ${handler.message}` : "json: Json"
  }): ${handler.gives ?? "JsonWriter"} {
  ${whole ? "" : `json.open("${owner}");`}
  ${reads.filter((read) => read !== undefined).join("\n  ")}
  ${whole ? "" : `json.close("${owner}");`}
  ${body}
}`;
  source.statements.push(...statementsOf(parser, source, text));
  return { decorator, variant: snakeCase(owner), wrapper, path: source.normalizedPath };
}

const isSdk = (path: string) => path.startsWith("~lib/catenary/");
const isOurs = (path: string) => !path.startsWith("~lib/") || isSdk(path);

/** The compiler says nothing of a decorator that it does not know, and the function would be nothing to the chain. */
function checkDecorators(source: AstSource, decorators: readonly AstDecorator[]): void {
  if (isSdk(source.normalizedPath)) return;
  for (const { name, range } of decorators) {
    if (name.text === undefined || isDecorator(name.text)) continue;
    const known = Object.keys(HANDLERS).map((name) => `@${name}`).join(" ");
    throw new ContractSourceError(
      `${place(source, range.start)}: there is no decorator @${name.text}; functions have ${known}, classes @json`,
    );
  }
}

function collect(parser: AstParser, source: AstSource): Found[] {
  const found: Found[] = [];
  for (const statement of [...source.statements]) {
    if (!isClass(statement) && !isFunction(statement)) continue;
    checkDecorators(source, statement.decorators ?? []);
    const names = decoratorNames(statement.decorators);
    if (isClass(statement)) {
      if (names.includes("json")) addCodec(parser, source, statement);
      continue;
    }
    for (const name of names) {
      if (name !== undefined && name in HANDLERS) found.push(addWrapper(parser, source, statement, name));
    }
  }
  return found;
}

/** The function of `entry.ts` that writes an answer. */
function finishing({ gives }: Handler): string {
  if (gives === undefined) return "finishQuery";
  return gives === "string" ? "finishOpen" : `finish<${gives}>`;
}

function exportOf(handler: Handler, found: readonly Found[]): string {
  const { exportName, info, message, many } = handler;
  const values = `new Env(env), ${info ? "new MessageInfo(info), " : ""}`;
  const answer = (wrapper: string, body: string) => `return ${finishing(handler)}(${wrapper}(${values}${body}));`;
  const lines = [
    `export function ${exportName}(env: usize, ${info ? "info: usize, " : ""}message: usize): usize {`,
    "  const json = Json.parse(message);",
  ];
  if (many) {
    for (const { variant, wrapper } of found) {
      lines.push(`  if (json.is("${variant}")) ${answer(wrapper, "json.body")}`);
    }
    lines.push("  return finish<Response>(unknownVariant(json));");
  } else lines.push(`  ${answer(found[0]!.wrapper, message === undefined ? "json" : `new ${message}(json)`)}`);
  return [...lines, "}"].join("\n");
}

/** The file whose exports are the module's. */
function glue(found: readonly Found[]): string {
  const imports = found.map(({ wrapper, path }) => `import { ${wrapper} } from "./${path.replace(/\.ts$/, "")}";`);
  const exports = Object.entries(HANDLERS).flatMap(([decorator, handler]) => {
    const own = found.filter((one) => one.decorator === decorator);
    return own.length === 0 ? [] : [exportOf(handler, own)];
  });
  return [
    `import { finish, finishOpen, finishQuery, unknownVariant } from "catenary/entry";`,
    `export { allocate, deallocate, interface_version_8 } from "catenary/entry";`,
    ...imports,
    ...exports,
  ].join("\n");
}

function checkFound(found: readonly Found[]): void {
  for (const [decorator, { many }] of Object.entries(HANDLERS)) {
    const own = found.filter((one) => one.decorator === decorator);
    if (!many && own.length > 1) {
      throw new ContractSourceError(`${own[1]!.path}: there is one @${decorator}, not ${own.length}`);
    }
    const twice = own.find(({ variant }, at) => own.findIndex((other) => other.variant === variant) !== at);
    if (twice) throw new ContractSourceError(`${twice.path}: @${decorator} "${twice.variant}" is there twice`);
  }
  const has = (decorator: string) => found.some((one) => one.decorator === decorator);
  if (!has("instantiate")) {
    throw new ContractSourceError("no function has the decorator @instantiate: a contract wants one");
  }
  const missing = PORT_HANDLERS.filter((decorator) => !has(decorator));
  if (missing.length > 0 && missing.length < PORT_HANDLERS.length) {
    const names = missing.map((decorator) => `@${decorator}`).join(", ");
    throw new ContractSourceError(
      `${names} missing: a chain gives a port to contracts with all six of channels and packets`,
    );
  }
}

/** Everything between parsing and compiling. */
export function transformSources(parser: AstParser): void {
  const found = parser.sources.filter(({ normalizedPath }) => isOurs(normalizedPath))
    .flatMap((source) => collect(parser, source));
  checkFound(found);
  parser.parseFile(glue(found), "catenary_exports.ts", true);
}

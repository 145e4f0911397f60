/** Schemas of an OpenAPI 3.1 document as tables and as examples. @module */

/** What is looked at in a schema object. */
export interface SchemaObject {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly example?: unknown;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SchemaObject>>;
  readonly required?: readonly string[];
  readonly items?: SchemaObject;
  readonly anyOf?: readonly SchemaObject[];
  readonly oneOf?: readonly SchemaObject[];
  readonly allOf?: readonly SchemaObject[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}

export type Schemas = Readonly<Record<string, SchemaObject>>;

/** Text in HTML, also inside quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Bounds the walk through schemas that contain themselves. */
const DEPTH_MAX = 8;

const nameOf = (schema: SchemaObject): string | undefined => schema.$ref?.slice(schema.$ref.lastIndexOf("/") + 1);

/** What a reference stands for, with what stands beside it, and `T | null` as T. */
export function resolveSchema(schema: SchemaObject, schemas: Schemas): SchemaObject {
  const name = nameOf(schema);
  if (name !== undefined) return { ...schemas[name], ...schema };
  if (schema.allOf?.length === 1) return resolveSchema({ ...schema.allOf[0]!, ...schema }, schemas);
  const parts = (schema.anyOf ?? schema.oneOf)?.filter(({ type }) => type !== "null");
  return parts?.length === 1 ? resolveSchema({ ...parts[0]!, ...schema }, schemas) : schema;
}

/** The type of a value in a few words. */
export function typeText(schema: SchemaObject, schemas: Schemas): string {
  const name = nameOf(schema);
  if (name !== undefined) return name;
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return alternatives.map((one) => typeText(one, schemas)).join(" or ");
  if (schema.allOf?.length === 1) return typeText(schema.allOf[0]!, schemas);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const types = typeof schema.type === "string" ? [schema.type] : schema.type ?? ["any"];
  const text = types.map((type) => {
    if (type !== "array") return type;
    return `list of ${schema.items === undefined ? "any" : typeText(schema.items, schemas)}`;
  });
  return text.join(" or ");
}

/** Bounds and defaults in a few words. */
function boundsText(schema: SchemaObject): string {
  const parts: string[] = [];
  const range = (least: unknown, most: unknown, unit: string) => {
    if (most === undefined || Math.abs(Number(most)) >= Number.MAX_SAFE_INTEGER) return;
    parts.push(least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`);
  };
  range(schema.minimum, schema.maximum, "");
  range(schema.minLength, schema.maxLength, " characters");
  if (schema.maxItems !== undefined) parts.push(`at most ${schema.maxItems}`);
  if (schema.default !== undefined) parts.push(`default ${JSON.stringify(schema.default)}`);
  return parts.join(", ");
}

/** A value that the schema takes; undefined when there is nothing to say. */
export function exampleOf(schema: SchemaObject, schemas: Schemas, onlyRequired: boolean, depth = 0): unknown {
  const whole = resolveSchema(schema, schemas);
  if (whole.example !== undefined) return whole.example;
  if (depth > DEPTH_MAX) return undefined;
  const first = (whole.anyOf ?? whole.oneOf)?.[0];
  if (first !== undefined) return exampleOf(first, schemas, onlyRequired, depth + 1);
  if (whole.const !== undefined) return whole.const;
  if (whole.enum !== undefined) return whole.enum[0];
  if (whole.properties !== undefined) {
    const shown = Object.entries(whole.properties).filter(([key, property]) =>
      !onlyRequired || whole.required?.includes(key) || property.example !== undefined
    );
    return Object.fromEntries(
      shown.map(([key, property]) => [key, exampleOf(property, schemas, onlyRequired, depth + 1)]),
    );
  }
  const type = typeof whole.type === "string" ? whole.type : whole.type?.find((one) => one !== "null");
  if (type === "array") {
    const item = whole.items && exampleOf(whole.items, schemas, onlyRequired, depth + 1);
    return item === undefined ? [] : [item];
  }
  const plain: Readonly<Record<string, unknown>> = { string: "…", integer: 1, number: 1, boolean: false };
  return whole.default ?? plain[type ?? ""];
}

/** One row of a table of fields or parameters. */
export function fieldRow(name: string, schema: SchemaObject, required: boolean, schemas: Schemas): string {
  const whole = resolveSchema(schema, schemas);
  const bounds = boundsText(whole);
  const meaning = [schema.description ?? whole.description, bounds].filter((text) => text !== undefined && text !== "")
    .map((text) => escapeHtml(text!)).join("; ");
  return `<tr><td><code>${escapeHtml(name)}</code>${required ? ' <b title="required">*</b>' : ""}</td>` +
    `<td class="type">${linkedType(typeText(schema, schemas), schemas)}</td><td>${meaning}</td></tr>`;
}

/** Names of schemas become links to where they are told. */
export function linkedType(text: string, schemas: Schemas): string {
  return escapeHtml(text).replace(
    /\b[A-Z][A-Za-z]+\b/g,
    (word) => schemas[word] === undefined ? word : `<a href="#schema-${word}">${word}</a>`,
  );
}

/** The fields of an object, or a line about anything else. */
export function schemaTable(schema: SchemaObject, schemas: Schemas): string {
  const whole = resolveSchema(schema, schemas);
  const alternatives = whole.anyOf ?? whole.oneOf;
  if (alternatives !== undefined) {
    return alternatives.map((one) => schemaTable(one, schemas)).join('<p class="or">or</p>');
  }
  if (whole.properties === undefined) return `<p class="type">${linkedType(typeText(schema, schemas), schemas)}</p>`;
  const rows = Object.entries(whole.properties).map(([name, property]) => {
    const row = fieldRow(name, property, whole.required?.includes(name) ?? false, schemas);
    return row + innerRows(name, property, schemas);
  });
  return `<table>${rows.join("")}</table>`;
}

/** The fields of an object without a name of its own, under the field that holds it. */
function innerRows(name: string, schema: SchemaObject, schemas: Schemas): string {
  const inner = schema.items ?? schema;
  const object = inner.$ref === undefined ? inner : undefined;
  if (object?.properties === undefined) return "";
  return Object.entries(object.properties)
    .map(([key, property]) => fieldRow(`${name}.${key}`, property, object.required?.includes(key) ?? false, schemas))
    .join("");
}

/** `/docs`: the OpenAPI document as a page that needs nothing from elsewhere and runs no script. @module */
import { createHash } from "node:crypto";
import { escapeHtml, exampleOf, fieldRow, type SchemaObject, type Schemas, schemaTable } from "./docs_schema.ts";
import { STYLE } from "./docs_style.ts";
import { ANSWER_HEADERS } from "./fault.ts";

interface Parameter {
  readonly name: string;
  readonly in: "query" | "path" | "header";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: SchemaObject;
}
type Content = Readonly<Record<string, { readonly schema: SchemaObject }>>;
interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  readonly security?: readonly unknown[];
}
/** What is looked at in the document. */
interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Schemas };
}

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  readonly anchor: string;
}

const CONTENT_SECURITY = `default-src 'none'; style-src 'sha256-${
  createHash("sha256").update(STYLE).digest("base64")
}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** Renders the page for a document; the answer takes the origin that its examples shall call. */
export function docsPage(openapi: unknown): (origin: string) => Response {
  const document = openapi as ApiDocument;
  const entries = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method,
      path,
      operation,
      anchor: `${method}${path.replace(/[^A-Za-z0-9]+/g, "-").replace(/-$/, "")}`,
    }))
  );
  return (origin) =>
    new Response(render(document, entries, origin), {
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": CONTENT_SECURITY,
        ...ANSWER_HEADERS,
      },
    });
}

function render(document: ApiDocument, entries: readonly Entry[], origin: string): string {
  const { info, tags, components: { schemas } } = document;
  const ofTag = (name: string) => entries.filter(({ operation }) => operation.tags.includes(name));
  const menu = tags.map(({ name }) => `<h2>${escapeHtml(name)}</h2>${ofTag(name).map(menuLine).join("")}`).join("");
  const sections = tags.map(({ name, description }) =>
    `<h2 class="tag">${escapeHtml(name)}</h2><p class="tag-text">${escapeHtml(description)}</p>${
      ofTag(name).map((entry) => article(entry, schemas, origin)).join("")
    }`
  ).join("");
  const shapes = Object.entries(schemas).map(([name, schema]) =>
    `<article id="schema-${escapeHtml(name)}"><h3>${escapeHtml(name)}</h3>${schemaTable(schema, schemas)}</article>`
  ).join("");
  const lead = info.description.split("\n\n").map((text) => `<p class="lead">${escapeHtml(text)}</p>`).join("");
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(info.title)}</title>` +
    `<link rel="icon" href="data:,"><style>${STYLE}</style></head><body>` +
    `<nav><a class="title" href="#top">${escapeHtml(info.title)}</a>${menu}<h2>Shapes</h2>` +
    `<a href="#shapes">of answers and requests</a></nav>` +
    `<main id="top"><h1>${escapeHtml(info.title)} <small class="type">${escapeHtml(info.version)}</small></h1>${lead}` +
    `<p>This document for programs: <a href="/openapi.json">/openapi.json</a>, OpenAPI 3.1.</p>${sections}` +
    `<h2 class="tag" id="shapes">Shapes</h2>${shapes}</main></body></html>`;
}

const methodBadge = (method: string) => `<span class="method ${method}">${method}</span>`;

const menuLine = ({ method, path, anchor }: Entry) =>
  `<a href="#${anchor}">${methodBadge(method)}<span>${escapeHtml(path)}</span></a>`;

function article({ method, path, operation, anchor }: Entry, schemas: Schemas, origin: string): string {
  const { summary, description, parameters = [], requestBody, responses, security } = operation;
  const parts = [
    `<h3>${methodBadge(method)}<code>${escapeHtml(path)}</code>`,
    security === undefined ? "" : '<span class="lock">token, or this machine</span>',
    `</h3><p class="summary">${escapeHtml(summary)}</p>`,
    description === undefined ? "" : `<p>${escapeHtml(description)}</p>`,
    `<pre>${escapeHtml(curl(method, path, operation, schemas, origin))}</pre>`,
  ];
  if (parameters.length > 0) {
    const rows = parameters.map(({ name, in: place, schema, required, description }) =>
      fieldRow(
        place === "header" ? `${name}:` : place === "path" ? `{${name}}` : `?${name}=`,
        description === undefined ? schema : { ...schema, description },
        required ?? false,
        schemas,
      )
    );
    parts.push(`<h4>Parameters</h4><table>${rows.join("")}</table>`);
  }
  const body = requestBody?.content["application/json"]?.schema;
  if (body !== undefined) parts.push(`<h4>Body</h4>${schemaTable(body, schemas)}`);
  for (const [status, response] of Object.entries(responses)) {
    if (status !== "default") parts.push(answer(status, response, schemas));
  }
  return `<article id="${anchor}">${parts.join("")}</article>`;
}

function answer(
  status: string,
  { description, content }: { readonly description: string; readonly content?: Content },
  schemas: Schemas,
): string {
  const [type, media] = Object.entries(content ?? {})[0] ?? [];
  const title = `<summary>${escapeHtml(status)} ${escapeHtml(description)}</summary>`;
  if (media === undefined) return `<details>${title}</details>`;
  if (type !== "application/json") return `<details>${title}<p class="type">${escapeHtml(type!)}</p></details>`;
  const example = exampleOf(media.schema, schemas, false);
  return `<details>${title}<pre>${escapeHtml(JSON.stringify(example, null, 2))}</pre></details>`;
}

/** A call to try, in a shell. */
function curl(method: string, path: string, operation: Operation, schemas: Schemas, origin: string): string {
  const parameters = operation.parameters ?? [];
  let url = origin + path;
  for (const { name, schema } of parameters.filter((one) => one.in === "path")) {
    url = url.replace(`{${name}}`, encodeURIComponent(String(exampleOf(schema, schemas, true) ?? name)));
  }
  const query = parameters.filter((one) => one.in === "query" && one.required)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(exampleText(name, schema, schemas))}`);
  if (query.length > 0) url += `?${query.join("&")}`;
  const stream = operation.responses["200"]?.content?.["text/event-stream"] !== undefined;
  const lines = [
    `curl ${stream ? "-N " : ""}${method === "get" ? "" : `-X ${method.toUpperCase()} `}${shellQuoted(url)}`,
  ];
  if (operation.security !== undefined) lines.push(`-H "Authorization: Bearer $TOKEN"`);
  const body = operation.requestBody?.content["application/json"]?.schema;
  if (body !== undefined) {
    lines.push("-H 'Content-Type: application/json'");
    lines.push(`-d ${shellQuoted(JSON.stringify(exampleOf(body, schemas, true)))}`);
  }
  return lines.join(" \\\n  ");
}

/** Names of chains as `deno task up` has them. */
function exampleText(name: string, schema: SchemaObject, schemas: Schemas): string {
  if (schema.example === undefined && (name === "from" || name === "to")) return name === "from" ? "a" : "c";
  return String(exampleOf(schema, schemas, true) ?? "…");
}

const shellQuoted = (text: string) => /^[\w:/.?=%,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

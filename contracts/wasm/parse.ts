/**
 * The binary format (specification, chapter 5): bytes to {@linkcode WasmModule}. Function bodies are only delimited here; their
 * instructions are read by validation. Every count is held against the bytes that are left, and against the limits of
 * this engine, before anything is allocated for it.
 * @module
 */
import { beyond, denied, malformed } from "./_refused.ts";
import { InstructionReader } from "./instructions.ts";
import { ENGINE_LIMITS } from "./limits.ts";
import type {
  CustomSection,
  DataSegment,
  ElementSegment,
  Export,
  ExternalKind,
  FunctionBody,
  FunctionType,
  Global,
  Import,
  ImportDescription,
  Limits,
  TableType,
  ValueType,
  WasmModule,
} from "./module.ts";
import { readDataSegment, readElementSegment, readExpression } from "./parse_segments.ts";
import { readFunctionType, readGlobalType, readMemory, readTable, readValueType } from "./parse_types.ts";

/** Section numbers. */
export const Section = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** Place of each section in the order of a module, by number; the data count comes before the code. */
const PLACES: readonly number[] = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 11, 5];

const KINDS: readonly ExternalKind[] = ["function", "table", "memory", "global"];
const TAG_KIND = 4;

/** Greatest number of locals that the format can say, parameters not among them (5.5.13). */
const LOCALS_FORMAT_MAX = 2 ** 32 - 1;

/** A module while it is read. */
interface Draft {
  types: FunctionType[];
  imports: Import[];
  functions: number[];
  tables: TableType[];
  memories: Limits[];
  globals: Global[];
  exports: Export[];
  start: number | undefined;
  elements: ElementSegment[];
  dataCount: number | undefined;
  code: FunctionBody[];
  data: DataSegment[];
  customs: CustomSection[];
  readonly bodyBytesMax: number;
}

/**
 * Reads a module. Throws `Refused` with the first verdict (malformed, feature or limit). `bodyBytesMax`: `V8_BODY_BYTES_MAX` for
 * what instrumentation has written.
 */
export function parse(bytes: Uint8Array, bodyBytesMax: number = ENGINE_LIMITS.bodyBytes): WasmModule {
  if (bytes.length > ENGINE_LIMITS.bytes) beyond("bytes", "bytes of the module", bytes.length, ENGINE_LIMITS.bytes, 0);
  readPreamble(bytes);
  const draft: Draft = {
    types: [],
    imports: [],
    functions: [],
    tables: [],
    memories: [],
    globals: [],
    exports: [],
    start: undefined,
    elements: [],
    dataCount: undefined,
    code: [],
    data: [],
    customs: [],
    bodyBytesMax,
  };
  const reader = new InstructionReader(bytes);
  reader.seek(8, bytes.length);
  for (let place = 0; reader.position < bytes.length;) place = readSection(reader, draft, place);
  const end = bytes.length;
  if (draft.functions.length !== draft.code.length) {
    malformed(
      "function_count",
      `read module: ${draft.functions.length} functions declared, ${draft.code.length} have code`,
      end,
    );
  }
  if (draft.dataCount !== undefined && draft.dataCount !== draft.data.length) {
    malformed("data_count", `read module: ${draft.dataCount} data segments announced, ${draft.data.length} there`, end);
  }
  const { bodyBytesMax: _, ...module } = draft;
  return { bytes, ...module };
}

function readPreamble(bytes: Uint8Array): void {
  const magic = [0x00, 0x61, 0x73, 0x6d];
  if (magic.some((byte, i) => bytes[i] !== byte)) malformed("magic", "read module: magic header not detected", 0);
  const version = [0x01, 0x00, 0x00, 0x00];
  if (version.some((byte, i) => bytes[i + 4] !== byte)) malformed("version", "read module: unknown binary version", 4);
}

/** Reads one section; answers its place in the order. */
function readSection(reader: InstructionReader, draft: Draft, before: number): number {
  const at = reader.position;
  const id = reader.byte();
  if (id === Section.tag) denied("exceptions", "read section", at);
  if (id > Section.tag) malformed("section", `read section: number ${id} has no meaning`, at);
  const place = id === Section.custom ? before : PLACES[id]!;
  if (id !== Section.custom && place <= before) {
    malformed("section_order", `read section: number ${id} is out of order`, at);
  }
  const size = reader.count("bytes of a section");
  const whole = reader.end, end = reader.position + size;
  reader.end = end;
  readContent(reader, draft, id);
  if (reader.position !== end) malformed("section_size", `read section: size of number ${id} mismatches`, at);
  reader.end = whole;
  return place;
}

function readContent(reader: InstructionReader, draft: Draft, id: number): void {
  switch (id) {
    case Section.custom:
      return readCustom(reader, draft.customs);
    case Section.type:
      return readMany(reader, draft.types, "types", 3, readFunctionType);
    case Section.import:
      return readMany(reader, draft.imports, "imports", 4, readImport);
    case Section.function:
      return readMany(reader, draft.functions, "functions", 1, (r) => r.u32());
    case Section.table:
      return readMany(reader, draft.tables, "tables", 3, readTable);
    case Section.memory:
      return readMany(reader, draft.memories, "memories", 2, readMemory);
    case Section.global:
      return readMany(reader, draft.globals, "globals", 3, readGlobal);
    case Section.export:
      return readMany(reader, draft.exports, "exports", 3, readExport);
    case Section.start:
      draft.start = reader.u32();
      return;
    case Section.element:
      return readMany(reader, draft.elements, "elementSegments", 2, readElementSegment);
    case Section.dataCount:
      draft.dataCount = reader.u32();
      return;
    case Section.code:
      return readCode(reader, draft);
    default:
      return readMany(reader, draft.data, "dataSegments", 2, readDataSegment);
  }
}

type Counted =
  | "types"
  | "imports"
  | "functions"
  | "tables"
  | "globals"
  | "exports"
  | "elementSegments"
  | "dataSegments";

const WORDS: Readonly<Record<Counted | "memories", string>> = {
  types: "types",
  imports: "imports",
  functions: "functions",
  tables: "tables",
  memories: "memories",
  globals: "globals",
  exports: "exports",
  elementSegments: "element segments",
  dataSegments: "data segments",
};

/** A vector. `bytesEach`: the fewest bytes that one of them takes. */
function readMany<T>(
  reader: InstructionReader,
  into: T[],
  what: Counted | "memories",
  bytesEach: number,
  read: (reader: InstructionReader) => T,
): void {
  const at = reader.position;
  const count = reader.count(WORDS[what], bytesEach);
  const most = what === "memories" ? 1 : ENGINE_LIMITS[what];
  if (what === "memories" && count > 1) denied("multi_memory", "read memories", at);
  if (count > most) beyond(WORDS[what].replace(" ", "_"), WORDS[what], count, most, at);
  for (let i = 0; i < count; i++) into.push(read(reader));
}

function readCustom(reader: InstructionReader, into: CustomSection[]): void {
  const { customSections } = ENGINE_LIMITS;
  if (into.length === customSections) {
    beyond("custom_sections", "custom sections", into.length + 1, customSections, reader.position);
  }
  const name = readName(reader);
  into.push({ name, start: reader.position, end: reader.end });
  reader.position = reader.end;
}

function readName(reader: InstructionReader): string {
  const at = reader.position;
  const name = reader.text();
  const bytes = reader.position - at;
  if (bytes > ENGINE_LIMITS.nameBytes) beyond("name_bytes", "bytes of a name", bytes, ENGINE_LIMITS.nameBytes, at);
  return name;
}

function readImport(reader: InstructionReader): Import {
  const module = readName(reader);
  const name = readName(reader);
  return { module, name, description: readImportDescription(reader) };
}

function readImportDescription(reader: InstructionReader): ImportDescription {
  const kind = readKind(reader, "import");
  switch (kind) {
    case "function":
      return { kind, type: reader.u32() };
    case "table":
      return { kind, table: readTable(reader) };
    case "memory":
      return { kind, limits: readMemory(reader) };
    case "global":
      return { kind, global: readGlobalType(reader) };
  }
}

function readKind(reader: InstructionReader, what: string): ExternalKind {
  const at = reader.position;
  const byte = reader.byte();
  if (byte === TAG_KIND) denied("exceptions", `read ${what}`, at);
  return KINDS[byte] ?? malformed("kind", `read ${what}: kind ${byte} has no meaning`, at);
}

function readGlobal(reader: InstructionReader): Global {
  const type = readGlobalType(reader);
  return { type, init: readExpression(reader) };
}

function readExport(reader: InstructionReader): Export {
  const name = readName(reader);
  const kind = readKind(reader, "export");
  return { name, kind, index: reader.u32() };
}

function readCode(reader: InstructionReader, draft: Draft): void {
  const at = reader.position;
  const count = reader.count("function bodies", 2);
  if (count !== draft.functions.length) {
    malformed(
      "function_count",
      `read module: ${draft.functions.length} functions declared, ${count} have code`,
      at,
    );
  }
  for (let i = 0; i < count; i++) draft.code.push(readBody(reader, draft.functions[i]!, draft.bodyBytesMax));
}

function readBody(reader: InstructionReader, type: number, bytesMax: number): FunctionBody {
  const at = reader.position;
  const size = reader.count("bytes of a function body");
  if (size > bytesMax) beyond("body_bytes", "bytes of a function body", size, bytesMax, at);
  const section = reader.end, end = reader.position + size;
  reader.end = end;
  const locals = readLocals(reader);
  const start = reader.position;
  reader.position = end;
  reader.end = section;
  return { type, locals, start, end };
}

function readLocals(reader: InstructionReader): FunctionBody["locals"] {
  const at = reader.position;
  const runs = reader.count("runs of locals", 2);
  const locals: { count: number; type: ValueType }[] = [];
  let total = 0;
  for (let i = 0; i < runs; i++) {
    const count = reader.u32();
    total += count;
    if (total > LOCALS_FORMAT_MAX) malformed("too_many_locals", "read function: too many locals", at);
    locals.push({ count, type: readValueType(reader) });
  }
  if (total > ENGINE_LIMITS.locals) beyond("locals", "locals of a function", total, ENGINE_LIMITS.locals, at);
  return locals;
}

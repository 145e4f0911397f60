/**
 * A WebAssembly module as data: what the parser makes, the validator judges, the instrumentation changes and the encoder
 * writes. Function bodies stay bytes of the original module (`code`), walked by the reader of `instructions.ts`; nothing in
 * here copies them. Names follow the WebAssembly core specification, section 2.5.
 * @module
 */

/** Value types by their byte in the binary format. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;
export type ValueType = number;

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface Limits {
  readonly min: number;
  readonly max: number | undefined;
}

export interface TableType {
  readonly element: ValueType;
  readonly limits: Limits;
}

export interface GlobalType {
  readonly type: ValueType;
  readonly mutable: boolean;
}

/** A constant expression: its bytes in the module, `end` included. */
export interface ConstantExpression {
  readonly start: number;
  readonly end: number;
}

export type ImportDescription =
  | { readonly kind: "function"; readonly type: number }
  | { readonly kind: "table"; readonly table: TableType }
  | { readonly kind: "memory"; readonly limits: Limits }
  | { readonly kind: "global"; readonly global: GlobalType };

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly description: ImportDescription;
}

export type ExternalKind = "function" | "table" | "memory" | "global";

export interface Export {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
}

export interface Global {
  readonly type: GlobalType;
  readonly init: ConstantExpression;
}

/** An element segment. `functions`: indices, when the segment is a plain list of them. */
export interface ElementSegment {
  readonly mode: "active" | "passive" | "declarative";
  readonly table: number;
  readonly offset: ConstantExpression | undefined;
  readonly type: ValueType;
  readonly functions: readonly number[] | undefined;
  readonly expressions: readonly ConstantExpression[] | undefined;
}

export interface DataSegment {
  readonly mode: "active" | "passive";
  readonly memory: number;
  readonly offset: ConstantExpression | undefined;
  /** Bytes of the segment in the module. */
  readonly start: number;
  readonly end: number;
}

/** The body of a function that the module defines. */
export interface FunctionBody {
  /** Index into `types`. */
  readonly type: number;
  /** Runs of locals of one type, parameters not among them. */
  readonly locals: readonly { readonly count: number; readonly type: ValueType }[];
  /** First instruction, and the byte after the last `end`. */
  readonly start: number;
  readonly end: number;
}

export interface CustomSection {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface WasmModule {
  /** The bytes everything above points into. */
  readonly bytes: Uint8Array;
  readonly types: readonly FunctionType[];
  readonly imports: readonly Import[];
  /** Type indices of the functions the module defines; `code[i]` is the body of the i-th. */
  readonly functions: readonly number[];
  readonly tables: readonly TableType[];
  readonly memories: readonly Limits[];
  readonly globals: readonly Global[];
  readonly exports: readonly Export[];
  readonly start: number | undefined;
  readonly elements: readonly ElementSegment[];
  readonly dataCount: number | undefined;
  readonly code: readonly FunctionBody[];
  readonly data: readonly DataSegment[];
  readonly customs: readonly CustomSection[];
}

/** Where and why a module is refused. `offset`: of the byte in the module, where there is one. */
export interface Verdict {
  /** Append-only. `malformed` and `invalid` as the specification has them; `feature`: valid, but not allowed here. */
  readonly kind: "malformed" | "invalid" | "feature" | "limit" | "contract";
  readonly code: string;
  readonly message: string;
  readonly offset: number | undefined;
}

/** Contracts by hand, whose functions do what no honest one does. @module */
import { assemble, type FunctionText, type ModuleText } from "./wasm/assemble.ts";

/** Where answers and messages may be written; in the first page. */
export const ANSWER_AT = 1024;

const exported = (name: string, params: number, results: number, body: string): FunctionText => ({
  export: name,
  params: Array.from({ length: params }, () => "i32" as const),
  results: Array.from({ length: results }, () => "i32" as const),
  body,
});

/** A little-endian region at 16 over the text at {@linkcode ANSWER_AT}, and the text. */
function answer(text: string): ModuleText["data"] {
  const length = new TextEncoder().encode(text).length;
  const region = new Uint8Array(new Uint32Array([ANSWER_AT, length, length]).buffer);
  return [
    { offset: "i32.const 16", bytes: region },
    { offset: `i32.const ${ANSWER_AT}`, bytes: text },
  ];
}

export interface HostileText {
  /** Bodies by the name of the entry point; others answer at once. */
  readonly execute?: string;
  readonly query?: string;
  readonly reply?: string;
  readonly instantiate?: string;
  readonly allocate?: string;
  /** JSON of what entry points answer with `i32.const 16`. */
  readonly answer?: string;
  readonly pages?: number;
  /** Pieces of the module that replace what is here. */
  readonly more?: Partial<ModuleText>;
}

const OK = "i32.const 16";
/** Regions of up to 30 000 bytes, always the same place: enough for one argument after another. */
const ALLOCATE = `
  i32.const 64 i32.const 32768 i32.store
  i32.const 68 i32.const 30000 i32.store
  i32.const 72 i32.const 0 i32.store
  i32.const 64`;

/** The code of a contract. */
export function hostileCode(text: HostileText): Uint8Array<ArrayBuffer> {
  const { more = {} } = text;
  return assemble({
    memory: { min: text.pages ?? 1, export: "memory" },
    data: answer(text.answer ?? '{"ok":{}}')!,
    ...more,
    functions: [
      exported("allocate", 1, 1, text.allocate ?? ALLOCATE),
      exported("deallocate", 1, 0, ""),
      exported("interface_version_8", 0, 0, ""),
      exported("instantiate", 3, 1, text.instantiate ?? OK),
      exported("execute", 3, 1, text.execute ?? OK),
      exported("query", 2, 1, text.query ?? OK),
      exported("reply", 2, 1, text.reply ?? OK),
      ...(more.functions ?? []),
    ],
  });
}

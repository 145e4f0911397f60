/**
 * The deny-list by proposal: what exists in WebAssembly and is not allowed here, recognised by its bytes, so that a verdict
 * names the proposal instead of "illegal opcode". Allowed are WebAssembly 1.0 and the proposals of {@linkcode ALLOWED_FEATURES}.
 * @module
 */

/** Everything a module may use. `mvp` is WebAssembly 1.0. */
export const ALLOWED_FEATURES = [
  "mvp",
  "mutable_globals",
  "sign_extension",
  "saturating_float_to_int",
  "multi_value",
  "bulk_memory",
  "reference_types",
] as const;
export type Feature = typeof ALLOWED_FEATURES[number];

/** Proposals that are refused, by the code of their verdict, and how a message calls them. Append-only. */
export const DENIED_FEATURES = {
  threads: "threads and atomics",
  simd: "SIMD",
  exceptions: "exception handling",
  gc: "garbage collection",
  tail_calls: "tail calls",
  memory64: "64-bit memories",
  multi_memory: "several memories",
  function_references: "typed function references",
  extended_const: "extended constant expressions",
  custom_page_sizes: "custom page sizes",
  memory_control: "memory control",
  wide_arithmetic: "wide arithmetic",
  half_precision: "half precision floats",
  stack_switching: "stack switching",
} as const;
export type DeniedFeature = keyof typeof DENIED_FEATURES;

/** The proposal that a one-byte opcode, or the prefix of longer ones, belongs to; undefined for bytes without a meaning. */
export function proposalOfOpcode(byte: number): DeniedFeature | undefined {
  switch (byte) {
    case 0x06: // try, catch, throw, rethrow, throw_ref
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0a:
    case 0x18: // delegate, catch_all, try_table
    case 0x19:
    case 0x1f:
      return "exceptions";
    case 0x12: // return_call, return_call_indirect, return_call_ref
    case 0x13:
    case 0x15:
      return "tail_calls";
    case 0x14: // call_ref, ref.as_non_null, br_on_null, br_on_non_null
    case 0xd4:
    case 0xd5:
    case 0xd6:
      return "function_references";
    case 0xd3: // ref.eq
    case 0xfb:
      return "gc";
    case 0xfd:
      return "simd";
    case 0xfe:
      return "threads";
    default:
      return byte >= 0xe0 && byte <= 0xe6 ? "stack_switching" : undefined;
  }
}

/** The proposal that an opcode behind the prefix 0xFC belongs to, for those that no allowed proposal defines. */
export function proposalOfMiscOpcode(opcode: number): DeniedFeature | undefined {
  if (opcode === 0x12) return "memory_control"; // memory.discard
  if (opcode >= 0x13 && opcode <= 0x16) return "wide_arithmetic";
  return opcode === 0x30 || opcode === 0x31 ? "half_precision" : undefined; // f32.load_f16, f32.store_f16
}

/** The proposal that a byte belongs to where a value type is expected; undefined for bytes without a meaning. */
export function proposalOfType(byte: number): DeniedFeature | undefined {
  switch (byte) {
    case 0x7b: // v128
      return "simd";
    case 0x69: // exnref, noexn
    case 0x74:
      return "exceptions";
    case 0x63: // (ref null t), (ref t)
    case 0x64:
      return "function_references";
    case 0x68: // contref, nocont
    case 0x75:
      return "stack_switching";
    case 0x6a: // arrayref, structref, i31ref, eqref, anyref; none, noextern, nofunc; i16, i8; string references
    case 0x6b:
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x71:
    case 0x72:
    case 0x73:
    case 0x77:
    case 0x78:
    case 0x67:
    case 0x66:
    case 0x65:
    case 0x61:
    case 0x60:
      return "gc";
    default:
      return undefined;
  }
}

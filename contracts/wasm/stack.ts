/**
 * How much of the stack a function may take. V8's baseline compiler keeps every local and operand in a slot of its frame,
 * at most 8 bytes each; operands once more when they are passed on or returned. Its optimising compiler takes less.
 * @module
 */

/** Return address, saved registers, instance and what else is in a frame whatever the function does. Generous. */
export const FRAME_BYTES = 128;

const LOCAL_BYTES = 8;
const OPERAND_BYTES = 16;

/** What functions that cannot come back to themselves may take in a row without being counted. */
export const FREE_BYTES_MAX = 4_096;

/**
 * The budget when nobody says another. V8 has 984 KiB, whatever the platform; the rest is for what calls the module, for what the module imports, and
 * for those who are free.
 */
export const STACK_BYTES = 512 * 1024;

/** Bytes of the frame of a function. `locals`: with parameters. `height`: greatest number of operands. */
export function frameBytes(locals: number, height: number): number {
  return FRAME_BYTES + LOCAL_BYTES * locals + OPERAND_BYTES * height;
}

/**
 * V8's optimising compiler puts bodies of called functions into their callers, and with them what they keep: small ones, and
 * not more than a multiple of the caller (its `--wasm-inlining-max-size`, `-factor`, `-budget`).
 */
export const INLINED_BODY_BYTES_MAX = 500;
/** V8: 3, of a caller under fuel, which five of its bytes in six may be added by; and three bytes of code can keep eight of the stack. */
export const INLINING_FACTOR = 12;
export const INLINING_BYTES_MAX = 5_000;

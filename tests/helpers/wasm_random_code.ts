/** Immediates for random instructions that mostly name something that is there. @module */
import { Immediate } from "../../contracts/wasm/mod.ts";

/** What random code is made of. */
export const CODE = {
  /** Types of functions and blocks. */
  types: [
    [0x60, 0, 0],
    [0x60, 1, 0x7f, 1, 0x7f],
    [0x60, 2, 0x7f, 0x7e, 2, 0x7e, 0x7f],
    [0x60, 0, 1, 0x70],
    [0x60, 1, 0x7c, 0],
  ],
  /** Control, stack and reference instructions. */
  structure: [...[0, 2, 3, 4, 5, 11, 12, 13, 14, 15, 0x10, 0x11, 0x1a, 0x1b, 0x1c], ...[
    0x20,
    0x41,
    0x42,
    0xd0,
    0xd1,
    0xd2,
  ]],
  /** Instructions that make or take one value. */
  simple: [0x20, 0x21, 0x22, 0x23, 0x24, 0x41, 0x42, 0x43, 0x44, 0x1a, 0xd0],
} as const;

const BLOCK_TYPES = [0x40, 0x7f, 0x7e, 0x70, 0, 1, 2, 3, 4, 5];
const VALUE_TYPES = [0x7f, 0x7e, 0x7d, 0x7c, 0x70, 0x6f];

/** Bytes of the immediates. `choices`: ten numbers from 0 to 4. */
export function immediatesOf(immediate: Immediate, choices: readonly number[]): number[] {
  const choice = (i: number) => choices[i]!;
  switch (immediate) {
    case Immediate.none:
      return [];
    case Immediate.block:
      return [BLOCK_TYPES[choice(0) * 2 + choice(1) % 2]!];
    case Immediate.labels:
      return [choice(0) % 3, ...choices.slice(1, 2 + choice(0) % 3).map((label) => label % 3)];
    case Immediate.indirect:
      return [choice(0), choice(1) % 3];
    case Immediate.access:
      return [choice(0), choice(1)];
    case Immediate.f32:
      return [0, 0, 0, 0];
    case Immediate.f64:
      return [0, 0, 0, 0, 0, 0, 0, 0];
    case Immediate.reference:
      return [choice(0) % 2 === 0 ? 0x70 : 0x6f];
    case Immediate.types:
      return [1, VALUE_TYPES[choice(0) + choice(1) % 2]!];
    case Immediate.memory:
      return [0];
    case Immediate.memories:
      return [0, 0];
    case Immediate.dataMemory:
      return [choice(0) % 2, 0];
    case Immediate.elementTable:
    case Immediate.tables:
      return [choice(0) % 3, choice(1) % 3];
    default:
      return [choice(0)];
  }
}

/**
 * By how much code counts more in a large memory. A load from beyond what a core caches takes up to a hundred times as long as one
 * from nearby, and no price of an instruction can tell them apart; the size of the memory bounds how far away it can be.
 * The measurement behind the numbers is in the README. Part of consensus, as the cost table is.
 * @module
 */

/** From that many pages of 64 KiB on, code counts 2^`shift` times. Both rise from one to the next. */
export interface MemoryStep {
  /** The memory is large when it has more pages than these. */
  readonly pages: number;
  readonly shift: number;
}

/** 1.5, 2, 4 and 8 MiB: times 2, 8, 16 and 32. */
export const MEMORY_STEPS: readonly MemoryStep[] = [
  { pages: 24, shift: 1 },
  { pages: 32, shift: 3 },
  { pages: 64, shift: 4 },
  { pages: 128, shift: 5 },
];

/** The shift of a memory with so many pages; 0 for those that are not large. */
export function memoryShift(pages: number): number {
  let shift = 0;
  for (const step of MEMORY_STEPS) if (pages > step.pages) shift = step.shift;
  return shift;
}

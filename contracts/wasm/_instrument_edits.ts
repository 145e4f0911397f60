/**
 * What instrumentation changes in the function bodies of a module: a list of places, in order, and what to write there.
 * Columns of typed arrays; nothing is allocated for an edit.
 * @module
 */

/** What is written at a place. `value` as said here. */
export const Edit = {
  /** Nothing (any more). */
  none: 0,
  /** Start of a segment. `value`: what is charged here. */
  charge: 1,
  /** Behind a call. `value`: the function, -1 when it is not known. */
  call: 2,
  /** A call in dead code: nothing is written. `value`: as for `call`. */
  deadCall: 3,
  /** Charge by size before an instruction. `value`: the cost of one unit. */
  size: 4,
  /** The same before `memory.grow`. `value`: the cost of a page. */
  grow: 5,
  /** Behind `memory.grow`. */
  grown: 6,
  /** Instead of a `return`. `value`: the label of the block around the body. */
  return: 7,
  /** Behind an instruction whose result is a float: the NaN becomes the canonical one. */
  canonical32: 8,
  canonical64: 9,
  /** In front of a call. `value`: the function, -1 when it is not known. */
  calling: 10,
} as const;
export type Edit = typeof Edit[keyof typeof Edit];

/** Flags of a `charge`. */
export const COLD = 1;
/** All ways from here to the start of the function have been looked at. */
export const PASSED = 2;

const EDITS_START = 1024;

export class EditList {
  count = 0;
  /** Offset in the module. */
  at: Uint32Array = new Uint32Array(EDITS_START);
  kind: Uint8Array = new Uint8Array(EDITS_START);
  /** Doubles, because the cost of a segment may pass 2^32. */
  value: Float64Array = new Float64Array(EDITS_START);
  /** The `charge` of the segment to which the instruction belongs; of a `charge`: the nearest segment that control has
   * come by on every way to it, or itself when it is the first of its function. */
  segment: Int32Array = new Int32Array(EDITS_START);
  flags: Uint8Array = new Uint8Array(EDITS_START);
  /** Of a `charge` in loops: the first segment in the outermost one. Else -1. */
  loop: Int32Array = new Int32Array(EDITS_START);

  /** Answers the number of the new edit. */
  add(at: number, kind: Edit, value: number, segment: number): number {
    const i = this.count++;
    if (i === this.at.length) this.#grow();
    this.at[i] = at;
    this.kind[i] = kind;
    this.value[i] = value;
    this.segment[i] = segment;
    return i;
  }

  /** Adds `cost` to what is charged at `segment`. */
  charge(segment: number, cost: number): void {
    this.value[segment] = this.value[segment]! + cost;
  }

  #grow(): void {
    const { at, kind, value, segment, flags, loop } = this;
    const length = at.length * 2;
    this.at = new Uint32Array(length);
    this.at.set(at);
    this.kind = new Uint8Array(length);
    this.kind.set(kind);
    this.value = new Float64Array(length);
    this.value.set(value);
    this.segment = new Int32Array(length);
    this.segment.set(segment);
    this.flags = new Uint8Array(length);
    this.flags.set(flags);
    this.loop = new Int32Array(length);
    this.loop.set(loop);
  }
}

/**
 * The blocks that are open at one place of a function body, for {@linkcode Scan}. The outermost is the function itself.
 * @module
 */

export const Frame = { block: 0, loop: 1, if: 2, else: 3 } as const;
export type Frame = typeof Frame[keyof typeof Frame];

/** No segment. */
export const NONE = -1;

const DEPTH_START = 64;

/** A stack in columns; `top` is the index of the innermost block. */
export class FrameStack {
  top = -1;
  kind: Uint8Array = new Uint8Array(DEPTH_START);
  /** The segment to which the instruction belongs that opened the block. */
  outer: Int32Array = new Int32Array(DEPTH_START);
  /** Operands below it. */
  base: Int32Array = new Int32Array(DEPTH_START);
  params: Int32Array = new Int32Array(DEPTH_START);
  results: Int32Array = new Int32Array(DEPTH_START);
  /** A live branch names its label. */
  targeted: Uint8Array = new Uint8Array(DEPTH_START);
  /** Index of the outermost block that a live branch in this one names; `top` or more when none leaves it. */
  reaches: Int32Array = new Int32Array(DEPTH_START);
  /** Its number among the {@linkcode Moves}. */
  move: Int32Array = new Int32Array(DEPTH_START);
  /** `else`: the segment at the end of the first arm, {@linkcode NONE} when that end is dead. */
  firstArm: Int32Array = new Int32Array(DEPTH_START);

  push(kind: Frame, outer: number, base: number, params: number, results: number): void {
    const i = ++this.top;
    if (i === this.kind.length) this.#grow();
    this.kind[i] = kind;
    this.outer[i] = outer;
    this.base[i] = base;
    this.params[i] = params;
    this.results[i] = results;
    this.targeted[i] = 0;
    this.reaches[i] = i;
    this.firstArm[i] = this.move[i] = NONE;
  }

  /** A live branch to `label`. Answers how many operands it takes along. */
  branch(label: number): number {
    const target = this.top - label;
    this.targeted[target] = 1;
    if (target < this.reaches[this.top]!) this.reaches[this.top] = target;
    return this.kind[target] === Frame.loop ? this.params[target]! : this.results[target]!;
  }

  /** Whether a live branch leaves the innermost block other than by its end. */
  escapes(): boolean {
    return this.reaches[this.top]! < this.top;
  }

  pop(): void {
    const i = this.top--;
    if (i > 0 && this.reaches[i]! < this.reaches[i - 1]!) this.reaches[i - 1] = this.reaches[i]!;
  }

  #grow(): void {
    const length = this.kind.length * 2;
    const wider = (old: Int32Array) => {
      const wide = new Int32Array(length);
      wide.set(old);
      return wide;
    };
    const widerBytes = (old: Uint8Array) => {
      const wide = new Uint8Array(length);
      wide.set(old);
      return wide;
    };
    this.kind = widerBytes(this.kind);
    this.targeted = widerBytes(this.targeted);
    this.outer = wider(this.outer);
    this.base = wider(this.base);
    this.params = wider(this.params);
    this.results = wider(this.results);
    this.reaches = wider(this.reaches);
    this.firstArm = wider(this.firstArm);
    this.move = wider(this.move);
  }
}

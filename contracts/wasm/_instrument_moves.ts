/**
 * Moves of costs between the segments of one function (README): the `if`s and `loop`s of the body in their order, and for each
 * loop the segments that end with a jump back to it.
 * @module
 */
import type { EditList } from "./_instrument_edits.ts";
import { NONE } from "./_instrument_frames.ts";

/** A loop that some `br_if` or `br_table` goes back to: nothing moves. */
const FIXED = -2;

export class Moves {
  #count = 0;
  /** The segment of the `if` or `loop`; that of its first arm or of its body. */
  #outer: number[] = [];
  #first: number[] = [];
  /** The segment of the second arm; of a loop {@linkcode NONE}. */
  #second: number[] = [];
  /** Head of the list of jumps back, {@linkcode NONE} when there are none. */
  #back: number[] = [];
  #isLoop: boolean[] = [];
  /** Jumps back: their segment, and the next one in the list. */
  #jumps = 0;
  #jumpSegment: number[] = [];
  #jumpNext: number[] = [];

  clear(): void {
    this.#count = this.#jumps = 0;
  }

  /** An `if` or a `loop` begins. Answers its number. */
  add(isLoop: boolean, outer: number, first: number): number {
    const i = this.#count++;
    this.#isLoop[i] = isLoop;
    this.#outer[i] = outer;
    this.#first[i] = first;
    this.#second[i] = this.#back[i] = NONE;
    return i;
  }

  /** The second arm of the `if` begins. */
  arm(i: number, segment: number): void {
    this.#second[i] = segment;
  }

  /** A `br` at the end of `segment` goes back to the loop. */
  jump(i: number, segment: number): void {
    if (this.#back[i] === FIXED) return;
    const jump = this.#jumps++;
    this.#jumpSegment[jump] = segment;
    this.#jumpNext[jump] = this.#back[i]!;
    this.#back[i] = jump;
  }

  /** A `br_if` or `br_table` may go back to the loop. */
  fix(i: number): void {
    this.#back[i] = FIXED;
  }

  /** Moves, the last one in the body first: so what an inner one brings is moved on by the outer one. */
  apply(edits: EditList): void {
    for (let i = this.#count - 1; i >= 0; i--) {
      if (this.#isLoop[i]) this.#applyLoop(i, edits);
      else if (this.#second[i] !== NONE) this.#applyIf(i, edits);
    }
  }

  #applyIf(i: number, edits: EditList): void {
    const first = this.#first[i]!, second = this.#second[i]!;
    const common = Math.min(edits.value[first]!, edits.value[second]!);
    edits.charge(first, -common);
    edits.charge(second, -common);
    edits.charge(this.#outer[i]!, common);
  }

  #applyLoop(i: number, edits: EditList): void {
    const first = this.#first[i]!;
    for (let jump = this.#back[i]!; jump !== NONE; jump = this.#jumpNext[jump]!) {
      if (jump === FIXED || this.#jumpSegment[jump] === first) return;
    }
    if (this.#back[i] === NONE) return;
    const cost = edits.value[first]!;
    edits.value[first] = 0;
    edits.charge(this.#outer[i]!, cost);
    for (let jump = this.#back[i]!; jump !== NONE; jump = this.#jumpNext[jump]!) {
      edits.charge(this.#jumpSegment[jump]!, cost);
    }
  }
}

/**
 * Ranges of one store in which nothing is left, because all that lies below was deleted. Whoever iterates pays for what is found, and
 * not for what is passed over: so nothing is passed over again and again.
 */

/** Texts of keys, from `from` (inclusive) to `to` (exclusive). */
export interface Gap {
  readonly from: string;
  readonly to: string;
}

export class Gaps {
  /** In order; they neither overlap nor touch. */
  readonly #all: Gap[] = [];

  /** The one that a key is in. */
  at(text: string): Gap | undefined {
    const gap = this.#all[this.#endingBehind(text)];
    return gap !== undefined && gap.from <= text ? gap : undefined;
  }

  /** There is nothing in this range, either. */
  add(from: string, to: string): void {
    const first = this.#endingBehind(from, true);
    let last = first;
    while (last < this.#all.length && this.#all[last]!.from <= to) last++;
    if (last > first) {
      const [{ from: least }, { to: greatest }] = [this.#all[first]!, this.#all[last - 1]!];
      if (least < from) from = least;
      if (greatest > to) to = greatest;
    }
    this.#all.splice(first, last - first, { from, to });
  }

  /** There may be something at this key from now on. */
  split(text: string): void {
    if (this.#all.length === 0) return;
    const at = this.#endingBehind(text);
    const gap = this.#all[at];
    if (gap === undefined || gap.from > text) return;
    const parts = [{ from: gap.from, to: text }, { from: after(text), to: gap.to }];
    this.#all.splice(at, 1, ...parts.filter(({ from, to }) => from < to));
  }

  /** The first one that ends behind `text` (`orAt`: or there). */
  #endingBehind(text: string, orAt = false): number {
    let low = 0;
    let high = this.#all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { to } = this.#all[middle]!;
      if (to < text || (!orAt && to === text)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The text of the smallest key behind one. */
export const after = (text: string): string => text + "00";

/**
 * What comes next in the opening of two ends, of a connection (ICS-03) or of a channel (ICS-04), from nothing but what both
 * chains hold. So it does not matter who did the steps before, how often a relayer was stopped between them, or how many
 * work on it: each looks, does one step, and looks again.
 * @module
 */

/** One of the two chains. */
export type Side = "a" | "b";

export const otherSide = (side: Side): Side => side === "a" ? "b" : "a";

/** How far an end is. A closed channel end takes no part here. */
export type EndStage = "init" | "tryopen" | "open";

/** An end that a chain holds. */
export interface FoundEnd<T> {
  readonly id: string;
  readonly stage: EndStage;
  /** Empty while the other end is not known. */
  readonly counterpartyId: string;
  readonly end: T;
}

/** Ends that may belong to the opening, by chain. */
export interface FoundEnds<T> {
  readonly a: readonly FoundEnd<T>[];
  readonly b: readonly FoundEnd<T>[];
}

/** The next step; `side` is the chain it happens on. */
export type OpeningMove<T> =
  | { readonly tag: "done"; readonly a: FoundEnd<T>; readonly b: FoundEnd<T> }
  | { readonly tag: "init"; readonly side: Side }
  | { readonly tag: "try"; readonly side: Side; readonly counterparty: FoundEnd<T> }
  | {
    readonly tag: "ack" | "confirm";
    readonly side: Side;
    readonly own: FoundEnd<T>;
    readonly counterparty: FoundEnd<T>;
  }
  /** `end` points to one on the other chain that is not to be seen there: look again after a block. */
  | { readonly tag: "wait"; readonly side: Side; readonly end: FoundEnd<T> };

export interface OpeningOptions {
  /** Where a new opening starts. */
  readonly first: Side;
  /** A side that all relayers name alike, whichever they call `a`: breaks ties. */
  readonly reference: Side;
  /** Ends that have been waited for in vain: as if they were not there. */
  readonly givenUp: ReadonlySet<string>;
}

/** Identifiers end in a number that counts up. */
function compareNames(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

const compareIds = (a: { readonly id: string }, b: { readonly id: string }) => compareNames(a.id, b.id);

interface Pair<T> {
  readonly side: Side;
  readonly own: FoundEnd<T>;
  readonly other: FoundEnd<T>;
}

/** The lowest identifiers first, on either side, so that it is the same whichever side is called `a`. */
function comparePairs<T>(one: Pair<T>, other: Pair<T>, reference: Side): number {
  const [low, high] = [one.own.id, one.other.id].sort(compareNames) as [string, string];
  const [otherLow, otherHigh] = [other.own.id, other.other.id].sort(compareNames) as [string, string];
  const onReference = ({ side, own, other }: Pair<T>) => side === reference ? own.id : other.id;
  return compareNames(low, otherLow) || compareNames(high, otherHigh) ||
    compareNames(onReference(one), onReference(other));
}

/** Pairs of which the second names the first, the lowest identifiers first; each pair from both sides. */
function pairsOf<T>(ends: FoundEnds<T>, { first, reference }: OpeningOptions): Pair<T>[] {
  const pairs: Pair<T>[] = [];
  for (const side of [first, otherSide(first)]) {
    for (const own of ends[side]) {
      for (const other of ends[otherSide(side)]) {
        if (other.counterpartyId === own.id) pairs.push({ side, own, other });
      }
    }
  }
  return pairs.sort((one, other) => comparePairs(one, other, reference));
}

const isMutual = <T>({ own, other }: Pair<T>) => own.counterpartyId === other.id;

/** An end past its start whose counterparty is nowhere: the chain was not asked late enough, or it is of another life. */
function dangling<T>(ends: FoundEnds<T>, { first, givenUp }: OpeningOptions): OpeningMove<T> | undefined {
  for (const side of [first, otherSide(first)]) {
    const end = ends[side].toSorted(compareIds).find(({ id, stage, counterpartyId }) =>
      stage !== "init" && !givenUp.has(`${side}/${id}`) &&
      !ends[otherSide(side)].some((other) => other.id === counterpartyId)
    );
    if (end !== undefined) return { tag: "wait", side: otherSide(side), end };
  }
  return undefined;
}

/**
 * The step that takes the most advanced pair further; a new opening only when nothing is under way. Of several equally
 * advanced pairs (two relayers began at once) the one with the lowest identifiers, so that all relayers settle on the same
 * and the others are left behind.
 */
export function nextOpeningMove<T>(ends: FoundEnds<T>, options: OpeningOptions): OpeningMove<T> {
  const { first } = options;
  const pairs = pairsOf(ends, options);
  const find = (wanted: (pair: Pair<T>) => boolean) => pairs.find(wanted);
  const done = find((pair) => isMutual(pair) && pair.own.stage === "open" && pair.other.stage === "open");
  if (done !== undefined) {
    const [a, b] = done.side === "a" ? [done.own, done.other] : [done.other, done.own];
    return { tag: "done", a, b };
  }
  const confirm = find((pair) => isMutual(pair) && pair.own.stage === "tryopen" && pair.other.stage === "open");
  if (confirm !== undefined) {
    return { tag: "confirm", side: confirm.side, own: confirm.own, counterparty: confirm.other };
  }
  const ack = find(({ own, other }) =>
    own.stage === "init" && other.stage === "tryopen" &&
    (own.counterpartyId === "" || own.counterpartyId === other.id)
  );
  if (ack !== undefined) return { tag: "ack", side: ack.side, own: ack.own, counterparty: ack.other };
  const wait = dangling(ends, options);
  if (wait !== undefined) return wait;
  for (const side of [first, otherSide(first)]) {
    const counterparty = ends[side].toSorted(compareIds).find(({ stage }) => stage === "init");
    if (counterparty !== undefined) return { tag: "try", side: otherSide(side), counterparty };
  }
  return { tag: "init", side: first };
}

/** An end that is to be one of the two, when it is known already. */
export interface Pins {
  readonly a: string | undefined;
  readonly b: string | undefined;
}

/**
 * The ends that are left when some are given: of the pinned side that one alone, of the other what names it. A string: a
 * pinned end is not there or has another counterparty than is pinned.
 */
export function pinnedEnds<T>(ends: FoundEnds<T>, pins: Pins): FoundEnds<T> | string {
  const found: Record<Side, readonly FoundEnd<T>[]> = { ...ends };
  for (const side of ["a", "b"] as const) {
    const pin = pins[side];
    if (pin === undefined) continue;
    const end = ends[side].find(({ id }) => id === pin);
    if (end === undefined) return `there is no ${pin} that fits`;
    const others = found[otherSide(side)].filter(({ id, counterpartyId }) =>
      counterpartyId === pin || (id === end.counterpartyId && end.counterpartyId !== "") ||
      // A pinned end that has only begun may be told of the first one.
      (id === pins[otherSide(side)] && counterpartyId === "")
    );
    found[side] = found[side].filter(({ id }) => id === pin);
    found[otherSide(side)] = others;
  }
  return found;
}

/** The number that `text` starts with, as in `8atom` or `6.5stake`; undefined when it starts with none. */
export function leadingDecimal(text: string): string | undefined {
  return /^\d+(?:\.\d+)?/.exec(text)?.[0];
}

function partsOf(decimal: string): [whole: string, fraction: string] {
  const [whole = "", fraction = ""] = decimal.split(".");
  return [whole.replace(/^0+/, ""), fraction.replace(/0+$/, "")];
}

/**
 * Order of two decimals without sign, of any length: negative, zero or positive. Exact, and linear in their length, so that
 * long digits in an event cost nothing.
 */
export function compareDecimals(a: string, b: string): number {
  const [wholeA, fractionA] = partsOf(a);
  const [wholeB, fractionB] = partsOf(b);
  if (wholeA.length !== wholeB.length) return wholeA.length - wholeB.length;
  if (wholeA !== wholeB) return wholeA < wholeB ? -1 : 1;
  if (fractionA === fractionB) return 0;
  return fractionA < fractionB ? -1 : 1;
}

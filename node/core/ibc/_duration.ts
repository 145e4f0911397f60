const UNITS_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** 2^63: Go keeps durations as signed 64-bit nanoseconds. */
const LIMIT_NS = 1n << 63n;
const WHOLE_DIGITS_MAX = 19;

/** Go's `time.ParseDuration`: `1h30m`, `-1.5s`, `0`, in nanoseconds; undefined when malformed or out of range. */
export function parseDurationNs(text: string): bigint | undefined {
  const negative = text.startsWith("-");
  const rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === "0") return 0n;
  if (rest === "") return undefined;
  const part = /([0-9]*)(?:\.([0-9]*))?([^0-9.]+)/y;
  let total = 0n;
  while (part.lastIndex < rest.length) {
    const [, whole, fraction, unit] = part.exec(rest) ?? [];
    if (whole === undefined || unit === undefined || !Object.hasOwn(UNITS_NS, unit)) return undefined;
    const ns = partNs(whole, fraction ?? "", UNITS_NS[unit]!);
    if (ns === undefined) return undefined;
    total += ns;
    if (total > LIMIT_NS) return undefined;
  }
  if (negative) return -total;
  return total < LIMIT_NS ? total : undefined;
}

function partNs(whole: string, fraction: string, unit: bigint): bigint | undefined {
  if (whole === "" && fraction === "") return undefined;
  const significant = whole.replace(/^0+/, "");
  if (significant.length > WHOLE_DIGITS_MAX) return undefined;
  const ns = BigInt(significant) * unit;
  if (fraction === "") return ns;
  // Go computes the fraction in float64 and drops digits past its 63 bits.
  let digits = 0n;
  let scale = 1;
  for (const digit of fraction.slice(0, WHOLE_DIGITS_MAX)) {
    const next = digits * 10n + BigInt(digit);
    if (digits > (LIMIT_NS - 1n) / 10n || next > LIMIT_NS) break;
    digits = next;
    scale *= 10;
  }
  return ns + BigInt(Math.trunc(Number(digits) * (Number(unit) / scale)));
}

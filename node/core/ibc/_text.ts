/** What Go's standard library calls blank: nothing but Unicode White_Space (`strings.TrimSpace` leaves nothing). */
export function isBlank(text: string): boolean {
  return /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/.test(text);
}

const UINT64_MAX = (1n << 64n) - 1n;
const UINT64_DIGITS_MAX = 20;

/** An unsigned 64-bit number in decimal, leading zeros allowed, as Go's `strconv.ParseUint`; otherwise undefined. */
export function parseUint64(digits: string): bigint | undefined {
  if (!/^[0-9]+$/.test(digits)) return undefined;
  const significant = digits.replace(/^0+/, "");
  if (significant.length > UINT64_DIGITS_MAX) return undefined;
  const value = BigInt(significant);
  return value <= UINT64_MAX ? value : undefined;
}

/** Someone else's text for an error message: quoted and cut, so that a message never carries a whole packet. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

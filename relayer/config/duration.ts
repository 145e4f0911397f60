/** Durations as people write them, with their units: `500ms`, `10s`, `1h30m`, `14d`. @module */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longer ones are refused: ten years. */
export const DURATION_MS_MAX = 3650 * 86_400_000;

/** Milliseconds of `text`, a sum of whole numbers with units; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d{1,9}(ms|s|m|h|d))+$/.test(text) || text.length > 64) return undefined;
  let sum = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) sum += Number(digits) * UNIT_MS[unit!]!;
  return sum <= DURATION_MS_MAX ? sum : undefined;
}

/** The shortest text that {@linkcode parseDuration} reads as `ms`, a whole number. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let rest = ms;
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const size = UNIT_MS[unit]!;
    if (rest >= size) text += `${Math.floor(rest / size)}${unit}`;
    rest %= size;
  }
  return text;
}

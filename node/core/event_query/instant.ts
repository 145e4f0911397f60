import { type Nanos, NANOS_PER_MS } from "../time.ts";

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Midnight UTC of a day that exists; undefined otherwise. Milliseconds. */
function dayMs(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day past the end of its month rolls over.
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined;
}

/** `2013-05-03`; undefined when it is no date. */
export function parseDate(text: string): Nanos | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const ms = dayMs(Number(match[1]), Number(match[2]), Number(match[3]));
  return ms === undefined ? undefined : BigInt(ms) * NANOS_PER_MS;
}

/** `2013-05-03T14:45:00Z`, or with an offset, and with a fraction of a second; undefined when it is no time. */
export function parseTime(text: string): Nanos | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as number[];
  const ms = dayMs(year!, month!, day!);
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (ms === undefined || hour! > 23 || minute! > 59 || second! > 59 || offsetHours > 23 || offsetMinutes > 59) {
    return undefined;
  }
  const offset = (offsetHours * 60 + offsetMinutes) * (match[8] === "-" ? -1 : 1);
  const whole = ms + ((hour! * 60 + minute! - offset) * 60 + second!) * 1000;
  return BigInt(whole) * NANOS_PER_MS + BigInt((match[7] ?? "").slice(0, 9).padEnd(9, "0"));
}

/** Rules for texts, as Go has them. @module */
import { err, ok, type Result } from "../../core/result.ts";
import { empty, exceedsLimit, invalid } from "./errors.ts";
import { bytesOf } from "./gas.ts";
import { LABEL_BYTES_MAX, SALT_BYTES_MAX } from "./limits.ts";

/** `unicode.IsSpace`: not quite what `trim` takes for space. */
const SPACE = "[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const LEADING = new RegExp(`^${SPACE}+`);
const SPACES = new RegExp(SPACE);

/** Without space at both ends (`strings.TrimSpace`). */
export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && SPACES.test(text[end - 1]!)) end--;
  return text.slice(0, end).replace(LEADING, "");
}

/**
 * What no label may hold: controls, all spaces but the plain one, what has no width, private use and non-characters. Fixed
 * here and not asked of a Unicode table, which differs from one version of the engine to the next.
 */
const NOT_PRINTABLE = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u00a0\\u00ad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u08e2\\u1680\\u180e\\u2000-\\u200f" +
    "\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ud800-\\udfff\\ue000-\\uf8ff\\ufdd0-\\ufdef\\ufeff\\ufff0-\\ufffb\\ufffe\\uffff" +
    "\\u{e0000}-\\u{10ffff}]",
  "u",
);

/** `ValidateLabel`. */
export function checkLabel(label: string): Result<undefined> {
  if (label === "") return err(empty("is required"));
  if (bytesOf(label) > LABEL_BYTES_MAX) return err(exceedsLimit(`cannot be longer than ${LABEL_BYTES_MAX} characters`));
  if (label !== trimSpace(label)) return err(invalid("label must not start/end with whitespaces"));
  if (NOT_PRINTABLE.test(label)) return err(invalid("label must have printable characters only"));
  return ok(undefined);
}

/** `ValidateSalt`. */
export function checkSalt(salt: Uint8Array): Result<undefined> {
  if (salt.length === 0) return err(empty("is required"));
  if (salt.length > SALT_BYTES_MAX) return err(exceedsLimit(`cannot be longer than ${SALT_BYTES_MAX} characters`));
  return ok(undefined);
}

/** Order of UTF-8 bytes, which is not the order of UTF-16 units beyond the basic plane. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    const high = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2_0000 : unit);
    return high(x) - high(y);
  }
  return a.length - b.length;
}

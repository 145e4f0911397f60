/**
 * The grammar of CometBFT v0.38 (`libs/pubsub/query/syntax`):
 *
 *     query     = condition { "AND" condition }
 *     condition = tag ( "=" ( date | number | time | string )
 *                     | ( "<" | "<=" | ">" | ">=" ) ( date | number | time )
 *                     | "CONTAINS" string | "EXISTS" )
 *
 * @module
 */
import type { CodedError } from "../errors.ts";
import { err, ok, type Result } from "../result.ts";
import { parseDate, parseTime } from "./instant.ts";
import type { Condition, Operand, Operator, Query } from "./query.ts";

/** The longest query, in UTF-16 units (CometBFT RPC: 512 bytes). */
export const QUERY_LENGTH_MAX = 512;
export const CONDITIONS_MAX = 32;

/** Codes of the codespace `query`. Append-only. */
export const QUERY_CODE = { tooLong: 1, syntax: 2, tooManyConditions: 3 } as const;

/** `offset` is where the token starts. */
type Token =
  | { readonly type: "tag" | "operator"; readonly text: string; readonly offset: number }
  | { readonly type: "operand"; readonly operand: Operand; readonly offset: number };

type Outcome<T> = Result<T, CodedError>;

const refuse = (code: keyof typeof QUERY_CODE, state: string): Outcome<never> =>
  err({ codespace: "query", code: QUERY_CODE[code], message: `parse query: ${state}` });

/** Years that CometBFT takes in queries. */
const YEAR_MIN = 1900;
const YEAR_MAX = 2999;

const SPACE = /\p{White_Space}*/uy;
const NUMBER = /\d+(?:\.\d*)?/y;
const STRING = /'([^']*)'/y;
const COMPARISON = /<=|>=|<|>|=/y;
const INSTANT = /(TIME|DATE) ([-T:+Z\d]*)/y;
const TAG = /[_\p{L}\p{Nd}][._\p{L}\p{Nd}-]*/uy;
const WORDS: ReadonlySet<string> = new Set(["AND", "EXISTS", "CONTAINS"]);

function at(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}

function instant(kind: string, text: string): Operand | undefined {
  const year = Number(text.slice(0, 4));
  const nanos = kind === "DATE" ? parseDate(text) : parseTime(text);
  if (nanos === undefined || year < YEAR_MIN || year > YEAR_MAX) return undefined;
  return { type: kind === "DATE" ? "date" : "time", text, nanos };
}

/** The token at `offset` and where it ends. */
function scan(text: string, offset: number): Outcome<{ token: Token; end: number }> {
  const found = (token: Token, length: number) => ok({ token, end: offset + length });
  const number = at(NUMBER, text, offset);
  if (number !== null) {
    return found({ type: "operand", operand: { type: "number", text: number[0] }, offset }, number[0].length);
  }
  const string = at(STRING, text, offset);
  if (string !== null) {
    return found({ type: "operand", operand: { type: "string", text: string[1]! }, offset }, string[0].length);
  }
  const comparison = at(COMPARISON, text, offset);
  if (comparison !== null) return found({ type: "operator", text: comparison[0], offset }, comparison[0].length);
  const when = at(INSTANT, text, offset);
  if (when !== null) {
    const operand = instant(when[1]!, when[2]!);
    if (operand === undefined) return refuse("syntax", `offset ${offset}: invalid ${when[1]}`);
    return found({ type: "operand", operand, offset }, when[0].length);
  }
  const tag = at(TAG, text, offset);
  if (tag === null) return refuse("syntax", `offset ${offset}: invalid input`);
  return found({ type: WORDS.has(tag[0]) ? "operator" : "tag", text: tag[0], offset }, tag[0].length);
}

function tokens(text: string): Outcome<Token[]> {
  const found: Token[] = [];
  let offset = at(SPACE, text, 0)![0].length;
  while (offset < text.length) {
    const scanned = scan(text, offset);
    if (!scanned.ok) return scanned;
    found.push(scanned.value.token);
    offset = scanned.value.end + at(SPACE, text, scanned.value.end)![0].length;
  }
  return ok(found);
}

function takes(operator: Operator, operand: Operand): boolean {
  if (operator === "CONTAINS") return operand.type === "string";
  return operator === "=" || operand.type !== "string";
}

const isOperator = (token: Token | undefined, text?: string) =>
  token?.type === "operator" && (text === undefined || token.text === text);

/** One condition starting at `index`, and how many tokens it has. */
function condition(list: readonly Token[], index: number): Outcome<{ condition: Condition; length: number }> {
  const [tag, operator, operand] = [list[index], list[index + 1], list[index + 2]];
  if (tag?.type !== "tag") return refuse("syntax", `offset ${tag?.offset ?? "end"}: expected a tag`);
  if (operator?.type !== "operator" || operator.text === "AND") {
    return refuse("syntax", `offset ${operator?.offset ?? "end"}: expected an operator`);
  }
  const name = operator.text as Operator;
  if (name === "EXISTS") return ok({ condition: { key: tag.text, operator: name }, length: 2 });
  if (operand?.type !== "operand" || !takes(name, operand.operand)) {
    return refuse("syntax", `offset ${operand?.offset ?? "end"}: expected a value for ${name}`);
  }
  return ok({ condition: { key: tag.text, operator: name, operand: operand.operand }, length: 3 });
}

/** Parses what a client sent. Bounded by {@linkcode QUERY_LENGTH_MAX} and {@linkcode CONDITIONS_MAX}; never throws. */
export function parseQuery(text: string): Outcome<Query> {
  if (text.length > QUERY_LENGTH_MAX) return refuse("tooLong", `${text.length} characters, limit ${QUERY_LENGTH_MAX}`);
  const list = tokens(text);
  if (!list.ok) return list;
  const conditions: Condition[] = [];
  let index = 0;
  do {
    if (index > 0 && !isOperator(list.value[index++], "AND")) {
      return refuse("syntax", `offset ${list.value[index - 1]!.offset}: expected AND`);
    }
    const parsed = condition(list.value, index);
    if (!parsed.ok) return parsed;
    conditions.push(parsed.value.condition);
    if (conditions.length > CONDITIONS_MAX) {
      return refuse("tooManyConditions", `more than ${CONDITIONS_MAX} conditions`);
    }
    index += parsed.value.length;
  } while (index < list.value.length);
  return ok({ text, conditions });
}

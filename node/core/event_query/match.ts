import { compareDecimals, leadingDecimal } from "./decimal.ts";
import { parseDate, parseTime } from "./instant.ts";
import type { Condition, Operator, Query } from "./query.ts";

function holds(operator: Operator, order: number): boolean {
  switch (operator) {
    case "=":
      return order === 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return false;
  }
}

/** How `value` compares with the operand; undefined when it is not of the operand's kind. */
function compare(value: string, operand: NonNullable<Condition["operand"]>): number | undefined {
  if (operand.type === "string") return value === operand.text ? 0 : undefined;
  if (operand.type === "number") {
    const decimal = leadingDecimal(value);
    return decimal === undefined ? undefined : compareDecimals(decimal, operand.text);
  }
  const nanos = operand.type === "date" ? parseDate(value) : parseTime(value);
  if (nanos === undefined) return undefined;
  return nanos === operand.nanos ? 0 : nanos < operand.nanos ? -1 : 1;
}

function matchValue({ operator, operand }: Condition, value: string): boolean {
  if (operand === undefined) return operator === "EXISTS";
  if (operator === "CONTAINS") return value.includes(operand.text);
  const order = compare(value, operand);
  return order !== undefined && holds(operator, order);
}

function matchCondition(condition: Condition, events: ReadonlyMap<string, readonly string[]>): boolean {
  const { key } = condition;
  if (key.includes(".") && events.get(key)?.some((value) => matchValue(condition, value))) return true;
  // A tag that is an event's whole type is compared with an empty value, so that EXISTS works for types.
  if (!matchValue(condition, "")) return false;
  for (const composite of events.keys()) {
    if (composite.lastIndexOf(".") === key.length && composite.startsWith(key)) return true;
  }
  return false;
}

/**
 * True when every condition holds for some event. `events` maps `type.attribute` to the values of all such attributes, as
 * CometBFT flattens events. Numbers compare as decimals by what a value starts with, so `8stake` is more than 7.
 */
export function matchQuery(query: Query, events: ReadonlyMap<string, readonly string[]>): boolean {
  return query.conditions.every((condition) => matchCondition(condition, events));
}

/**
 * The query language of CometBFT's subscriptions and searches: conditions on event attributes joined by AND.
 *
 *     tm.event = 'Tx' AND tx.height >= 5 AND transfer.recipient CONTAINS 'cat1' AND message.action EXISTS
 *
 * @module
 */
export { CONDITIONS_MAX, parseQuery, QUERY_CODE, QUERY_LENGTH_MAX } from "./parse.ts";
export { matchQuery } from "./match.ts";
export { compareDecimals, leadingDecimal } from "./decimal.ts";
export type { Condition, Operand, Operator, Query } from "./query.ts";

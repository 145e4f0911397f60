/**
 * Amounts of named tokens, with the rules of cosmos-sdk `types/coin.go`: a list of coins is sorted by denom, names each
 * denom once and holds only positive amounts below 2^256.
 * @module
 */

/** An amount of one denom. */
export interface Coin {
  readonly denom: string;
  readonly amount: bigint;
}
/** Sorted by denom, no denom twice, every amount positive. */
export type Coins = readonly Coin[];
/** As coins travel in protobuf and JSON. */
export interface CoinText {
  readonly denom: string;
  readonly amount: string;
}

/** Longest denom, in characters. */
export const DENOM_CHARS_MAX = 128;
/** Amounts are below this. */
export const AMOUNT_LIMIT = 1n << 256n;
const AMOUNT_DIGITS_MAX = 78;

const DENOM = /^[a-zA-Z][a-zA-Z0-9/:._-]{2,127}$/;
const AMOUNT = /^(?:0|[1-9][0-9]{0,77})$/;

/** Whether `text` names a denom: a letter, then 2 to 127 of letters, digits and `/:._-`. */
export const isDenom = (text: string): boolean => DENOM.test(text);

/** A whole number in [0, 2^256) in canonical decimal; otherwise undefined. */
export function parseAmount(text: string): bigint | undefined {
  if (text.length > AMOUNT_DIGITS_MAX || !AMOUNT.test(text)) return undefined;
  const amount = BigInt(text);
  return amount < AMOUNT_LIMIT ? amount : undefined;
}

/** The coins of a message; undefined unless they are valid. An empty list is valid here. */
export function parseCoinTexts(texts: readonly CoinText[]): Coins | undefined {
  const coins: Coin[] = [];
  let last = "";
  for (const { denom, amount: digits } of texts) {
    const amount = parseAmount(digits);
    if (amount === undefined || amount === 0n || !isDenom(denom) || denom <= last) return undefined;
    coins.push({ denom, amount });
    last = denom;
  }
  return coins;
}

/** Reads `10ucat,5uatom` in any order; undefined when malformed, a denom repeats or an amount is zero. */
export function parseCoins(text: string): Coins | undefined {
  if (text.trim() === "") return [];
  const texts: CoinText[] = [];
  for (const part of text.split(",")) {
    const match = /^([0-9]+)([a-zA-Z].*)$/.exec(part.trim());
    if (!match) return undefined;
    texts.push({ amount: match[1]!, denom: match[2]! });
  }
  return parseCoinTexts(texts.sort((a, b) => (a.denom < b.denom ? -1 : a.denom > b.denom ? 1 : 0)));
}

/** `10ucat,5uzzz`, as events and logs print coins; empty text for none. */
export function formatCoins(coins: readonly { readonly denom: string; readonly amount: bigint | string }[]): string {
  if (coins.length === 1) return `${coins[0]!.amount}${coins[0]!.denom}`;
  return coins.map((coin) => `${coin.amount}${coin.denom}`).join(",");
}

/** To the shape of protobuf and JSON. */
export const coinTexts = (coins: Coins): CoinText[] =>
  coins.map(({ denom, amount }) => ({ denom, amount: amount.toString() }));

/** The sum of both, sorted. */
export function addCoins(a: Coins, b: Coins): Coins {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const sums = new Map<string, bigint>();
  for (const { denom, amount } of a) sums.set(denom, amount);
  for (const { denom, amount } of b) sums.set(denom, (sums.get(denom) ?? 0n) + amount);
  return [...sums].map(([denom, amount]) => ({ denom, amount })).sort((x, y) => (x.denom < y.denom ? -1 : 1));
}

/** Whether both hold the same amounts. */
export const equalCoins = (a: Coins, b: Coins): boolean =>
  a.length === b.length && a.every((coin, i) => coin.denom === b[i]!.denom && coin.amount === b[i]!.amount);

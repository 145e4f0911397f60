/** What gas costs. @module */
import { isDenom } from "../../node/core/coins.ts";

/** A price of one unit of gas, exact. */
export interface GasPrice {
  readonly numerator: bigint;
  /** A power of ten. */
  readonly denominator: bigint;
  readonly denom: string;
}

const DIGITS_MAX = 36;

/** Reads `0.025ucat`; undefined when it is no price. */
export function parseGasPrice(text: string): GasPrice | undefined {
  const match = /^([0-9]+)(?:\.([0-9]+))?([a-zA-Z].*)$/.exec(text.trim());
  if (match === null) return undefined;
  const [, whole, fraction = "", denom] = match as unknown as [string, string, string | undefined, string];
  if (whole.length + fraction.length > DIGITS_MAX || !isDenom(denom)) return undefined;
  return { numerator: BigInt(whole + fraction), denominator: 10n ** BigInt(fraction.length), denom };
}

/** The fee for that much gas, rounded up as chains ask it. */
export function feeOf({ numerator, denominator }: GasPrice, gasLimit: bigint): bigint {
  return (gasLimit * numerator + denominator - 1n) / denominator;
}

/** Exactly `gas` times `factor` (of at most six decimals), rounded up. */
export function scaleGas(gas: bigint, factor: number): bigint {
  const millionths = BigInt(Math.round(factor * 1e6));
  return (gas * millionths + 999_999n) / 1_000_000n;
}

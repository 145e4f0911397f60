import { denomPath, type TransferDenom } from "../../core/ibc/mod.ts";

/** The order of lists of denoms (ibc-go `Denoms.Less`): base, number of hops, path. */
export function compareDenoms(a: TransferDenom, b: TransferDenom): number {
  if (a.base !== b.base) return a.base < b.base ? -1 : 1;
  if (a.trace.length !== b.trace.length) return a.trace.length - b.trace.length;
  const [left, right] = [denomPath(a), denomPath(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

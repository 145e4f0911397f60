/** A home whose genesis funds the accounts of a load test. @module */
import { DEVELOPMENT_ACCOUNTS } from "../../node/development.ts";
import { initDevelopmentHome } from "../../node/home.ts";

/** Writes the home; returns the account number of the first of `addresses` (they are numbered in order). */
export async function writeBenchHome(home: string, chainId: string, addresses: readonly string[]): Promise<bigint> {
  await initDevelopmentHome(home, {
    chainId,
    extraAccounts: addresses.map((address) => ({ address, amount: 1_000_000_000_000n })),
  });
  return BigInt(DEVELOPMENT_ACCOUNTS);
}

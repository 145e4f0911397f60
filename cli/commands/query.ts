/** `catenary query`: asks a node. @module */
import type { Command } from "commander";
import { CommandError, print, standardOutput } from "../output.ts";
import { jsonOption, rpcOption } from "./_options.ts";
import { addChainQueries } from "./query_chain.ts";
import { addIbcQueries } from "./query_ibc.ts";

interface QueryOptions {
  rpc: string;
  json: boolean;
}

/** Adds `query balance`, `query tx`, `query block`, `query validators` and `query ibc` to the program. */
export function addQueryCommands(program: Command): void {
  const query = program.command("query").description("ask a node");
  query.command("balance <address>")
    .description("print the coins of an account")
    .addOption(rpcOption()).addOption(jsonOption())
    .action(balance);
  query.command("tx <hash>")
    .description("print a transaction by its hash")
    .addOption(rpcOption()).addOption(jsonOption())
    .action(tx);
  addChainQueries(query);
  addIbcQueries(query);
}

async function balance(address: string, options: QueryOptions): Promise<void> {
  const { connectClient } = await import("../client.ts");
  const client = await connectClient(options.rpc);
  try {
    const coins = await client.getAllBalances(address).catch((error: Error) => {
      throw new CommandError(`read the balance of ${address}: ${error.message}`, "query_failed");
    });
    const text = coins.map(({ amount, denom }) => `${amount}${denom}`).join("\n");
    print(standardOutput(options.json), { address, balances: coins }, text === "" ? "no coins" : text);
  } finally {
    client.disconnect();
  }
}

async function tx(hash: string, options: QueryOptions): Promise<void> {
  const clean = hash.replace(/^0x/i, "").toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(clean)) throw new CommandError(`query tx ${hash}: a hash has 64 hexadecimal digits`);
  const { connectClient } = await import("../client.ts");
  const client = await connectClient(options.rpc);
  try {
    const found = await client.getTx(clean);
    if (found === null) throw new CommandError(`query tx ${clean}: not in any block of this chain`, "not_found");
    const { height, txIndex, code, rawLog, gasUsed, gasWanted, events } = found;
    print(
      standardOutput(options.json),
      { hash: clean, height, index: txIndex, code, log: rawLog, gasUsed, gasWanted, events },
      `block ${height}, index ${txIndex}, code ${code}${rawLog ? ` (${rawLog})` : ""}, gas ${gasUsed} of ${gasWanted}`,
    );
  } finally {
    client.disconnect();
  }
}

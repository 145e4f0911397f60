/** `catenary query block` and `query validators`: what consensus says of a chain. Nothing is proven here. @module */
import type { Command } from "commander";
import type { CometClient } from "@cosmjs/tendermint-rpc";
import { parseHeight } from "../args.ts";
import { CommandError, print, standardOutput, table } from "../output.ts";
import { jsonOption, rpcOption } from "./_options.ts";

interface QueryOptions {
  readonly rpc: string;
  readonly json: boolean;
}

/** Adds them to the command `query`. */
export function addChainQueries(query: Command): void {
  query.command("block").argument("[height]", "the newest unless given", parseHeight)
    .description(
      "print a block's hash and what its header says; another node can begin from it (node start --state-sync)",
    )
    .addOption(rpcOption()).addOption(jsonOption())
    .action(block);
  query.command("validators").argument("[height]", "the newest unless given", parseHeight)
    .description("print who validates, and with which power")
    .addOption(rpcOption()).addOption(jsonOption())
    .action(validators);
}

/** Asks a node; what it refuses is told in one line. */
async function ask<T>(what: string, { rpc }: QueryOptions, question: (client: CometClient) => Promise<T>): Promise<T> {
  const { connectCometClient } = await import("../client.ts");
  const client = await connectCometClient(rpc);
  try {
    return await question(client);
  } catch (error) {
    throw new CommandError(`${what}: ${reasonOf(error)}`, "query_failed");
  } finally {
    client.disconnect();
  }
}

/** CosmJS throws the JSON of the error object as a message. */
function reasonOf(error: unknown): string {
  const { message } = error as Error;
  try {
    const parsed = JSON.parse(message);
    return String(parsed.data ?? parsed.message);
  } catch {
    return message;
  }
}

const upperHex = (bytes: Uint8Array) => bytes.toHex().toUpperCase();

async function block(height: bigint | undefined, options: QueryOptions): Promise<void> {
  const number = height === undefined ? undefined : Number(height);
  const { blockId, block: { header, txs } } = await ask("query block", options, (client) => client.block(number));
  const shown = {
    chainId: header.chainId,
    height: header.height,
    hash: upperHex(blockId.hash),
    time: header.time.toISOString(),
    txs: txs.length,
    proposer: upperHex(header.proposerAddress),
    appHashBefore: upperHex(header.appHash),
  };
  const rows = Object.entries(shown).map(([key, value]) => [LABELS[key] ?? key, String(value)]);
  print(standardOutput(options.json), shown, table(rows));
}

const LABELS: Readonly<Record<string, string>> = { chainId: "chain id", appHashBefore: "app hash before" };

async function validators(height: bigint | undefined, options: QueryOptions): Promise<void> {
  const number = height === undefined ? undefined : Number(height);
  const answer = await ask("query validators", options, (client) => client.validatorsAll(number));
  const list = answer.validators.map(({ address, pubkey, votingPower }) => ({
    address: upperHex(address),
    pubKey: pubkey?.data.toBase64() ?? "",
    power: votingPower,
  }));
  print(
    standardOutput(options.json),
    { height: answer.blockHeight, validators: list },
    table([
      ["address", "public key", "power"],
      ...list.map(({ address, pubKey, power }) => [address, pubKey, String(power)]),
    ]),
  );
}

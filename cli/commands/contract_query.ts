/** `catenary contract query`: asks a contract, or reads what it stores. @module */
import type { Command } from "commander";
import { parseHeight } from "../args.ts";
import { oneLineJson, parseText, prettyJson, readMessage } from "../contract_input.ts";
import { CommandError, print, standardOutput } from "../output.ts";
import { jsonOption, rpcOption } from "./_options.ts";

interface QueryOptions {
  readonly rpc: string;
  readonly json: boolean;
  readonly raw?: Uint8Array;
  readonly height?: bigint;
}

/** Adds `contract query`. */
export function addContractQuery(contract: Command): void {
  contract.command("query").description("ask a contract, or read a value that it stores (--raw)")
    .argument("<address>", "the contract").argument("[json]", "message to it: JSON, @FILE, or -")
    .option("--raw <key>", "instead of a message: a key of its storage, as text or 0x… in hexadecimal", parseText)
    .option("--height <n>", "as of this height; default: the latest", parseHeight)
    .addOption(rpcOption()).addOption(jsonOption("print JSON on one line"))
    .action(query);
}

async function query(address: string, json: string | undefined, options: QueryOptions): Promise<void> {
  if ((json === undefined) === (options.raw === undefined)) {
    throw new CommandError(
      "query: say either a message as JSON or --raw KEY (add --help for what is possible)",
      "usage",
    );
  }
  const { withContractQueries } = await import("../contract_queries.ts");
  const height = options.height === undefined ? undefined : Number(options.height);
  const output = standardOutput(options.json);
  if (options.raw !== undefined) {
    const key = options.raw;
    const value = await withContractQueries(options.rpc, (queries) => queries.raw(address, key, height));
    if (value.length === 0 && !options.json) {
      throw new CommandError(`read ${address}: nothing is stored under that key`, "not_found");
    }
    print(output, { key, value: value.length === 0 ? null : value }, readable(value));
    return;
  }
  const message = await readMessage("query", json!);
  const answer = await withContractQueries(options.rpc, (queries) => queries.smart(address, message, height));
  const text = new TextDecoder().decode(answer);
  output.line(options.json ? oneLineJson(text) ?? JSON.stringify(answer.toBase64()) : prettyJson(text));
}

/** Text, indented if it is JSON; base64 when it is no text. */
function readable(value: Uint8Array): string {
  try {
    return prettyJson(new TextDecoder("utf-8", { fatal: true }).decode(value));
  } catch {
    return `base64 ${value.toBase64()}`;
  }
}

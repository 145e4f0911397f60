/** `catenary contract execute`: calls a contract. @module */
import type { Command } from "commander";
import { type CoinArgument, parseCoins } from "../args.ts";
import { contractEvents, sendContract, type SentContract, type SigningOptions } from "../contract_client.ts";
import { readMessage } from "../contract_input.ts";
import { print, standardOutput } from "../output.ts";
import { withSigning } from "./_contract_options.ts";

interface ExecuteOptions extends SigningOptions {
  readonly amount?: CoinArgument[];
}

/** Adds `contract execute`. */
export function addContractExecute(contract: Command): void {
  withSigning(
    contract.command("execute").description("call a contract and wait until that is in a block")
      .argument("<address>", "the contract").argument("<json>", "message to it: JSON, @FILE, or -")
      .option("--amount <coins>", "coins to send along, for example 1000ucat", parseCoins),
  ).action(execute);
}

async function execute(address: string, json: string, options: ExecuteOptions): Promise<void> {
  const msg = await readMessage("execute", json);
  const sent = await sendContract("execute", options, (sender) => ({
    typeUrl: "MsgExecuteContract",
    value: { sender, contract: address, msg, funds: options.amount ?? [] },
  }));
  const { MsgExecuteContractResponse } = await import("cosmjs-types/cosmwasm/wasm/v1/tx");
  printCall(sent, options.json, (value) => MsgExecuteContractResponse.decode(value).data);
}

/** What a call of a contract brought: its events and its data. */
export function printCall(sent: SentContract, json: boolean, dataOf: (response: Uint8Array) => Uint8Array): void {
  const events = contractEvents(sent.result);
  const response = sent.result.msgResponses[0];
  const data = response === undefined ? new Uint8Array() : dataOf(response.value);
  print(
    standardOutput(json),
    { ...sent.json, data: data.length === 0 ? null : data, events },
    [...events, ...(data.length === 0 ? [] : [`data ${data.toBase64()}`]), sent.text].join("\n"),
  );
}

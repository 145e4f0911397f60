/** `catenary contract migrate`: gives a contract another code. @module */
import type { Command } from "commander";
import { sendContract, type SigningOptions } from "../contract_client.ts";
import { parseCodeId, readMessage } from "../contract_input.ts";
import { printCall } from "./contract_execute.ts";
import { withSigning } from "./_contract_options.ts";

/** Adds `contract migrate`. */
export function addContractMigrate(contract: Command): void {
  withSigning(
    contract.command("migrate").description("give a contract another code; only its admin may")
      .argument("<address>", "the contract").argument("<code-id>", "its next code", parseCodeId)
      .argument("<json>", "message to the next code: JSON, @FILE, or -"),
  ).action(migrate);
}

async function migrate(address: string, codeId: bigint, json: string, options: SigningOptions): Promise<void> {
  const msg = await readMessage("migrate", json);
  const sent = await sendContract("migrate", options, (sender) => ({
    typeUrl: "MsgMigrateContract",
    value: { sender, contract: address, codeId, msg },
  }));
  const { MsgMigrateContractResponse } = await import("cosmjs-types/cosmwasm/wasm/v1/tx");
  printCall(sent, options.json, (value) => MsgMigrateContractResponse.decode(value).data);
}

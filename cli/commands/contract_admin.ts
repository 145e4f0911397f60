/** `catenary contract set-admin` and `clear-admin`: who may migrate a contract. @module */
import type { Command } from "commander";
import { sendContract, type SigningOptions } from "../contract_client.ts";
import { addressOf } from "../contract_input.ts";
import { print, standardOutput } from "../output.ts";
import { withSigning } from "./_contract_options.ts";

/** Adds `contract set-admin` and `contract clear-admin`. */
export function addContractAdmin(contract: Command): void {
  withSigning(
    contract.command("set-admin").description("hand a contract to another admin; only its admin may")
      .argument("<address>", "the contract").argument("<who>", "address or key name of the next admin"),
  ).action(setAdmin);
  withSigning(
    contract.command("clear-admin").description("leave a contract without an admin: nobody can migrate it any more")
      .argument("<address>", "the contract"),
  ).action(clearAdmin);
}

async function setAdmin(address: string, who: string, options: SigningOptions): Promise<void> {
  const newAdmin = await addressOf(options.home, who);
  const sent = await sendContract("set-admin", options, (sender) => ({
    typeUrl: "MsgUpdateAdmin",
    value: { sender, contract: address, newAdmin },
  }));
  print(
    standardOutput(options.json),
    { address, admin: newAdmin, ...sent.json },
    `${address} belongs to ${newAdmin}\n${sent.text}`,
  );
}

async function clearAdmin(address: string, options: SigningOptions): Promise<void> {
  const sent = await sendContract("clear-admin", options, (sender) => ({
    typeUrl: "MsgClearAdmin",
    value: { sender, contract: address },
  }));
  print(
    standardOutput(options.json),
    { address, admin: null, ...sent.json },
    `${address} has no admin any more\n${sent.text}`,
  );
}

/** `catenary contract instantiate`: makes a contract of a code. @module */
import type { Command } from "commander";
import { type CoinArgument, parseCoins } from "../args.ts";
import { attributeOf, contractEvents, sendContract, type SigningOptions } from "../contract_client.ts";
import { addressOf, parseCodeId, parseSalt, readMessage } from "../contract_input.ts";
import { CommandError, print, standardOutput } from "../output.ts";
import { withSigning } from "./_contract_options.ts";

interface InstantiateOptions extends SigningOptions {
  readonly label: string;
  readonly admin?: string;
  readonly amount?: CoinArgument[];
  readonly salt?: Uint8Array;
  readonly fixMsg: boolean;
}

/** Adds `contract instantiate`. */
export function addContractInstantiate(contract: Command): void {
  withSigning(
    contract.command("instantiate").description("make a contract of a code and print its address")
      .argument("<code-id>", "what upload printed", parseCodeId)
      .argument("<json>", "message to the contract: JSON, @FILE, or -")
      .requiredOption("--label <text>", "what people call it")
      .option("--admin <who>", "address or key name of who may migrate it; default: nobody, for ever")
      .option("--amount <coins>", "coins to send along, for example 1000ucat", parseCoins)
      .option(
        "--salt <text>",
        "makes the address known before (instantiate2); 1 to 64 bytes, 0x…: hexadecimal",
        parseSalt,
      )
      .option("--fix-msg", "with --salt: the message is a part of the address", false),
  ).action(instantiate);
}

async function instantiate(codeId: bigint, json: string, options: InstantiateOptions): Promise<void> {
  if (options.fixMsg && options.salt === undefined) {
    throw new CommandError(
      "instantiate: --fix-msg says something of an address that --salt makes; give --salt too",
      "usage",
    );
  }
  const msg = await readMessage("instantiate", json);
  const admin = options.admin === undefined ? "" : await addressOf(options.home, options.admin);
  const sent = await sendContract("instantiate", options, (sender) => {
    const value = { sender, admin, codeId, label: options.label, msg, funds: options.amount ?? [] };
    return options.salt === undefined
      ? { typeUrl: "MsgInstantiateContract", value }
      : { typeUrl: "MsgInstantiateContract2", value: { ...value, salt: options.salt, fixMsg: options.fixMsg } };
  });
  const address = attributeOf(sent.result, "instantiate", "_contract_address") ?? "";
  const events = contractEvents(sent.result);
  print(
    standardOutput(options.json),
    { address, codeId, label: options.label, admin: admin || null, ...sent.json, events },
    [address, ...events, sent.text].join("\n"),
  );
}

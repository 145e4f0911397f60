/** `catenary tx`: makes, signs and sends transactions. @module */
import type { Command } from "commander";
import { type CoinArgument, parseCoins } from "../args.ts";
import { CommandError, print, standardOutput } from "../output.ts";
import { homeOption, jsonOption, rpcOption } from "./_options.ts";
import { addIbcTransfer } from "./tx_ibc.ts";
import { addUpdateValidator } from "./tx_validator.ts";

interface SendOptions {
  home: string;
  rpc: string;
  json: boolean;
  from?: string;
  to?: string;
  amount?: CoinArgument[];
  fees?: CoinArgument[];
  gas?: string;
  memo: string;
}

/** Adds `tx send`, `tx ibc-transfer` and `tx update-validator` to the program. */
export function addTxCommands(program: Command): void {
  const tx = program.command("tx").description("make, sign and send transactions");
  tx.command("send")
    .description("send coins and wait until they are in a block: by options, or as FROM TO AMOUNT")
    .argument("[words...]", "what the options leave open, in the order from, to, amount")
    .option("--from <name>", "key that signs (dev0 … dev9: the development accounts)")
    .option("--to <address>", "bech32 address that receives")
    .option("--amount <coins>", "for example 1000ucat", parseCoins)
    .option("--fees <coins>", "fee to pay", parseCoins)
    .option("--gas <units>", "gas limit; default: simulated, with a margin")
    .option("--memo <text>", "memo", "")
    .addOption(homeOption()).addOption(rpcOption()).addOption(jsonOption())
    .action(send);
  addIbcTransfer(tx);
  addUpdateValidator(tx);
}

interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: CoinArgument[];
}

/** Options first; the words fill in what is left, in order. */
function transferOf(words: readonly string[], options: SendOptions): Transfer {
  const left = [...words];
  const from = options.from ?? left.shift();
  const to = options.to ?? left.shift();
  const amount = options.amount ?? (left.length > 0 ? readCoins(left.shift()!) : undefined);
  for (const [name, value] of [["--from NAME", from], ["--to ADDRESS", to], ["--amount COINS", amount]]) {
    if (value === undefined) {
      throw new CommandError(`send: ${name} is missing (add --help for what is possible)`, "usage");
    }
  }
  if (left.length > 0) throw new CommandError(`send: nothing is left for the word ${left[0]}`, "usage");
  return { from: from!, to: to!, amount: amount! };
}

function readCoins(text: string): CoinArgument[] {
  try {
    return parseCoins(text);
  } catch (error) {
    throw new CommandError(`send ${text}: ${(error as Error).message}`, "usage");
  }
}

async function send(words: readonly string[], options: SendOptions): Promise<void> {
  const { openKey } = await import("../keyring.ts");
  const { connectSigner, gasLimit } = await import("../client.ts");
  const { from, to, amount } = transferOf(words, options);
  const wallet = await openKey(options.home, from);
  const [account] = await wallet.getAccounts();
  const client = await connectSigner(options.rpc, wallet);
  try {
    const message = {
      typeUrl: "/cosmos.bank.v1beta1.MsgSend",
      value: { fromAddress: account!.address, toAddress: to, amount },
    };
    const gas = await gasLimit(client, account!.address, message, options);
    const fee = { amount: options.fees ?? [], gas };
    const result = await client.signAndBroadcast(account!.address, [message], fee, options.memo);
    if (result.code !== 0) {
      throw new CommandError(
        `send: refused with code ${result.code}: ${result.rawLog ?? ""}`,
        `tx_code_${result.code}`,
      );
    }
    print(
      standardOutput(options.json),
      { hash: result.transactionHash, height: result.height, code: result.code, gasUsed: result.gasUsed },
      `in block ${result.height}: ${result.transactionHash} (gas ${result.gasUsed} of ${result.gasWanted})`,
    );
  } finally {
    client.disconnect();
  }
}

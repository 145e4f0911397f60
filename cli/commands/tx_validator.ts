/** `catenary tx update-validator`: an admin of the chain lets a validator in, changes its power, or lets it go. @module */
import { type Command, InvalidArgumentError } from "commander";
import { type CoinArgument, parseCoins } from "../args.ts";
import { CommandError, print, standardOutput } from "../output.ts";
import { homeOption, jsonOption, rpcOption } from "./_options.ts";

interface UpdateOptions {
  readonly home: string;
  readonly rpc: string;
  readonly json: boolean;
  readonly from: string;
  readonly power: bigint;
  readonly pubKey?: Uint8Array;
  readonly fees?: CoinArgument[];
  readonly gas?: string;
}

const HELP = `
A fifth validator for a network of four:
  catenary init --genesis genesis.json --home DIR        # of the network, from any of its nodes' config/
  catenary node start --home DIR --bootstrap MULTIADDR   # follows as a full node
  curl -s localhost:26657/status                         # wait until "catching_up" is false
  catenary tx update-validator --home DIR --power 10 --from dev0 --rpc ADDRESS
Its votes count two heights after the block that the transaction is in. --power 0 lets it go again.`;

function parsePublicKey(text: string): Uint8Array {
  try {
    const bytes = Uint8Array.fromBase64(text);
    if (bytes.length === 32) return bytes;
  } catch {
    // Refused below.
  }
  throw new InvalidArgumentError("expected an ed25519 key, 32 bytes in base64, as in priv_validator_key.json");
}

function parsePower(text: string): bigint {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError("expected a whole number; 0 removes the validator");
  return BigInt(text);
}

/** Adds `tx update-validator` to the command `tx`. */
export function addUpdateValidator(tx: Command): void {
  tx.command("update-validator")
    .description("set the power of a validator; only an admin of the genesis may (a development chain's: dev0)")
    .requiredOption("--power <n>", "voting power; 0 removes the validator", parsePower)
    .option("--pub-key <base64>", "whose power; default: the validator key of --home", parsePublicKey)
    .option("--from <name>", "key of the admin that signs", "dev0")
    .option("--fees <coins>", "fee to pay", parseCoins)
    .option("--gas <units>", "gas limit; default: simulated, with a margin")
    .addOption(homeOption()).addOption(rpcOption()).addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(update);
}

async function update(options: UpdateOptions): Promise<void> {
  const { openKey } = await import("../keyring.ts");
  const { connectSigner, gasLimit } = await import("../client.ts");
  const { MsgUpdateValidatorCodec } = await import("../../node/modules/validators/mod.ts");
  const pubKey = options.pubKey ?? await keyOfHome(options.home);
  const wallet = await openKey(options.home, options.from);
  const [account] = await wallet.getAccounts();
  const authority = account!.address;
  const client = await connectSigner(options.rpc, wallet);
  try {
    const { typeUrl } = MsgUpdateValidatorCodec;
    client.registry.register(typeUrl, { ...MsgUpdateValidatorCodec, fromPartial: (value) => value });
    const message = { typeUrl, value: { authority, pubKey, power: options.power } };
    const gas = await gasLimit(client, authority, message, { memo: "", ...(options.gas && { gas: options.gas }) });
    const result = await client.signAndBroadcast(authority, [message], { amount: options.fees ?? [], gas });
    if (result.code !== 0) {
      const state = `refused with code ${result.code}: ${result.rawLog ?? ""}`;
      throw new CommandError(`update-validator: ${state}`, `tx_code_${result.code}`);
    }
    const [key, from] = [pubKey.toBase64(), result.height + 2];
    print(
      standardOutput(options.json),
      { hash: result.transactionHash, height: result.height, pubKey: key, power: options.power, inForceFrom: from },
      `in block ${result.height}: ${result.transactionHash}\n${key} has power ${options.power} from height ${from} on`,
    );
  } finally {
    client.disconnect();
  }
}

async function keyOfHome(home: string): Promise<Uint8Array> {
  const { homePaths, readKeyFile } = await import("../../node/config/mod.ts");
  const path = homePaths(home).validatorKey;
  try {
    return (await readKeyFile(path)).publicKey;
  } catch (error) {
    throw new CommandError(
      `update-validator: ${(error as Error).message}; name the validator with --pub-key BASE64 or --home DIR`,
      "key_missing",
    );
  }
}

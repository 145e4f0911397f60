/** `catenary signer`: a validator key in a process of its own. @module */
import { type Command, Option } from "commander";
import { print, standardOutput } from "../output.ts";
import { jsonOption } from "./_options.ts";
import {
  defaultSignerHome,
  type InitSignerOptions,
  type ShowSignerOptions,
  type StartSignerOptions,
} from "./_signer_options.ts";

const HELP = `
A key for a new validator, in a process of its own:
  catenary signer init
  catenary signer show                     # its public key for the genesis; its connection key for the node
  catenary signer start --connect unix:///run/catenary/signer.sock --chain-id my-chain
and in the node's config/node.toml, beside which no priv_validator_key.json is needed:
  [signer]
  listen = "unix:///run/catenary/signer.sock"

Over TCP both sides have keys. The node lets in only the connection keys that signer.peer_keys names, and the signer
speaks only to the node with the id before the @ (the address of its node_key.json):
  listen = "tcp://10.0.0.2:26659"          # peer_keys = ["CONNECTION KEY OF signer show"]
  catenary signer start --connect tcp://NODE_ID@10.0.0.2:26659 --chain-id my-chain

The key of a node that runs already: stop the node first, and take what it signed along.
  catenary signer init --from-home ~/.catenary`;

const signerHome = () =>
  new Option("--home <dir>", "folder of the signer").default(defaultSignerHome(), "~/.catenary-signer");
const keyOption = () => new Option("--key <file>", "this priv_validator_key.json instead of a home");
const stateOption = () =>
  new Option("--state <file>", "with --key: what it signed last (default: priv_validator_state.json beside the key)");

/** Adds `signer init`, `signer show` and `signer start` to the program. */
export function addSignerCommands(program: Command): void {
  const signer = program.command("signer")
    .description("hold a validator key in a process of its own, for a node of Catenary or of CometBFT")
    .addHelpText("after", HELP);
  signer.command("init")
    .description("make a signer: a new validator key, or one of elsewhere with what it signed there")
    .addOption(signerHome())
    .option("--import <file>", "the priv_validator_key.json to use")
    .option("--state <file>", "with --import: the priv_validator_state.json of this key")
    .option("--from-home <dir>", "take both from the home of a stopped node of Catenary or of CometBFT")
    .option("--never-signed", "with --import or --from-home: this key has never signed anything", false)
    .addOption(jsonOption())
    .action(init);
  signer.command("show")
    .description("print the public key and address, the connection key, and what was signed last")
    .addOption(signerHome()).addOption(keyOption()).addOption(stateOption()).addOption(jsonOption())
    .action(show);
  signer.command("start")
    .description("connect to a node and sign for it, never two things at one height, round and step")
    .requiredOption("--connect <address>", "unix:///PATH, tcp://HOST:PORT or tcp://NODE_ID@HOST:PORT")
    .option("--chain-id <id>", "sign for this chain only")
    .addOption(signerHome()).addOption(keyOption()).addOption(stateOption()).addOption(jsonOption())
    .action(start);
}

async function init(options: InitSignerOptions): Promise<void> {
  const { initSigner } = await import("./_signer_work.ts");
  const { text, ...made } = await initSigner(options);
  print(standardOutput(options.json), made, text);
}

async function show(options: ShowSignerOptions): Promise<void> {
  const { showSigner } = await import("./_signer_work.ts");
  const { text, ...shown } = await showSigner(options);
  print(standardOutput(options.json), shown, text);
}

async function start(options: StartSignerOptions): Promise<void> {
  const { startSigner } = await import("./_signer_work.ts");
  await startSigner(options, standardOutput(options.json));
}

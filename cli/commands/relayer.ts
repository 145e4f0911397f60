/** `catenary relayer`: runs a relayer, and asks and changes one. @module */
import { type Command, Option } from "commander";
import { parseHostPort, parseRpcUrl } from "../args.ts";
import { jsonOption } from "./_options.ts";

const configOption = () =>
  new Option("--config <file>", "configuration of the relayer").default(undefined, "relayer.toml in this folder");

/** Adds `relayer …` to the program. */
export function addRelayerCommands(program: Command): void {
  const relayer = program.command("relayer")
    .description("run a relayer, which carries packets between chains, or ask and change one that runs");
  relayer.command("start", { isDefault: true })
    .description("run the relayer of a configuration until it is told to stop (what relayer alone does)")
    .addOption(configOption())
    .option("--api-listen <host:port>", "where its HTTP interface listens; port 0 takes a free one", parseHostPort)
    .addOption(jsonOption("print JSON, one event a line"))
    .action(async (options) => (await import("./relayer_start.ts")).start(options));
  relayer.command("init")
    .description("write a configuration: for the chains at --rpc, or for the development chains found on this machine")
    .addOption(configOption())
    .option(
      "--rpc <address>",
      "RPC address of a node of a chain; give it for each chain, in the order in which they are joined",
      (text: string, others: string[]) => [...others, parseRpcUrl(text)],
      [],
    )
    .option("--api-listen <host:port>", "where its HTTP interface shall listen", parseHostPort)
    .option("--force", "overwrite the file if it is there", false)
    .addOption(jsonOption())
    .action(async (options) => (await import("./relayer_init.ts")).init(options));
  addAsking(relayer);
  addCreating(relayer);
}

/** Options of commands that talk to a relayer. */
const withDoor = (command: Command) =>
  command.addOption(configOption())
    .option("--api <address>", "HTTP interface of a running relayer; CATENARY_RELAYER_TOKEN has its token", parseRpcUrl)
    .addOption(jsonOption());

function addAsking(relayer: Command): void {
  const asking = () => import("./relayer_ask.ts");
  withDoor(relayer.command("status")).description("how the relayer and its chains are")
    .action(async (options) => (await asking()).status(options));
  withDoor(relayer.command("paths")).description("what joins which chains; pause and resume paths")
    .option("--pause <id>", "notice the packets of a path and do not carry them")
    .option("--resume <id>", "carry them again")
    .action(async (options) => (await asking()).paths(options));
  withDoor(relayer.command("packets")).description("packets with their state and proof heights, newest first")
    .option("--path <id>", "only of this path")
    .option("--chain <name>", "only sent by this chain")
    .option("--channel <id>", "only sent over this channel")
    .option("--state <states>", "only in these states: sent, received, acknowledged, timed_out, skipped")
    .option("--limit <n>", "how many at most", "20")
    .action(async (options) => (await asking()).packets(options));
  withDoor(relayer.command("clear")).description("look for packets that were left, and carry them")
    .option("--path <id>", "only of this path")
    .option("--chain <name>", "only sent by this chain")
    .option("--port <id>", "with --channel: its port", "transfer")
    .option("--channel <id>", "only sent over this channel of --chain")
    .option("--sequences <list>", "only these, with commas between")
    .action(async (options) => (await asking()).clear(options));
  withDoor(relayer.command("misbehaviour"))
    .description("compare what clients hold with what their chains serve, and find two signed histories")
    .option("--chain <name>", "only clients on this chain")
    .option("--client <id>", "only this client of --chain")
    .option("--submit", "freeze the client when there is proof", false)
    .action(async (options) => (await asking()).misbehaviour(options));
}

function addCreating(relayer: Command): void {
  const creating = () => import("./relayer_create.ts");
  const create = relayer.command("create").description("make clients, connections, channels and whole paths");
  withDoor(create.command("client <chain> <follows>"))
    .description("make a client on one chain that follows another, by the names of the configuration")
    .action(async (chain, follows, options) => (await creating()).client(chain, follows, options));
  withDoor(create.command("connection <path>"))
    .description("open the connection of a path, and clients where it has none")
    .action(async (path, options) => (await creating()).connection(path, options));
  const withChannel = (command: Command) =>
    command.option("--port-a <id>", "port on the first chain", "transfer")
      .option("--port-b <id>", "port on the second chain", "transfer")
      .addOption(
        new Option("--order <order>", "order of packets").choices(["unordered", "ordered"]).default("unordered"),
      )
      .option("--channel-version <text>", "version of the applications; default: theirs", "");
  withDoor(withChannel(create.command("channel <path>")))
    .description("open one more channel on a path, or over several")
    .option("--hops <paths...>", "paths over which the channel goes on behind the first, in their order")
    .action(async (path, options) => (await creating()).channel(path, options));
  withDoor(withChannel(create.command("path <a> <b>")))
    .description("join two chains: clients, a connection and a channel, kept among the relayer's paths")
    .option("--id <id>", "what to call it; default: a-b")
    .option("--no-channel", "without a channel")
    .action(async (a, b, options) => (await creating()).path(a, b, options));
}

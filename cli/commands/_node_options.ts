/** The options of `catenary node start`, and what they mean to a node. @module */
import { type Command, Option } from "commander";
import type { NodeConfigInput } from "../../node/config/mod.ts";
import type { NodeOptions } from "../../node/node.ts";
import {
  parseCount,
  parseHash,
  parseHeight,
  parseHostPort,
  parseListenMultiaddr,
  parseMs,
  parsePeerMultiaddr,
} from "../args.ts";
import { homeOption, jsonOption } from "./_options.ts";
import { CommandError } from "../output.ts";

/** What commander makes of the command line. */
export interface StartOptions {
  readonly home: string;
  readonly rpcListen?: string;
  /** false: `--no-p2p`. */
  readonly p2p: boolean;
  readonly p2pListen?: readonly string[];
  readonly bootstrap?: readonly string[];
  readonly metricsListen?: string;
  readonly blockTimeMs?: number;
  readonly executionThreads?: number | "auto";
  readonly snapshotInterval?: number;
  readonly stateSync: boolean;
  readonly trustHeight?: bigint;
  readonly trustHash?: string;
  readonly endWithInput: boolean;
  readonly json: boolean;
}

const HELP = `
What is not given here is as <home>/config/node.toml says.

Follow a network as a full node, from its genesis and one address of it:
  catenary init --genesis genesis.json --full --home DIR
  catenary node start --home DIR --bootstrap /ip4/192.168.10.2/tcp/26656/p2p/12D3Koo…
The same from a snapshot of others instead of every block, from a block that you trust (ask who runs a node you trust:
catenary query block --rpc ADDRESS):
  catenary node start --home DIR --bootstrap … --state-sync --trust-height 1000 --trust-hash 5F3A…
`;

/** Adds them to a command. */
export function addNodeOptions(command: Command): Command {
  return command
    .addOption(homeOption())
    .option("--rpc-listen <host:port>", "where RPC listens; port 0 takes a free one", parseHostPort)
    .option("--p2p-listen <multiaddr>", "where peers connect; may be given again", parseListenMultiaddr)
    .option("--bootstrap <multiaddr>", "a node to meet first, with /p2p/ID; may be given again", parsePeerMultiaddr)
    .option("--no-p2p", "meet nobody")
    .option("--metrics-listen <host:port>", "where /metrics is served", parseHostPort)
    .option("--block-time-ms <ms>", "wait after a block before the next height", parseMs)
    .option(
      "--execution-threads <n>",
      "threads that run transactions of a block ahead; auto: when it pays",
      parseThreads,
    )
    .option("--snapshot-interval <n>", "blocks between snapshots that others may begin from; 0: none", parseCount)
    .option("--state-sync", "begin a new home from a snapshot of others", false)
    .option("--trust-height <n>", "with --state-sync: height of a block known from outside the network", parseHeight)
    .option("--trust-hash <hex>", "with --state-sync: its hash", parseHash)
    .addOption(
      new Option("--end-with-input", "end when standard input ends: with the process that started this one")
        .default(false).hideHelp(),
    )
    .addOption(jsonOption())
    .addHelpText("after", HELP);
}

const parseThreads = (text: string) => text === "auto" ? text : parseCount(text);

/** For `createNode`. Throws a CommandError `usage` that says what goes together. */
export function nodeOptions(options: StartOptions): NodeOptions {
  return {
    home: options.home,
    config: configOf(options),
    ...(options.rpcListen !== undefined && { rpcListen: options.rpcListen }),
    ...(options.metricsListen !== undefined && { metricsListen: options.metricsListen }),
    ...(options.blockTimeMs !== undefined && { blockTimeMs: options.blockTimeMs }),
  };
}

/** Only what was given: it wins over the file field by field. */
function configOf(options: StartOptions): NodeConfigInput {
  const { p2p, p2pListen, bootstrap, snapshotInterval, executionThreads } = options;
  if (!p2p && (p2pListen !== undefined || bootstrap !== undefined || options.stateSync)) {
    throw new CommandError("start: --no-p2p leaves no use for --p2p-listen, --bootstrap and --state-sync", "usage");
  }
  return {
    p2p: {
      ...(!p2p && { enabled: "off" }),
      ...((p2pListen ?? bootstrap) !== undefined && { enabled: "on" }),
      ...(p2pListen !== undefined && { listen: [...p2pListen] }),
      ...(bootstrap !== undefined && { bootstrap: [...bootstrap] }),
    },
    sync: {
      ...(snapshotInterval !== undefined && { snapshot_interval: snapshotInterval }),
      ...trustOf(options),
    },
    ...(executionThreads !== undefined && { execution: { threads: executionThreads } }),
  };
}

/** A snapshot is worth what its beginning is worth: the three go together. */
function trustOf({ stateSync, trustHeight, trustHash }: StartOptions): NodeConfigInput["sync"] {
  const missing = (trustHeight === undefined) !== (trustHash === undefined);
  if (missing || (!stateSync && trustHeight !== undefined)) {
    throw new CommandError(
      "start: --state-sync, --trust-height and --trust-hash go together (add --help for an example)",
      "usage",
    );
  }
  if (!stateSync) return {};
  return {
    state_sync: true,
    ...(trustHeight !== undefined && trustHash !== undefined && {
      trust_height: Number(trustHeight),
      trust_hash: trustHash,
    }),
  };
}

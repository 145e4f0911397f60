/** `catenary up`: three development chains and a relayer in one process, and tokens that go around. @module */
import type { Command } from "commander";
import { parseMs, parsePort } from "../args.ts";
import { jsonOption } from "./_options.ts";

/** Adds `up` to the program. */
export function addUpCommand(program: Command): void {
  program.command("up")
    .description(
      "start three development chains and a relayer between them, send tokens over two hops and back, and stay up",
    )
    .option("--once", "end after the round trip: code 0 if everything is as it should be", false)
    .option("--home <dir>", "keep the chains and the relayer there, and go on with them next time; default: in memory")
    .option("--block-time-ms <ms>", "wait after a block before the next height", parseMs, 200)
    .option(
      "--base-port <port>",
      "RPC of the chains at this port and the next two, the relayer's API after them",
      parsePort,
    )
    .addOption(jsonOption("print JSON, one event a line"))
    .action(async (options) => (await import("../up/up.ts")).up(options));
}

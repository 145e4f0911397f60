/** Options that several commands share. @module */
import { Option } from "commander";
import { DEFAULT_RPC, defaultHome, parseRpcUrl } from "../args.ts";

export const homeOption = () => new Option("--home <dir>", "folder of the node").default(defaultHome(), "~/.catenary");

export const jsonOption = (description = "print JSON") => new Option("--json", description).default(false);

/** `--node` is what other tools of the ecosystem call it. */
export const rpcOption = () =>
  new Option("--node, --rpc <address>", "RPC address of a node").argParser(parseRpcUrl).default(DEFAULT_RPC);

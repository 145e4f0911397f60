/** `catenary contract build`: from AssemblyScript to a module that a chain takes. @module */
import { basename, extname, join, resolve } from "node:path";
import type { Command } from "commander";
import { CommandError, print, standardOutput, table } from "../output.ts";
import { jsonOption } from "./_options.ts";

const HELP = `
A folder has its main file in assembly/index.ts or index.ts. What it imports from "catenary" comes with this program.
The module is checked as a chain would check it: see "catenary contract check".`;

/** Adds `contract build`. */
export function addContractBuild(contract: Command): void {
  contract.command("build").description("compile a contract written in AssemblyScript")
    .argument("<path>", "its folder or main file")
    .option("-o, --output <file>", "where to write it; NAME.wasm in the folder, or beside the file, unless given")
    .option("--names", "keep the names of functions, for stack traces", false)
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(build);
}

interface BuildOptions {
  readonly output?: string;
  readonly names: boolean;
  readonly json: boolean;
}

/** `dir/token` gives `dir/token/token.wasm`, `dir/token.ts` gives `dir/token.wasm`. */
function outputOf(path: string): string {
  const full = resolve(path);
  return extname(full) === ".ts" ? full.replace(/\.ts$/, ".wasm") : join(full, `${basename(full)}.wasm`);
}

async function build(path: string, options: BuildOptions): Promise<void> {
  const { buildContract, ContractBuildError } = await import("../../contracts/sdk/mod.ts");
  const wasm = await buildContract(path, { names: options.names }).catch((error) => {
    throw error instanceof ContractBuildError ? new CommandError(error.message, "build") : error;
  });
  const { checkFile } = await import("../contract_report.ts");
  const report = checkFile(wasm);
  if (!report.ok) {
    const lines = report.error.map(({ line }) => line).join("\n");
    throw new CommandError(`build the contract ${path}: a chain would refuse it:\n${lines}`, "refused");
  }
  const file = options.output ?? outputOf(path);
  await Deno.writeFile(file, wasm);
  const { bytes, checksum, entryPoints, capabilities, uploadGas } = report.value;
  const text = table([
    ["file", file],
    ["bytes", String(bytes)],
    ["checksum", checksum],
    ["entry points", entryPoints.join(", ")],
    ["capabilities", capabilities.length === 0 ? "none needed" : capabilities.join(", ")],
    ["gas to upload", `${uploadGas} for compiling, and what the transaction costs by its bytes`],
    ["verdict", "a chain would take it"],
  ]);
  print(standardOutput(options.json), { file, bytes, checksum, entryPoints, capabilities, verdicts: [] }, text);
}

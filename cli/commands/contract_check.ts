/** `catenary contract check`: what a chain would say of a file, without one. @module */
import type { Command } from "commander";
import { readBytes } from "../contract_input.ts";
import { CommandError, print, standardOutput, table } from "../output.ts";
import { jsonOption } from "./_options.ts";

/** Longest file that is read; a contract has at most 800 KiB. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

const HELP = `
Nothing is sent anywhere. Every reason to refuse the file is printed, with the byte where it is; then the exit code is 1.
Fuel is CosmWasm gas, 140 000 to one unit of the chain's gas. What is printed is that of the code, each instruction once:
what a call uses depends on what it does.`;

/** Adds `contract check`. */
export function addContractCheck(contract: Command): void {
  contract.command("check").description("say whether a chain would take a contract, and what is in it; offline")
    .argument("<file>", "a .wasm file (- for standard input)")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(check);
}

async function check(file: string, options: { readonly json: boolean }): Promise<void> {
  const code = await readBytes(file, FILE_BYTES_MAX);
  const { checkFile } = await import("../contract_report.ts");
  const report = checkFile(code);
  const output = standardOutput(options.json);
  if (!report.ok) {
    if (options.json) print(output, { ok: false, bytes: code.length, verdicts: report.error }, "");
    else for (const line of report.error.map(({ line }) => line)) output.line(line);
    const many = report.error.length === 1 ? "a reason" : `${report.error.length} reasons`;
    throw new CommandError(`check ${file}: the chain would refuse it, for ${many}`, "refused");
  }
  const { value } = report;
  print(
    output,
    { ok: true, verdicts: [], ...value },
    [
      table([
        ["bytes", String(value.bytes)],
        ["checksum", value.checksum],
        ["entry points", value.entryPoints.join(", ")],
        ["capabilities", value.capabilities.length === 0 ? "none needed" : value.capabilities.join(", ")],
        ...(value.migrateVersion === null ? [] : [["migrate version", String(value.migrateVersion)]]),
        ["gas to upload", `${value.uploadGas} for compiling, and what the transaction costs by its bytes`],
      ]),
      "",
      table([
        ["export", "own fuel", "with what it may call", "functions"],
        ...value.exports.map(({ name, own, reachable, functions, indirect }) => [
          name,
          String(own),
          String(reachable),
          `${functions}${indirect ? ", some by table" : ""}`,
        ]),
      ]),
      "the chain would take it",
    ].join("\n"),
  );
}

/** `catenary contract check`: what a chain would say of a file, without one. @module */
import type { Command } from "commander";
import type { FileReport } from "../contract_report.ts";
import { readCode } from "../contract_input.ts";
import { CommandError, print, standardOutput, table } from "../output.ts";
import { jsonOption } from "./_options.ts";

/** Longest file that is read; a contract has at most 800 KiB. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

const HELP = `
Nothing is sent anywhere. Every reason to refuse the file is printed, with the byte where it is; then the exit code is 1.
Fuel is CosmWasm gas, 140 000 to one unit of the chain's gas. What is printed is that of the code, each block once: what a
call uses depends on what it does. --blocks lists the blocks of each export, and where in the file they begin.`;

/** Adds `contract check`. */
export function addContractCheck(contract: Command): void {
  contract.command("check").description("say whether a chain would take a contract, and what is in it; offline")
    .argument("<file>", "a .wasm file, or that with gzip (- for standard input)")
    .option("--blocks", "list every block of every export", false)
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(check);
}

interface CheckOptions {
  readonly json: boolean;
  readonly blocks: boolean;
}

async function check(file: string, options: CheckOptions): Promise<void> {
  const code = await readCode(file, FILE_BYTES_MAX);
  const { checkFile } = await import("../contract_report.ts");
  const report = checkFile(code);
  const output = standardOutput(options.json);
  if (report.ok) return print(output, { ok: true, verdicts: [], ...report.value }, reportText(report.value, options));
  const verdicts = report.error;
  print(output, { ok: false, bytes: code.length, verdicts }, verdicts.map(({ line }) => line).join("\n"));
  const reasons = verdicts.length === 1 ? "a reason" : `${verdicts.length} reasons`;
  throw new CommandError(`check ${file}: the chain would refuse it, for ${reasons}`, "refused");
}

function reportText(report: FileReport, { blocks }: CheckOptions): string {
  const facts = table([
    ["bytes", String(report.bytes)],
    ["checksum", report.checksum],
    ["entry points", report.entryPoints.join(", ")],
    ["capabilities", report.capabilities.length === 0 ? "none needed" : report.capabilities.join(", ")],
    ...(report.migrateVersion === null ? [] : [["migrate version", String(report.migrateVersion)]]),
    ["gas to upload", `${report.uploadGas} for compiling, and what the transaction costs by its bytes`],
    ["fuel to begin", `${report.instanceFuel} for an instance`],
  ]);
  const fuel = table([
    ["export", "blocks", "own fuel", "with what it may call", "functions"],
    ...report.exports.map((one) => [
      one.name,
      String(one.blocks.length),
      String(one.own),
      String(one.reachable),
      `${one.functions}${one.indirect ? ", some by table" : ""}`,
    ]),
  ]);
  const listed = !blocks ? [] : [
    "",
    table(report.exports.flatMap(({ name, blocks }) => blocks.map(({ at, fuel }) => [name, `byte ${at}`, `${fuel}`]))),
  ];
  return [facts, "", fuel, ...listed, "the chain would take it"].join("\n");
}

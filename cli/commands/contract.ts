/** `catenary contract`: uploads, calls, asks and inspects CosmWasm contracts. @module */
import type { Command } from "commander";
import { addContractAdmin } from "./contract_admin.ts";
import { addContractBuild } from "./contract_build.ts";
import { addContractCheck } from "./contract_check.ts";
import { addContractExecute } from "./contract_execute.ts";
import { addContractInfo } from "./contract_info.ts";
import { addContractInstantiate } from "./contract_instantiate.ts";
import { addContractMigrate } from "./contract_migrate.ts";
import { addContractNew } from "./contract_new.ts";
import { addContractQuery } from "./contract_query.ts";
import { addContractUpload } from "./contract_upload.ts";

/** Each adds its subcommands to `contract`; help lists them in this order. */
const SUBCOMMANDS: readonly ((contract: Command) => void)[] = [
  addContractNew,
  addContractBuild,
  addContractCheck,
  addContractUpload,
  addContractInstantiate,
  addContractExecute,
  addContractQuery,
  addContractMigrate,
  addContractInfo,
  addContractAdmin,
];

const HELP = `
From a file to an answer, on a development chain (deno task node):
  catenary contract check token.wasm
  catenary contract upload token.wasm --from dev0
  catenary contract instantiate 1 @init.json --label token --from dev0
  catenary contract execute ADDRESS '{"transfer":{"recipient":"cat1…","amount":"5"}}' --from dev0
  catenary contract query ADDRESS '{"token_info":{}}'
JSON is an argument, @FILE, or - for standard input.`;

/** Adds `contract …` to the program. */
export function addContractCommands(program: Command): void {
  const contract = program.command("contract").description("upload, call, ask and inspect CosmWasm contracts")
    .addHelpText("after", HELP);
  for (const add of SUBCOMMANDS) add(contract);
}

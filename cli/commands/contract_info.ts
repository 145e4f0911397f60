/** `catenary contract info`: what a chain knows of a contract or a code. @module */
import type { Command } from "commander";
import type { AccessConfig, ContractCodeHistoryEntry } from "cosmjs-types/cosmwasm/wasm/v1/types";
import type { ContractQueries } from "../contract_queries.ts";
import { oneLineJson, parseCodeId } from "../contract_input.ts";
import { print, standardOutput, table } from "../output.ts";
import { jsonOption, rpcOption } from "./_options.ts";

interface InfoOptions {
  readonly rpc: string;
  readonly json: boolean;
}

/** Adds `contract info`. */
export function addContractInfo(contract: Command): void {
  contract.command("info").description("print what the chain knows of a contract or a code")
    .argument(
      "<what>",
      "address of a contract, or id of a code",
      (text) => /^\d+$/.test(text) ? parseCodeId(text) : text,
    )
    .addOption(rpcOption()).addOption(jsonOption())
    .action(info);
}

async function info(what: string | bigint, options: InfoOptions): Promise<void> {
  const { withContractQueries } = await import("../contract_queries.ts");
  const { value, rows } = await withContractQueries(
    options.rpc,
    (queries) => typeof what === "bigint" ? describeCode(queries, what) : describeContract(queries, what),
  );
  print(standardOutput(options.json), value, table(rows));
}

interface Description {
  readonly value: Record<string, unknown>;
  readonly rows: readonly (readonly string[])[];
}

async function describeContract(queries: ContractQueries, address: string): Promise<Description> {
  const { contractInfo } = await queries.contract(address);
  const { entries } = await queries.history(address);
  const { codeId = 0n, creator = "", admin = "", label = "", ibcPortId = "", ibc2PortId = "", created } =
    contractInfo ?? {};
  const code = await codeParts(queries, codeId);
  const history = entries.map(historyLine);
  return {
    value: {
      address,
      codeId,
      label,
      creator,
      admin: admin || null,
      ibcPort: ibcPortId || null,
      ibc2Port: ibc2PortId || null,
      created: created === undefined ? null : { height: created.blockHeight, txIndex: created.txIndex },
      history,
      ...code.value,
    },
    rows: [
      ["contract", address],
      ["label", label],
      ["creator", creator],
      ["admin", admin || "none: nobody can migrate it"],
      ["IBC port", ibcPortId || "none"],
      ...(created === undefined ? [] : [["created", `in block ${created.blockHeight}`]]),
      ...history.map(({ operation, codeId, height, message }) => [
        "history",
        `${operation} with code ${codeId}${height === null ? "" : ` in block ${height}`}: ${message}`,
      ]),
      ["code", String(codeId)],
      ...code.rows,
    ],
  };
}

// Numbers of cosmwasm.wasm.v1.ContractCodeHistoryOperationType.
const OPERATIONS: Readonly<Record<number, string>> = { 1: "instantiated", 2: "migrated", 3: "genesis" };

function historyLine({ operation, codeId, updated, msg }: ContractCodeHistoryEntry) {
  const text = new TextDecoder().decode(msg);
  return {
    operation: OPERATIONS[operation] ?? "unknown",
    codeId,
    height: updated === undefined ? null : updated.blockHeight,
    message: oneLineJson(text) ?? text,
  };
}

async function describeCode(queries: ContractQueries, codeId: bigint): Promise<Description> {
  const code = await codeParts(queries, codeId);
  const { contracts, more } = await queries.contractsOf(codeId);
  return {
    value: { codeId, ...code.value, contracts, moreContracts: more },
    rows: [
      ["code", String(codeId)],
      ...code.rows,
      ...contracts.map((address) => ["contract", address]),
      ...(more ? [["contract", "… and more"]] : []),
    ],
  };
}

/** A code's own data, and what is read out of its bytes. */
async function codeParts(queries: ContractQueries, codeId: bigint): Promise<Description> {
  const { describeBytes } = await import("../contract_report.ts");
  const { info, data } = await queries.code(codeId);
  const checksum = info.dataHash.toHex();
  const who = permission(info.instantiatePermission);
  const { entryPoints, capabilities, migrateVersion } = describeBytes(data);
  return {
    value: {
      checksum,
      codeCreator: info.creator,
      instantiateBy: who,
      bytes: data.length,
      entryPoints,
      capabilities,
      migrateVersion: migrateVersion ?? null,
    },
    rows: [
      ["checksum", checksum],
      ["uploaded by", info.creator],
      ["instantiated by", who],
      ["bytes", String(data.length)],
      ["entry points", entryPoints.join(", ")],
      ["capabilities", capabilities.length === 0 ? "none needed" : capabilities.join(", ")],
      ...(migrateVersion === undefined ? [] : [["migrate version", String(migrateVersion)]]),
    ],
  };
}

// Numbers of cosmwasm.wasm.v1.AccessType.
function permission(config: AccessConfig | undefined): string {
  if (config?.permission === 1) return "nobody";
  if (config?.permission === 3) return "everybody";
  if (config?.permission === 4) return config.addresses.join(", ");
  return "unspecified";
}

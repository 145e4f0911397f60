/** What other chains may call here. @module */
import { invariant } from "../core/invariant.ts";
import { type CallTargets, messageTarget, queryTarget } from "../modules/calls/mod.ts";
import type { Module } from "./module.ts";

/** Messages by the names of their targets. Each has one signer: the caller. */
const MESSAGES: Readonly<Record<string, string>> = { "bank.send": "/cosmos.bank.v1beta1.MsgSend" };

/** Queries that read a bounded number of keys. */
const QUERIES: readonly string[] = [
  ...["Balance", "SupplyOf", "DenomMetadata"].map((method) => `/cosmos.bank.v1beta1.Query/${method}`),
  ...["Denom", "DenomHash", "EscrowAddress", "TotalEscrowForDenom", "Params"]
    .map((method) => `/ibc.applications.transfer.v1.Query/${method}`),
];

/** The targets `bank.send` and `query`, of the handlers that `modules` have for users. */
export function callTargets(modules: readonly Module[]): CallTargets {
  const targets = Object.entries(MESSAGES).map(([name, typeUrl]) => {
    const handler = modules.flatMap(({ messages }) => messages).find((one) => one.typeUrl === typeUrl);
    invariant(handler !== undefined, `let other chains call ${typeUrl}: nobody handles it`);
    return [name, messageTarget(handler)] as const;
  });
  const queries = QUERIES.map((path) => {
    const handler = modules.flatMap(({ queries }) => queries).find((one) => one.path === path);
    invariant(handler !== undefined, `let other chains ask ${path}: nobody answers it`);
    return handler;
  });
  return { ...Object.fromEntries(targets), query: queryTarget(queries) };
}

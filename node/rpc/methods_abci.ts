/** abci_info and abci_query, and the evidence door. @module */
import { readEvidence } from "./evidence.ts";
import { internalFault, paramsFault } from "./fault.ts";
import type { GrpcQueries } from "./grpc_queries.ts";
import { queryJson } from "./json/abci.ts";
import { base64, int64 } from "./json/scalars.ts";
import { defineMethod, type Method } from "./method.ts";
import { BOOL, HEX_BYTES, INT64, JSON_VALUE, required, STRING } from "./params.ts";
import type { RpcBackend } from "./ports.ts";
import { NODE_VERSION } from "./versions.ts";

const PATH_CHARACTERS_MAX = 1024;

async function abciInfo(backend: RpcBackend): Promise<unknown> {
  const { latestHeight } = backend.status();
  const [meta, results] = latestHeight === 0n
    ? [undefined, undefined]
    : await Promise.all([backend.loadBlockMeta(latestHeight), backend.loadBlockResults(latestHeight)]);
  const appHash = results?.appHash ?? new Uint8Array();
  return {
    response: {
      data: "catenary",
      version: NODE_VERSION,
      app_version: int64(meta?.header.version.app ?? 0n),
      last_block_height: int64(latestHeight),
      ...(appHash.length === 0 ? {} : { last_block_app_hash: base64(appHash) }),
    },
  };
}

/** The methods that ask the application. `grpc` answers paths that need blocks or the index, before the application does. */
export function abciMethods(backend: RpcBackend, grpc: GrpcQueries): Record<string, Method> {
  const query = defineMethod({ path: STRING, data: HEX_BYTES, height: INT64, prove: BOOL }, async (args) => {
    if (args.path.length > PATH_CHARACTERS_MAX) return paramsFault("path: too long");
    const height = args.height ?? 0n;
    if (height < 0n) return internalFault("cannot query with height < 0; please provide a valid height");
    const input = { path: args.path, data: args.data ?? new Uint8Array(), height, prove: args.prove };
    const answer = grpc.get(input.path)?.(input) ?? backend.query(input);
    return { response: queryJson(await answer) };
  });
  return {
    abci_info: defineMethod({}, () => abciInfo(backend)),
    abci_query: query,
    broadcast_evidence: defineMethod({ evidence: required(JSON_VALUE) }, async ({ evidence }) => {
      const read = readEvidence(evidence);
      if (!read.ok) return paramsFault(`evidence: ${read.error}`);
      if (backend.broadcastEvidence === undefined) return internalFault("this node takes no evidence");
      const added = await backend.broadcastEvidence(read.value);
      if (!added.ok) return internalFault(`evidence was not added: ${added.error.message}`);
      return { hash: base64(added.value) };
    }),
  };
}

/** What a chain says of codes and contracts, through `abci_query` of any chain with wasmd's queries. @module */
import { createPagination, createProtobufRpcClient, QueryClient } from "@cosmjs/stargate";
import type { CometClient } from "@cosmjs/tendermint-rpc";
import {
  type CodeInfoResponse,
  QueryClientImpl,
  type QueryContractHistoryResponse,
  type QueryContractInfoResponse,
  QueryRawContractStateRequest,
  QueryRawContractStateResponse,
  QuerySmartContractStateRequest,
  QuerySmartContractStateResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/query";
import { explainRefusal } from "./contract_refusals.ts";
import { CommandError } from "./output.ts";

/** Entries of one listing; what is more is left out, and said to be. */
export const LISTED_MAX = 100;

/** The queries of one node. */
export class ContractQueries {
  readonly #comet: CometClient;
  readonly #client: QueryClient;
  readonly #queries: QueryClientImpl;

  private constructor(comet: CometClient) {
    this.#comet = comet;
    this.#client = new QueryClient(comet);
    this.#queries = new QueryClientImpl(createProtobufRpcClient(this.#client));
  }

  /** Throws a CommandError `unreachable`. */
  static async connect(rpc: string): Promise<ContractQueries> {
    const { connectCometClient } = await import("./client.ts");
    return new ContractQueries(await connectCometClient(rpc));
  }

  close(): void {
    this.#comet.disconnect();
  }

  /** The bytes that the contract answers: JSON, by convention. */
  async smart(address: string, queryData: Uint8Array, height: number | undefined): Promise<Uint8Array> {
    const request = QuerySmartContractStateRequest.encode({ address, queryData }).finish();
    const { value } = await asked(
      `query ${address}`,
      this.#client.queryAbci("/cosmwasm.wasm.v1.Query/SmartContractState", request, height),
    );
    return QuerySmartContractStateResponse.decode(value).data;
  }

  /** The value under a key of the contract's storage; empty when there is none. */
  async raw(address: string, queryData: Uint8Array, height: number | undefined): Promise<Uint8Array> {
    const request = QueryRawContractStateRequest.encode({ address, queryData }).finish();
    const { value } = await asked(
      `read ${address}`,
      this.#client.queryAbci("/cosmwasm.wasm.v1.Query/RawContractState", request, height),
    );
    return QueryRawContractStateResponse.decode(value).data;
  }

  async contract(address: string): Promise<QueryContractInfoResponse> {
    return await asked(`read contract ${address}`, this.#queries.ContractInfo({ address }));
  }

  async history(address: string): Promise<QueryContractHistoryResponse> {
    return await asked(`read the history of ${address}`, this.#queries.ContractHistory({ address }));
  }

  /** A code with its bytes. */
  async code(codeId: bigint): Promise<{ readonly info: CodeInfoResponse; readonly data: Uint8Array }> {
    const { codeInfo, data } = await asked(`read code ${codeId}`, this.#queries.Code({ codeId }));
    if (codeInfo === undefined) throw new CommandError(`read code ${codeId}: not there`, "not_found");
    return { info: codeInfo, data };
  }

  /** The first {@linkcode LISTED_MAX} contracts of a code, and whether there are more. */
  async contractsOf(codeId: bigint): Promise<{ readonly contracts: readonly string[]; readonly more: boolean }> {
    const pagination = createPagination();
    const { contracts, pagination: page } = await asked(
      `list contracts of code ${codeId}`,
      this.#queries.ContractsByCode({ codeId, pagination: { ...pagination, limit: BigInt(LISTED_MAX) } }),
    );
    return { contracts, more: (page?.nextKey.length ?? 0) > 0 };
  }
}

/** Runs `use` with a connection to the node, and closes it. */
export async function withContractQueries<T>(rpc: string, use: (queries: ContractQueries) => Promise<T>): Promise<T> {
  const queries = await ContractQueries.connect(rpc);
  try {
    return await use(queries);
  } finally {
    queries.close();
  }
}

/** CosmJS wraps a refusal in words of its own; the chain's are what counts. */
async function asked<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const { message } = error as Error;
    const missing = /no such contract|no such code|not found/.test(message);
    throw new CommandError(`${what}: ${explainRefusal(message)}`, missing ? "not_found" : "query_failed");
  }
}

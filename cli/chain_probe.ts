/** Finding out what a chain is by asking its RPC: what a configuration of the relayer needs to know. @module */
import { developmentAccountsOf } from "../node/development.ts";
import { CommandError } from "./output.ts";
import { runningNotes } from "./running.ts";

/** A chain that answered. */
export interface ProbedChain {
  readonly rpc: string;
  readonly chainId: string;
  readonly addressPrefix: string;
  /** For fees. */
  readonly denom: string;
  /** Its accounts are those of the development mnemonic. */
  readonly development: boolean;
  readonly unbondingPeriodMs: number | undefined;
}

const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const PROBE_TIMEOUT_MS = 2000;
const ASK_TIMEOUT_MS = 10_000;

/** Where a node listens unless told otherwise. */
const DEFAULT_ADDRESS = "http://127.0.0.1:26657";

type Json = Record<string, unknown>;

async function ask(rpc: string, method: string, parameters: Record<string, string>, timeoutMs: number): Promise<Json> {
  const url = `${rpc}/${method}?${new URLSearchParams(parameters)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of response.body ?? []) {
    text += decoder.decode(part, { stream: true });
    if (text.length > ANSWER_BYTES_MAX) throw new Error(`more than ${ANSWER_BYTES_MAX} bytes`);
  }
  const { result, error } = JSON.parse(text) as { result?: Json; error?: { message?: string; data?: string } };
  if (result === undefined) throw new Error(error?.data ?? error?.message ?? "no result");
  return result;
}

/** The value of an `abci_query`; undefined when the chain refuses it. */
async function abciQuery(rpc: string, path: string): Promise<Json | undefined> {
  const parameters = { path: JSON.stringify(path), data: "0x", prove: "false" };
  const response = (await ask(rpc, "abci_query", parameters, ASK_TIMEOUT_MS)).response as Json | undefined;
  return response !== undefined && Number(response.code ?? 0) === 0 ? response : undefined;
}

const valueOf = (response: Json | undefined): Uint8Array | undefined =>
  typeof response?.value === "string" ? Uint8Array.fromBase64(response.value) : undefined;

/** What the chain at `rpc` is. Throws a CommandError that says what could not be learned. */
export async function probeChain(rpc: string): Promise<ProbedChain> {
  try {
    const status = await ask(rpc, "status", {}, ASK_TIMEOUT_MS);
    const chainId = (status.node_info as Json).network as string;
    const genesis = await readGenesis(rpc);
    const development = developmentAccountsOf(genesis).length > 0;
    return {
      rpc,
      chainId,
      addressPrefix: await prefixOf(rpc, genesis),
      development,
      ...(development ? { denom: denomOf(genesis), unbondingPeriodMs: undefined } : await stakingOf(rpc)),
    };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`ask the chain at ${rpc}: ${(error as Error).message}`, "unreachable");
  }
}

/** A genesis may be too large for one answer; then it is no development chain's. */
async function readGenesis(rpc: string): Promise<Json> {
  return await ask(rpc, "genesis", {}, ASK_TIMEOUT_MS).then(({ genesis }) => genesis as Json, () => ({}));
}

const denomOf = (genesis: Json): string => /[a-z].*$/.exec(developmentAccountsOf(genesis)[0]!.amount)![0];

async function prefixOf(rpc: string, genesis: Json): Promise<string> {
  const account = developmentAccountsOf(genesis)[0];
  if (account !== undefined) return account.address.slice(0, account.address.lastIndexOf("1"));
  const { Bech32PrefixResponse } = await import("cosmjs-types/cosmos/auth/v1beta1/query");
  const value = valueOf(await abciQuery(rpc, "/cosmos.auth.v1beta1.Query/Bech32Prefix"));
  if (value === undefined) {
    throw new CommandError(`ask the chain at ${rpc}: it does not tell the prefix of its addresses`, "not_told");
  }
  return Bech32PrefixResponse.decode(value).bech32Prefix;
}

async function stakingOf(rpc: string): Promise<{ denom: string; unbondingPeriodMs: number | undefined }> {
  const { QueryParamsResponse } = await import("cosmjs-types/cosmos/staking/v1beta1/query");
  const value = valueOf(await abciQuery(rpc, "/cosmos.staking.v1beta1.Query/Params").catch(() => undefined));
  if (value === undefined) return { denom: "", unbondingPeriodMs: undefined };
  const { bondDenom, unbondingTime } = QueryParamsResponse.decode(value).params;
  return { denom: bondDenom, unbondingPeriodMs: Number(unbondingTime.seconds) * 1000 };
}

/** Development chains of this machine: those that left a note, and one at the default address. In order of their ids. */
export async function findDevelopmentChains(): Promise<ProbedChain[]> {
  const noted = runningNotes().filter(({ kind }) => kind === "node").map(({ url }) => url);
  const found = await Promise.all([...new Set([...noted, DEFAULT_ADDRESS])].map(async (rpc) => {
    try {
      await ask(rpc, "status", {}, PROBE_TIMEOUT_MS);
      return await probeChain(rpc);
    } catch {
      return undefined;
    }
  }));
  const byId = new Map<string, ProbedChain>();
  for (const chain of found) {
    if (chain?.development && !byId.has(chain.chainId)) byId.set(chain.chainId, chain);
  }
  return [...byId.values()].sort((a, b) => (a.chainId < b.chainId ? -1 : 1));
}

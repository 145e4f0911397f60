/**
 * Talking to a relayer: to one that runs, through its HTTP interface, or where none runs, to one made from the
 * configuration for this one command. Both take the same requests.
 * @module
 */
import { readToken, type RelayerConfig } from "../relayer/config/mod.ts";
import { CommandError } from "./output.ts";
import type { ChainWire } from "./relayer_wire.ts";
import { runningNotes } from "./running.ts";

/** Where a command finds the relayer. */
export interface DoorOptions {
  /** A `relayer.toml`. */
  readonly config?: string;
  /** Address of a relayer's API; then nothing else is tried. */
  readonly api?: string;
}

export const DEFAULT_CONFIG = "relayer.toml";
const DEFAULT_API = "http://127.0.0.1:26670";
/** Where the token of a relayer elsewhere comes from: never an argument, which others could read. */
export const TOKEN_VARIABLE = "CATENARY_RELAYER_TOKEN";
const PROBE_TIMEOUT_MS = 1500;

/** A relayer that answers. */
export interface RelayerDoor {
  /** URL of a running relayer; undefined: made for this command. */
  readonly url: string | undefined;
  /** Asks and answers its JSON. Throws a CommandError with the relayer's own code and words. */
  ask<T>(method: "GET" | "POST" | "PATCH", path: string, body?: unknown): Promise<T>;
  close(): Promise<void>;
}

/** Takes a request to the relayer. */
type Carry = (request: Request) => Promise<Response>;

/** Opens what `options` name; otherwise a relayer that runs on this machine, otherwise one from `relayer.toml` here. */
export async function openDoor(options: DoorOptions): Promise<RelayerDoor> {
  if (options.api !== undefined) return await openRunning(options.api, Deno.env.get(TOKEN_VARIABLE));
  const config = await configOf(options.config);
  if (config !== undefined) return await openConfigured(config);
  const noted = runningNotes().filter(({ kind }) => kind === "relayer").map(({ url }) => url);
  for (const url of new Set([...noted, DEFAULT_API])) {
    if (await answers(url)) return doorAt(url, Deno.env.get(TOKEN_VARIABLE));
  }
  throw new CommandError(
    `find a relayer: none runs on this machine, and there is no ${DEFAULT_CONFIG} here; ` +
      "make one with: catenary relayer init, name one with --config FILE, or a running relayer with --api ADDRESS",
    "no_relayer",
  );
}

/** The configuration in `file`, or in `relayer.toml` of this folder if there is one. */
async function configOf(file: string | undefined): Promise<RelayerConfig | undefined> {
  const { loadRelayerConfig } = await import("../relayer/config/mod.ts");
  if (file !== undefined) return await loadRelayerConfig(file);
  const found = await Deno.stat(DEFAULT_CONFIG).then(({ isFile }) => isFile, () => false);
  return found ? await loadRelayerConfig(DEFAULT_CONFIG) : undefined;
}

/** The relayer of that configuration if it runs; otherwise one that works for this command only. */
async function openConfigured(config: RelayerConfig): Promise<RelayerDoor> {
  const { api } = config;
  if (api !== undefined && api.port !== 0) {
    const host = api.hostname === "0.0.0.0" ? "127.0.0.1" : api.hostname === "::" ? "::1" : api.hostname;
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${api.port}`;
    const token = Deno.env.get(TOKEN_VARIABLE) ?? await readToken(api.token);
    if (await answers(url) && await servesChains(url, config)) return doorAt(url, token);
  }
  const { openInProcess } = await import("./relayer_in_process.ts");
  const { carry, close } = await openInProcess(config);
  return door(undefined, "http://localhost", carry, await readToken(api?.token), close);
}

async function openRunning(url: string, token: string | undefined): Promise<RelayerDoor> {
  if (await answers(url)) return doorAt(url, token);
  throw new CommandError(
    `ask the relayer at ${url}: it does not answer; is one running there? (catenary relayer start)`,
    "unreachable",
  );
}

/** Whether a relayer is there, not just anybody. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return response.ok && (await response.text()).includes('"status":"ok"');
  } catch {
    return false;
  }
}

/** Whether it is the relayer of that configuration: another one may have its address. */
async function servesChains(url: string, { chains }: RelayerConfig): Promise<boolean> {
  const served = await doorAt(url, undefined).ask<ChainWire[]>("GET", "/chains");
  return chains.every(({ name, chainId }) => served.some((one) => one.name === name && one.chainId === chainId));
}

const doorAt = (url: string, token: string | undefined): RelayerDoor =>
  door(url, url, (request) => fetch(request), token, () => Promise.resolve());

function door(
  url: string | undefined,
  base: string,
  carry: Carry,
  token: string | undefined,
  close: () => Promise<void>,
): RelayerDoor {
  return {
    url,
    close,
    async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
      const headers = new Headers();
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      if (body !== undefined) headers.set("content-type", "application/json");
      const text = body === undefined ? {} : { body: JSON.stringify(body) };
      const request = new Request(base + path, { method, headers, ...text });
      return await answerOf(
        await carry(request).catch((error: Error) => {
          throw new CommandError(`ask the relayer at ${base}: ${error.message}`, "unreachable");
        }),
      ) as T;
    },
  };
}

async function answerOf(response: Response): Promise<unknown> {
  let answer: { error?: { code?: string; message?: string } };
  try {
    answer = await response.json();
  } catch (error) {
    throw new CommandError(`read the relayer's answer: ${(error as Error).message}`, "bad_answer");
  }
  if (response.ok) return answer;
  const { code = "bad_answer", message = `status ${response.status}` } = answer.error ?? {};
  const advice = code === "unauthorized" ? `; set ${TOKEN_VARIABLE} to its token` : "";
  throw new CommandError(message + advice, code);
}

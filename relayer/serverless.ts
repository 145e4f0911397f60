/**
 * The relayer for platforms without processes: `deno serve relayer/serverless.ts`, or Deno Deploy. Each tick of the cron, and
 * each `POST /work`, does one bounded slice of work; everything that lasts is in the KV store, so any number of instances may
 * come and go. All else is the HTTP interface.
 *
 * Environment: `CATENARY_RELAYER_CONFIG` names a `relayer.toml`, or `CATENARY_RELAYER_TOML` is its text; without both the text
 * is in the KV store under `["config", "relayer.toml"]`. `CATENARY_RELAYER_KV` is a file or the URL of a KV Connect server (with
 * `DENO_KV_ACCESS_TOKEN`); without it the platform's own. `CATENARY_RELAYER_SLICE_MS` bounds a slice, 20 seconds unless said;
 * `CATENARY_RELAYER_CRON` is when to tick, every minute unless said, or `off`.
 * @module
 */
import { IoError } from "../node/core/errors.ts";
import { loadRelayerConfig, parseRelayerToml, type RelayerConfig } from "./config/mod.ts";
import { type OpenRelayer, openRelayer } from "./relayer.ts";
import { openStore, type RelayerStore } from "./store/mod.ts";
import type { SliceReport } from "./worker/mod.ts";

const SLICE_MS = 20_000;
/** Platforms end requests that take longer. */
const SLICE_MS_MAX = 300_000;
const EVERY_MINUTE = "* * * * *";

async function configOf(store: RelayerStore): Promise<RelayerConfig> {
  const file = Deno.env.get("CATENARY_RELAYER_CONFIG");
  if (file !== undefined) return await loadRelayerConfig(file);
  const text = Deno.env.get("CATENARY_RELAYER_TOML") ?? await storedText(store);
  if (text === undefined) {
    throw new IoError(
      "config_missing",
      "start the relayer: set CATENARY_RELAYER_CONFIG or CATENARY_RELAYER_TOML, or keep the text in the KV store",
    );
  }
  const parsed = parseRelayerToml(text, "the configuration");
  if (!parsed.ok) throw new IoError("config_invalid", parsed.error.message);
  return parsed.value;
}

async function storedText(store: RelayerStore): Promise<string | undefined> {
  const entry = await store.get(["config", "relayer.toml"]);
  return entry && new TextDecoder().decode(entry.value);
}

function sliceMs(): number {
  const wanted = Number(Deno.env.get("CATENARY_RELAYER_SLICE_MS") ?? SLICE_MS);
  return Number.isFinite(wanted) ? Math.min(SLICE_MS_MAX, Math.max(100, wanted)) : SLICE_MS;
}

/** One instance: opened when the first request or tick comes, kept as long as the platform keeps the process. */
class Instance {
  #opening: Promise<OpenRelayer> | undefined;
  #store: RelayerStore | undefined;

  open(): Promise<OpenRelayer> {
    this.#opening ??= this.#open().catch((error) => {
      // The next request tries again.
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<OpenRelayer> {
    const store = await openStore(Deno.env.get("CATENARY_RELAYER_KV"));
    try {
      const open = await openRelayer(await configOf(store), { store });
      open.control.startedMs = Date.now();
      this.#store = store;
      return open;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** A slice, or the report that another instance has the lease. */
  async work(): Promise<SliceReport> {
    const open = await this.open();
    return await open.slice({ budgetMs: sliceMs(), alone: true });
  }

  async close(): Promise<void> {
    await (await this.#opening?.catch(() => undefined))?.close();
    this.#store?.close();
  }
}

const instance = new Instance();

/** `POST /work`: who asks needs no token, since nothing is decided here but that it is time. */
async function answerWork(): Promise<Response> {
  try {
    const { tag, pending, againMs } = await instance.work();
    return Response.json({ tag, pending, again_ms: againMs });
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
    return Response.json({ error: { code: error.code, message: error.message } }, { status: 503 });
  }
}

export async function fetch(request: Request, info?: Deno.ServeHandlerInfo): Promise<Response> {
  if (request.method === "POST" && new URL(request.url).pathname === "/work") return await answerWork();
  try {
    const { api } = await instance.open();
    const peer = info?.remoteAddr;
    return await api.fetch(request, peer !== undefined && "hostname" in peer ? peer.hostname : undefined);
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
    return Response.json({ error: { code: error.code, message: error.message } }, { status: 503 });
  }
}

function registerCron(): void {
  const schedule = Deno.env.get("CATENARY_RELAYER_CRON") ?? EVERY_MINUTE;
  // Unstable: there only where the platform, a flag or deno.json says so.
  if (schedule === "off" || typeof Deno.cron !== "function") return;
  Deno.cron("catenary relayer", schedule, async () => {
    try {
      await instance.work();
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      console.error(`relayer: ${error.code}: ${error.message}`);
    }
  });
}

/** Under `deno serve` a process with a cron ends by a signal only when somebody handles it. */
function endBySignal(): void {
  const end = () => void instance.close().finally(() => Deno.exit(0));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    try {
      Deno.addSignalListener(signal, end);
    } catch {
      // The platform has no signals.
    }
  }
}

// Platforms look for crons while the module is evaluated.
registerCron();
if (import.meta.main) endBySignal();

export default { fetch } satisfies Deno.ServeDefaultExport;

/** `catenary relayer start`: runs a relayer until it is told to stop. @module */
import type { RelayerControl, RelayerEvent } from "../../relayer/api/ports.ts";
import { loadRelayerConfig, type RelayerConfig } from "../../relayer/config/mod.ts";
import { findDevelopmentChains } from "../chain_probe.ts";
import { CommandError, commandName, type Output, print, standardOutput, toJson } from "../output.ts";
import { DEFAULT_CONFIG } from "../relayer_door.ts";
import { announce } from "../running.ts";
import { untilSignal } from "../signals.ts";
import { eventLine } from "../relayer_events.ts";
import { toWire } from "../../relayer/api/mod.ts";
import { chainsTable, NO_CHAINS, writeConfig } from "./relayer_init.ts";

export interface StartOptions {
  readonly config?: string;
  readonly apiListen?: string;
  readonly json: boolean;
}

export async function start(options: StartOptions): Promise<void> {
  const file = options.config ?? DEFAULT_CONFIG;
  if (options.config === undefined && !await exists(file)) await offerConfig(file, options);
  const config = withListen(await loadRelayerConfig(file), options.apiListen);
  const output = standardOutput(options.json);
  const { createRelayer } = await import("../../relayer/relayer.ts");
  const relayer = createRelayer(output.json ? config : forPeople(config));
  const ending = untilSignal();
  const unsubscribe = relayer.control.subscribe(eventPrinter(output));
  try {
    await Promise.race([ending.over, relayer.start()]);
    const forget = relayer.apiAddress === undefined ? () => {} : announce({ kind: "relayer", url: relayer.apiAddress });
    if (!ending.isOver) await printBanner(output, relayer.control, relayer.apiAddress, config);
    await ending.over;
    forget();
  } finally {
    ending.release();
    unsubscribe();
    await relayer.stop();
  }
}

const exists = (file: string) => Deno.stat(file).then(() => true, () => false);

/** Without a configuration: says how to make one, and makes one for what is found here when the user says so. */
async function offerConfig(file: string, options: StartOptions): Promise<void> {
  const chains = await findDevelopmentChains();
  const name = commandName();
  if (chains.length === 0) {
    throw new CommandError(
      `start the relayer: no ${file} here, and ${NO_CHAINS}; make a configuration with: ${name} relayer init --rpc ADDRESS ` +
        "--rpc ADDRESS, or name one with --config FILE",
      "config_missing",
    );
  }
  const found = `development chains run on this machine:\n${chainsTable(chains)}`;
  if (!options.json && Deno.stdin.isTerminal()) {
    if (confirm(`no ${file} here; ${found}\nwrite ${file} for them and start?`)) return await writeConfig(file, chains);
    throw new CommandError("start the relayer: not started", "config_missing");
  }
  throw new CommandError(
    `start the relayer: no ${file} here; ${found}\nmake a configuration for them with: ${name} relayer init`,
    "config_missing",
  );
}

function withListen(config: RelayerConfig, listen: string | undefined): RelayerConfig {
  if (listen === undefined) return config;
  if (config.api === undefined) {
    throw new CommandError("start the relayer: its configuration says api.enabled = false", "usage");
  }
  const colon = listen.lastIndexOf(":");
  const hostname = listen.slice(0, colon).replace(/^\[|\]$/g, "");
  return { ...config, api: { ...config.api, hostname, port: Number(listen.slice(colon + 1)) } };
}

/** Prints events as they come; a path or a packet that says what it said before is not printed again. */
function eventPrinter(output: Output): (event: RelayerEvent) => void {
  const paths = new Map<string, string>();
  let last: string | undefined;
  return (event) => {
    if (output.json) return output.line(toJson({ event: event.type, ...toWire(event) as object }));
    const line = eventLine(event);
    const before = event.type === "path" ? paths.get(event.path.id) : last;
    if (line === undefined || line === before) return;
    if (event.type === "path") paths.set(event.path.id, line);
    else last = line;
    output.line(line);
  };
}

/** Events are printed in words of their own: of the log, people need what went wrong. */
function forPeople(config: RelayerConfig): RelayerConfig {
  return config.log.level === "info" ? { ...config, log: { ...config.log, level: "warn" } } : config;
}

async function printBanner(
  output: Output,
  control: RelayerControl,
  api: string | undefined,
  config: RelayerConfig,
): Promise<void> {
  const chains = await control.chains();
  const paths = await control.paths();
  print(
    output,
    { event: "started", api, chains: toWire(chains), paths: toWire(paths) },
    [
      api === undefined ? "api      none" : `api      ${api}  docs ${api}/docs`,
      `store    ${config.storePath === "" ? "(memory)" : config.storePath}`,
      ...chains.map(({ name, chainId, rpc, wallets }) =>
        `chain    ${name}  ${chainId}  ${rpc[0]}  ${wallets.length === 0 ? "no wallet" : wallets.join(", ")}`
      ),
      ...paths.map(({ id, state, paused }) => `path     ${id}  ${paused ? "paused" : state}`),
    ].join("\n"),
  );
}

/** A node in a process of its own, as a user starts it. @module */
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** As the task `node` has them: most of what a node allocates lives as long as a block, too long for V8's own choice. */
const V8_FLAGS = "--v8-flags=--max-semi-space-size=32,--min-semi-space-size=16,--expose-gc";

export interface NodeProcess {
  readonly rpcUrl: string;
  readonly metricsUrl: string | undefined;
  readonly pid: number;
  /** Sends the signal and waits for the end; resolves to the exit code (or the signal's name). */
  stop(signal?: Deno.Signal): Promise<number | string>;
  /** Sends a signal that does not end it. */
  signal(signal: Deno.Signal): void;
  /** Lines of standard output so far, the newest 10 000. */
  readonly lines: readonly string[];
  /** Lines of its log so far, the newest 10 000. */
  readonly log: readonly string[];
}

export interface NodeProcessOptions {
  readonly home: string;
  readonly args?: readonly string[];
  /** Beside what this process has. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onBlock?: (block: { height: string; hash: string; appHash: string; txs: number }) => void;
}

/** Starts `catenary node start --json` on a free port and waits for its address. Rejects with what it printed if it ends. */
export async function startNodeProcess(options: NodeProcessOptions): Promise<NodeProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      V8_FLAGS,
      "--no-check",
      "--quiet",
      "--allow-net=127.0.0.1",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-sys",
      MAIN,
      "node",
      "start",
      "--json",
      "--home",
      options.home,
      "--rpc-listen",
      "127.0.0.1:0",
      // Whatever becomes of this process, no node is left behind.
      "--end-with-input",
      ...(options.args ?? []),
    ],
    env: { ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [lines, log]: [string[], string[]] = [[], []];
  const started = Promise.withResolvers<{ rpcAddress: string; metricsAddress?: string }>();
  const logging = readLines(child.stderr, (line) => keep(log, line));
  const reading = readLines(child.stdout, (line) => {
    keep(lines, line);
    const event = JSON.parse(line);
    if (event.event === "started") started.resolve(event);
    if (event.event === "block") options.onBlock?.(event);
  });
  const ended = child.status.then(async (status) => {
    await logging;
    // It may have closed its end already.
    await child.stdin.close().catch(() => {});
    started.reject(new Error(`node ended with ${status.code}: ${log.join("\n")}`));
    return status.signal ?? status.code;
  });
  const { rpcAddress, metricsAddress } = await started.promise;
  return {
    rpcUrl: rpcAddress,
    metricsUrl: metricsAddress,
    pid: child.pid,
    lines,
    log,
    signal: (signal) => child.kill(signal),
    async stop(signal = "SIGTERM") {
      try {
        child.kill(signal);
      } catch {
        // It has ended already.
      }
      const end = await ended;
      await reading;
      return end;
    },
  };
}

const LINES_KEPT = 10_000;

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > LINES_KEPT) lines.shift();
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    for (const part of parts) if (part.trim() !== "") onLine(part);
  }
}

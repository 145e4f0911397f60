/** A node in a process of its own, as a user starts it. @module */

const MAIN = new URL("../../cli/main.ts", import.meta.url).pathname;

/** As the task `node` has them: most of what a node allocates lives as long as a block, too long for V8's own choice. */
const V8_FLAGS = "--v8-flags=--max-semi-space-size=32,--min-semi-space-size=16";

export interface NodeProcess {
  readonly rpcUrl: string;
  readonly metricsUrl: string | undefined;
  readonly pid: number;
  /** Sends the signal and waits for the end; resolves to the exit code (or the signal's name). */
  stop(signal?: Deno.Signal): Promise<number | string>;
  /** Lines of standard output so far. */
  readonly lines: readonly string[];
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
      ...(options.args ?? []),
    ],
    env: { ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const started = Promise.withResolvers<{ rpcAddress: string; metricsAddress?: string }>();
  const errors = new Response(child.stderr).text();
  const reading = readLines(child.stdout, (line) => {
    lines.push(line);
    if (lines.length > 10_000) lines.shift();
    const event = JSON.parse(line);
    if (event.event === "started") started.resolve(event);
    if (event.event === "block") options.onBlock?.(event);
  });
  const ended = child.status.then(async (status) => {
    started.reject(new Error(`node ended with ${status.code}: ${await errors}`));
    return status.signal ?? status.code;
  });
  const { rpcAddress, metricsAddress } = await started.promise;
  return {
    rpcUrl: rpcAddress,
    metricsUrl: metricsAddress,
    pid: child.pid,
    lines,
    async stop(signal = "SIGTERM") {
      try {
        child.kill(signal);
      } catch {
        // It has ended already.
      }
      const end = await ended;
      await reading;
      await errors;
      return end;
    },
  };
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    for (const part of parts) if (part.trim() !== "") onLine(part);
  }
}

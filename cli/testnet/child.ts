/** A node of the testnet in a process of its own, which ends with this one. @module */
import { CommandError } from "../output.ts";
import type { BlockReport } from "./heights.ts";
import { selfCommand } from "./self.ts";

/** How long a node may take to end in order; then it is killed. */
const STOP_WAIT_MS = 10_000;
/** How much of a log is shown when a node cannot start. */
const LOG_TAIL_LINES = 12;

export interface ChildOptions {
  readonly name: string;
  readonly home: string;
  /** Where its log goes; begun anew. */
  readonly logFile: string;
  /** For `node start`, beside what is needed. */
  readonly args: readonly string[];
  /** Called before the first block is told. */
  readonly onStarted: (start: ChildStart, pid: number) => void;
  readonly onBlock: (block: BlockReport) => void;
}

/** What it says of itself when it runs. */
export interface ChildStart {
  readonly rpcAddress: string;
  readonly height: bigint;
}

export interface ChildEnd {
  /** In words, as `by SIGKILL`. */
  readonly how: string;
  /** The last lines of its log when it failed; empty: nobody has to read them. */
  readonly log: string;
}

export interface NodeChild {
  readonly name: string;
  readonly pid: number;
  /** Rejects with a CommandError when the node ends before it runs. */
  readonly started: Promise<void>;
  readonly ended: Promise<ChildEnd>;
  /** Ends it in order, or by force when it takes too long. */
  stop(): Promise<void>;
}

interface NodeLine {
  readonly event?: string;
  readonly rpcAddress?: string;
  readonly height?: string;
  readonly hash?: string;
  readonly appHash?: string;
  readonly txs?: number;
}

/** Starts it. Its standard input is a pipe from here: when this process is gone, however that came, it ends by itself. */
export function startChild(options: ChildOptions): NodeChild {
  const child = selfCommand(["node", "start", "--json", "--home", options.home, "--end-with-input", ...options.args], {
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { promise: started, resolve, reject } = Promise.withResolvers<void>();
  // Whoever waits for it may do so later.
  started.catch(() => {});
  const logging = writeLog(child.stderr, options.logFile);
  const reading = readLines(child.stdout, (line) => {
    const said = parseLine(line);
    if (said?.event === "started") {
      options.onStarted({ rpcAddress: said.rpcAddress ?? "", height: BigInt(said.height ?? 0) }, child.pid);
      resolve();
    }
    if (said?.event === "block") options.onBlock(blockOf(said));
  });
  const ended = child.status.then(async ({ code, signal }) => {
    await Promise.allSettled([logging, reading]);
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    const log = code === 0 || signal !== null ? "" : tail(await Deno.readTextFile(options.logFile).catch(() => ""));
    reject(new CommandError(`start ${options.name}: it ended ${how}${log === "" ? "" : `:\n${log}`}`, "node_failed"));
    return { how, log };
  });
  return {
    name: options.name,
    pid: child.pid,
    started,
    ended,
    async stop() {
      await child.stdin.close().catch(() => {});
      const late = setTimeout(() => killQuietly(child), STOP_WAIT_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

function killQuietly(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function parseLine(line: string): NodeLine | undefined {
  try {
    return JSON.parse(line) as NodeLine;
  } catch {
    return undefined;
  }
}

const blockOf = ({ height = "0", hash = "", appHash = "", txs = 0 }: NodeLine): BlockReport => ({
  height: BigInt(height),
  hash,
  appHash,
  txs,
});

const tail = (log: string) => log.trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n");

async function writeLog(stream: ReadableStream<Uint8Array>, path: string): Promise<void> {
  const file = await Deno.open(path, { create: true, write: true, truncate: true });
  await stream.pipeTo(file.writable);
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line !== "") onLine(line);
  }
}

/** The Go program of this folder: wasmd's application with libwasmvm, a line for each block and query. @module */
import { fileURLToPath } from "node:url";
import {
  type BlockOutcome,
  type DrivenChain,
  type QueryOutcome,
  shortenedState,
  type TxSpec,
  type World,
} from "../../helpers/wasmd/transcript.ts";
import {
  ACCOUNT_PATH,
  accountQuery,
  appStateOf,
  BLOCK_NANOS,
  GENESIS_NANOS,
  PREFIX,
  sequenceIn,
  txBytes,
} from "../../helpers/wasmd/txs.ts";
import { signerOf } from "../../bad_input/harness.ts";

const FOLDER = fileURLToPath(new URL("./", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../../dist/interop/wasmd", import.meta.url));

async function run(command: string, args: string[]): Promise<{ ok: boolean; text: string }> {
  try {
    const env = { GOFLAGS: "-mod=readonly" };
    const output = await new Deno.Command(command, { args, cwd: FOLDER, env }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { ok: output.success, text: decode(output.stdout) + decode(output.stderr) };
  } catch (error) {
    return { ok: false, text: (error as Error).message };
  }
}

/** Why there is no judge here; undefined: it is built. libwasmvm comes with its Go module and needs cgo. */
export async function buildJudge(): Promise<string | undefined> {
  const go = await run("go", ["version"]);
  if (!go.ok) return `Go is not installed here: ${go.text.trim()}`;
  const cgo = await run("go", ["env", "CGO_ENABLED"]);
  if (cgo.text.trim() !== "1") return "Go has no C compiler here";
  const modules = await run("go", ["mod", "download"]);
  if (!modules.ok) return `the Go modules cannot be had here: ${modules.text.trim()}`;
  const built = await run("go", ["build", "-p", "2", "-o", PROGRAM, "."]);
  if (!built.ok) throw new Error(built.text);
  return undefined;
}

interface GoTx {
  code: number;
  codespace: string;
  log: string;
  data: string | null;
  events: string[][];
  gas_used: number;
}

/** A chain of wasmd in a process of its own. */
export class Judge implements DrivenChain {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;
  readonly #world: World;
  #height = 0n;
  versions: Readonly<Record<string, string>> = {};

  private constructor(world: World) {
    this.#world = world;
    this.#process = new Deno.Command(PROGRAM, { stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#lines = lines(this.#process.stdout);
  }

  static async start(world: World): Promise<Judge> {
    const judge = new Judge(world);
    const { bank } = appStateOf(world);
    const { versions } = await judge.#ask({
      init: {
        chain_id: world.chainId,
        prefix: PREFIX,
        time: Number(GENESIS_NANOS),
        capabilities: world.capabilities,
        authority: signerOf(world.authority).address.text,
        accounts: world.accounts.map((name) => signerOf(name).address.text),
        bank,
      },
    }) as { versions: Record<string, string> };
    judge.versions = versions;
    return judge;
  }

  async #ask(line: unknown): Promise<unknown> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the judge has ended");
    return JSON.parse(value);
  }

  async block(txs: readonly TxSpec[]): Promise<BlockOutcome> {
    const sequences = new Map<string, bigint>();
    // Nothing can be asked before the first block.
    for (const name of this.#height === 0n ? [] : new Set(txs.map(({ from }) => from))) {
      const { value } = await this.query(ACCOUNT_PATH, accountQuery(name).toBase64());
      sequences.set(name, sequenceIn(Uint8Array.fromBase64(value)));
    }
    this.#height++;
    // Whole seconds: a number of Go's and of JavaScript's.
    const time = Number(GENESIS_NANOS + this.#height * BLOCK_NANOS);
    const bytes = txBytes(this.#world, txs, sequences).map((tx) => tx.toBase64());
    const answer = await this.#ask({ block: { time, txs: bytes } }) as {
      txs: GoTx[];
      state: [string, string | null][];
      balances: [string, string][];
    };
    return {
      txs: (answer.txs ?? []).map(({ gas_used, data, code, codespace, log, events }) => ({
        code,
        codespace,
        // A panic of Go: what follows are addresses of this very process.
        log: log.split("\nstack:")[0]!,
        data: data ?? "",
        events,
        gasUsed: gas_used,
      })),
      state: shortenedState(answer.state),
      balances: answer.balances,
    };
  }

  async query(path: string, data: string): Promise<QueryOutcome> {
    const answer = await this.#ask({ query: { path, data } }) as QueryOutcome & { value: string | null };
    return { ...answer, value: answer.value ?? "" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#process.status;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncIterator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

/**
 * CometBFT's own remote signer and our node, our signer and CometBFT's own node side, over unix sockets and over secret
 * connections: each signs for the other, and refuses what must not be signed. Needs Go and its modules; where they cannot be
 * had the tests say so and end.
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { TextLineStream } from "./ibc_go/lines.ts";
import { buildGo } from "./privval/build.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const NODE_SIDE = fileURLToPath(new URL("./privval/node_side.ts", import.meta.url));
const CHAIN = "chain-1";
const DENO = ["run", "--no-check", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];

/** A program whose lines are read one by one. */
class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #log: Promise<string>;

  constructor(command: string, args: string[]) {
    this.#child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
    this.#log = new Response(this.#child.stderr).text();
  }

  /** The next line; undefined at the end. */
  async line(): Promise<string | undefined> {
    return (await this.#lines.read()).value;
  }

  async until(start: string): Promise<string> {
    for (;;) {
      const line = await this.line();
      if (line === undefined) throw new Error(`no line ${start}: ${await this.#log}`);
      if (line.startsWith("FAIL")) throw new Error(`${line}\n${await this.end()}`);
      if (line.startsWith(start)) return line.slice(start.length);
    }
  }

  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== undefined; line = await this.line()) lines.push(line);
    return lines;
  }

  /** Ends it; what it wrote to its log. */
  async end(): Promise<string> {
    await this.#child.stdin.close().catch(() => {});
    try {
      this.#child.kill();
    } catch {
      // It has ended by itself.
    }
    await this.#lines.cancel();
    await this.#child.status;
    return await this.#log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

async function withJudge(use: (judge: string, folder: string) => Promise<void>): Promise<void> {
  const judge = await buildGo();
  if ("missing" in judge) return console.log(`skipped: ${judge.missing}`);
  const folder = await Deno.makeTempDir({ prefix: "catenary-privval-" });
  try {
    await use(judge.path, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const text = new TextDecoder().decode(stdout);
  assert(success, text + new TextDecoder().decode(stderr));
  return text;
}

const addressFor = {
  unix: (folder: string) => `unix://${folder}/signer.sock`,
  tcp: () => "tcp://127.0.0.1:0",
};

/** A port that was free a moment ago: CometBFT's listener does not tell which one it took. */
function freeAddress(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return `tcp://127.0.0.1:${port}`;
}

for (const transport of ["unix", "tcp"] as const) {
  Deno.test(`CometBFT's signer signs for our node, and refuses what its guard refuses [${transport}]`, async () => {
    await withJudge(async (judge, folder) => {
      await using node = new Program(Deno.execPath(), [...DENO, NODE_SIDE, addressFor[transport](folder), CHAIN]);
      const { listening } = JSON.parse(await node.until("") || "{}");
      await using signer = new Program(judge, ["sign", listening, CHAIN, `${folder}/key.json`, `${folder}/state.json`]);
      const key = await signer.until("key ");
      const lines = (await node.rest()).map((line) => JSON.parse(line));
      assertEquals(lines.shift(), { key });
      assertEquals(lines.pop(), { done: true });
      const outcome = lines.map(({ signed, seconds, refused }) => refused === undefined ? [signed, seconds] : refused);
      const conflict = "the signer refused: error signing vote: conflicting data";
      assertEquals(outcome, [
        [true, 5],
        [true, 5],
        "the signer refused: error signing proposal: conflicting data",
        [true, 5],
        conflict,
        [true, 5],
        [true, 5],
        conflict,
        "the signer refused: error signing vote: step regression at height 1 round 0. Got 2, last step 3",
        [true, 5],
        [true, 5],
      ]);
    });
  });

  Deno.test(`our signer signs for CometBFT's node side, and its files are CometBFT's [${transport}]`, async () => {
    await withJudge(async (judge, folder) => {
      const home = `${folder}/signer`;
      const cli = (...args: string[]) =>
        run(Deno.execPath(), [...DENO, MAIN, "signer", ...args, "--home", home, "--json"]);
      const { pub_key } = JSON.parse(await cli("init"));
      const address = transport === "tcp" ? freeAddress() : addressFor.unix(folder);
      await using node = new Program(judge, ["ask", address, CHAIN]);
      await node.until("listening");
      const args = ["signer", "start", "--home", home, "--connect", address, "--chain-id", CHAIN];
      const signer = new Program(Deno.execPath(), [...DENO, MAIN, ...args]);
      try {
        assertEquals(await node.until("key "), Uint8Array.fromBase64(pub_key.value).toHex());
        assertEquals(await node.line(), "all accepted");
      } finally {
        const log = await signer.end();
        assertStringIncludes(log, "conflicting data");
        assertStringIncludes(log, "refused to sign");
      }
      const files = [`${home}/config/priv_validator_key.json`, `${home}/data/priv_validator_state.json`];
      const said = await run(judge, ["last", ...files, CHAIN]);
      assertStringIncludes(said, "state 3/0/3");
      assertStringIncludes(said, "all accepted");
      // CometBFT's signer has signed on over our files; ours understands what it wrote.
      assertEquals(JSON.parse(await cli("show")).last_signed, { height: "4", round: 0, step: 2 });
    });
  });
}

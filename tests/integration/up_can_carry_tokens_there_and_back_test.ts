/** `catenary up`, as a user runs it: three chains, a relayer, tokens over two hops and back. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { catenaryProcess, runArguments } from "../helpers/cli_process.ts";

// deno-lint-ignore no-explicit-any -- JSON of many shapes
type Line = any;

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "catenary-up-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const linesOf = (out: string): Line[] => out.trim().split("\n").map((line) => JSON.parse(line));

/** Runs it to its end and answers its lines. */
async function upOnce(folder: string, ...args: string[]): Promise<Line[]> {
  const here = { cwd: folder, env: { TMPDIR: folder } };
  const { code, out, err } = await catenaryProcess(["up", "--once", "--json", "--block-time-ms", "20", ...args], here);
  assertEquals(code, 0, err + out);
  return linesOf(out);
}

/** What everybody must see of a round trip, whatever the chains were before. */
function checkRoundTrip(lines: readonly Line[]): void {
  const steps = lines.filter(({ event }) => event === "step");
  const way = (from: string, to: string) => [
    ["sent", from],
    ["received", "b"],
    ["sent", "b"],
    ["received", to],
    ["acknowledged", "b"],
    ["acknowledged", from],
  ];
  assertEquals(steps.map(({ what, chain }) => [what, chain]), [...way("a", "c"), ...way("c", "a")]);
  for (const { what, proofHeight } of steps) {
    assertEquals(proofHeight === null, what === "sent", "all but the sending has a proof");
    assert(proofHeight === null || /^0-[1-9]\d*$/.test(proofHeight), proofHeight);
  }
  const [there, back] = lines.filter(({ event }) => event === "balances");
  assertEquals(there.balances.map(({ amount }: Line) => amount), ["999999999000", "1000"]);
  assertEquals(back.balances.map(({ amount }: Line) => amount), ["1000000000000", "0"]);
  assertEquals(there.denomPath.split("/").filter((part: string) => part === "transfer").length, 2, "two hops");
  assertEquals(lines.at(-1).event, "done");
}

const clientsOf = (lines: readonly Line[]) =>
  lines.find(({ event }) => event === "done").paths.map(({ a, b }: Line) => [a.clientId, b.clientId]);

Deno.test("a home is kept: what was cut off is finished by the next start, and the one after it makes no new clients", async () => {
  await withFolder(async (folder) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: runArguments(["up", "--json", "--block-time-ms", "20", "--home", "kept"]),
      cwd: folder,
      env: { TMPDIR: folder },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes("connection_open_try")) child.kill("SIGKILL");
    }
    await child.status;
    const first = await upOnce(folder, "--home", "kept");
    checkRoundTrip(first);
    const second = await upOnce(folder, "--home", "kept");
    checkRoundTrip(second);
    assertEquals(second.filter(({ event }) => event === "handshake"), []);
    assertEquals(clientsOf(second), clientsOf(first));
    const heights = (lines: Line[]) =>
      lines.filter(({ event }) => event === "step").map(({ height }) => Number(height));
    assert(Math.min(...heights(second)) > Math.min(...heights(first)));
  });
});

Deno.test("in memory it stays up, answers, ends in order when it is told to, and leaves nothing behind", async () => {
  await withFolder(async (folder) => {
    const here = { cwd: folder, env: { TMPDIR: folder } };
    const child = new Deno.Command(Deno.execPath(), {
      args: runArguments(["up", "--json", "--block-time-ms", "20"]),
      ...here,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const errors = new Response(child.stderr).text();
    let text = "";
    let isUp = false;
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (isUp || !text.includes('"event":"up"')) continue;
      isUp = true;
      // It is found without being named.
      const status = await catenaryProcess(["relayer", "status", "--json"], here);
      assertEquals([status.code, JSON.parse(status.out).packets.settled], [0, 4], status.err);
      const { api } = linesOf(text).find(({ event }) => event === "relayer");
      assertStringIncludes(await (await fetch(`${api}/docs`)).text(), "Catenary relayer");
      child.kill("SIGTERM");
    }
    assertEquals([(await child.status).code, await errors], [0, ""]);
    const lines = linesOf(text).slice(0, -1);
    assertEquals(lines[0].event, "starting");
    checkRoundTrip(lines);
    const made = lines.filter(({ step }) => step === "create_client").map(({ chain }) => chain);
    assertEquals(made.sort(), ["a", "b", "b", "c"]);
    // Nothing is left behind but the empty folder of notes.
    const left = await Array.fromAsync(Deno.readDir(folder));
    assertEquals(left.map(({ name }) => name), [`catenary-running-${Deno.uid()}`]);
  });
});

Deno.test("what cannot be is said in one line", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/letter.txt`, "dear");
    const foreign = await catenaryProcess(["up", "--once", "--home", "."], { cwd: folder, env: { TMPDIR: folder } });
    assertEquals(foreign.code, 1);
    assertStringIncludes(foreign.err, "the folder holds other things (letter.txt)");
    const port = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken = await catenaryProcess(["up", "--once", "--base-port", `${port.addr.port}`], {
      cwd: folder,
      env: { TMPDIR: folder },
    });
    port.close();
    assertEquals(taken.code, 1);
    assertStringIncludes(taken.err, "another process uses this address");
  });
});

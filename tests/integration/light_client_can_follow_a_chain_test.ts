/** `catenary light verify` against a real node, and against one that lies. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { catenary } from "../helpers/command_line.ts";
import { nextBlock, withNode } from "../helpers/local_node.ts";

/** Runs `catenary light verify ARGS` and returns what it printed. */
const lightVerify = (...args: string[]) => catenary("light", "verify", ...args);

async function hashAt(rpc: string, height: number): Promise<string> {
  const { result } = await (await fetch(`${rpc}/commit?height=${height}`)).json();
  return result.signed_header.commit.block_id.hash;
}

/** A node that serves another's answers after `change`. */
async function withProxy<T>(
  rpc: string,
  change: (text: string) => string,
  use: (proxy: string) => Promise<T>,
): Promise<T> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const answer = await fetch(rpc + pathname.replace("/under/a/path", "") + search);
    return new Response(change(await answer.text()));
  });
  try {
    return await use(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("the light client follows a chain from a trusted block, and nobody who lies about it", async (t) => {
  await withNode({}, async (node) => {
    const rpc = node.rpcAddress;
    while (node.height < 9n) await nextBlock(node);
    const hash = await hashAt(rpc, 2);
    const from = ["--trusted-height", "2", "--trusted-hash", hash];

    await t.step("a height, with each verified block printed", async () => {
      const { code, out, err } = await lightVerify("--rpc", rpc, ...from, "--height", "8");
      assertEquals([code, err], [0, ""]);
      const lines = out.trim().split("\n");
      assertStringIncludes(lines[0]!, `height 2  ${hash}`);
      assertStringIncludes(lines[1]!, `height 8  ${await hashAt(rpc, 8)}`);
      assertEquals(lines[2], "height 8 is verified");
    });
    await t.step("the newest block, as JSON, with witnesses", async () => {
      const { code, out } = await lightVerify("--rpc", rpc, ...from, "--witness", rpc, "--witness", rpc, "--json");
      const answer = JSON.parse(out);
      assertEquals([code, answer.witnesses], [0, { agreed: 2, faults: [] }]);
      assertEquals(answer.hash, await hashAt(rpc, Number(answer.height)));
      assertEquals(answer.verified.map(({ height }: { height: string }) => height), ["2", answer.height]);
    });
    await t.step("a wrong hash, an old trust and a height below are refused", async () => {
      const wrong = await lightVerify("--rpc", rpc, "--trusted-height", "2", "--trusted-hash", "00".repeat(32));
      assertEquals([wrong.code, wrong.out], [1, ""]);
      assertStringIncludes(wrong.err, hash.toLowerCase());
      const old = await lightVerify("--rpc", rpc, ...from, "--trusting-period-ms", "1", "--json");
      assertEquals([old.code, JSON.parse(old.err).error.code], [1, "expired"]);
      const below = await lightVerify("--rpc", rpc, ...from, "--height", "1", "--json");
      assertEquals([below.code, JSON.parse(below.err).error.code], [1, "plan"]);
    });
    await t.step("a node that is not there, or has no such block", async () => {
      const nobody = await lightVerify("--rpc", "127.0.0.1:1", ...from, "--json");
      assertEquals([nobody.code, JSON.parse(nobody.err).error.code], [1, "unreachable"]);
      const future = await lightVerify("--rpc", rpc, ...from, "--height", "1000000", "--json");
      assertEquals([future.code, JSON.parse(future.err).error.code], [1, "refused"]);
    });
    await t.step("a primary that changes a hash in a header is refused; as a witness it is left out", async () => {
      const part = (await (await fetch(`${rpc}/commit?height=8`)).json()).result.signed_header.header.last_commit_hash;
      await withProxy(rpc, (text) => text.replace(part, "EE".repeat(32)), async (proxy) => {
        const lie = await lightVerify("--rpc", proxy, ...from, "--height", "8", "--json");
        assertEquals([lie.code, JSON.parse(lie.err).error.code], [1, "invalid"]);
        const witness = ["--witness", proxy, "--witness", `${proxy}/gone`];
        const alone = await lightVerify("--rpc", rpc, ...from, "--height", "8", ...witness, "--json");
        assertEquals([alone.code, JSON.parse(alone.err).error.code], [1, "no_witness"]);
        const third = await lightVerify("--rpc", rpc, ...from, "--height", "8", ...witness, "--witness", rpc, "--json");
        assertEquals(third.code, 0);
        assertEquals(JSON.parse(third.out).witnesses.faults.length, 2);
      });
    });
    await t.step("an address with a path, and answers that are no answers", async () => {
      await withProxy(rpc, (text) => text, async (proxy) => {
        const { code } = await lightVerify("--rpc", `${proxy}/under/a/path/`, ...from, "--height", "8");
        assertEquals(code, 0);
      });
      for (const text of ["", "no", "null", "{}", '{"result":null}', '{"result":{"signed_header":5}}']) {
        await withProxy(rpc, () => text, async (proxy) => {
          const { code, err } = await lightVerify("--rpc", proxy, ...from, "--json");
          assertEquals([code, JSON.parse(err).error.code], [1, "bad_answer"], text);
        });
      }
    });
  });
});

Deno.test("light verify wants its options, and says what they look like", async () => {
  const rpc = ["--rpc", "127.0.0.1:1", "--trusted-height", "1"];
  for (const args of [[], rpc, [...rpc, "--trusted-hash", "12"], [...rpc, "--trust-level", "x"]]) {
    const { code, err } = await lightVerify(...args);
    assertEquals(code, 1);
    assert(err.includes("required option") || err.includes("expected"), err);
  }
  const { code, out } = await lightVerify("--help");
  assertEquals(code, 0);
  assertStringIncludes(out, "(default: 1/3)");
});

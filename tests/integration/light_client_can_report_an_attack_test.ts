/** A node that serves a false chain, sealed with the validator's own key, is found out, and the evidence lands in a block. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { initDevelopmentHome } from "../../node/home.ts";
import { ed25519KeyFromSeed, sha256, signEd25519 } from "../../node/core/crypto/mod.ts";
import { signedHeaderFromJson } from "../../node/core/light/mod.ts";
import { commitVoteSignBytes, hashHeader } from "../../node/core/types/mod.ts";
import { signedHeaderJson } from "../../node/rpc/json/block.ts";
import { catenary } from "../helpers/command_line.ts";
import { nextBlock, withNode } from "../helpers/local_node.ts";
import { valueOf } from "../helpers/mini_chain.ts";

const FALSE_FROM = 6n;

/** The answer to `/commit` with a header of another application, sealed anew. */
function falsify(text: string, seed: Uint8Array): string {
  const answer = JSON.parse(text);
  const { header, commit } = valueOf(signedHeaderFromJson(answer.result.signed_header) as never) as {
    header: Parameters<typeof hashHeader>[0];
    commit: Parameters<typeof commitVoteSignBytes>[1];
  };
  header.appHash = sha256(new Uint8Array([6, 6, 6]));
  const hash = hashHeader(header);
  commit.blockId = { hash, partSetHeader: { total: 1, hash } };
  const key = ed25519KeyFromSeed(seed);
  commit.signatures[0]!.signature = signEd25519(key, commitVoteSignBytes(header.chainId, commit, 0));
  answer.result.signed_header = signedHeaderJson(header, commit);
  return JSON.stringify(answer);
}

/** A node that lies about heights from {@linkcode FALSE_FROM} on and takes no evidence. */
async function withLiar<T>(rpc: string, seed: Uint8Array, use: (liar: string) => Promise<T>): Promise<T> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, search, searchParams } = new URL(request.url);
    if (request.method === "POST") return new Response('{"error":{"message":"what evidence"}}');
    const text = await (await fetch(rpc + pathname + search)).text();
    const isFalse = pathname === "/commit" && BigInt(searchParams.get("height") ?? "0") >= FALSE_FROM;
    return new Response(isFalse ? falsify(text, seed) : text);
  });
  try {
    return await use(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("light verify reports an attack to the honest node, whose next block accuses the validator", async (t) => {
  const home = await Deno.makeTempDir({ prefix: "catenary_attack_" });
  try {
    await initDevelopmentHome(home);
    const file = JSON.parse(await Deno.readTextFile(`${home}/config/priv_validator_key.json`));
    const seed = Uint8Array.fromBase64(file.priv_key.value).slice(0, 32);
    await withNode({ home }, async (node) => {
      const rpc = node.rpcAddress;
      while (node.height < 10n) await nextBlock(node);
      const ask = async (path: string) => (await (await fetch(`${rpc}/${path}`)).json()).result;
      const { signed_header: { commit } } = await ask("commit?height=2");
      const from = ["--trusted-height", "2", "--trusted-hash", commit.block_id.hash, "--height", "8", "--json"];
      const found = async () => (await ask(`block_search?query="misbehavior.type='light_client_attack'"`)).blocks;
      await withLiar(rpc, seed, async (liar) => {
        await t.step("without a report nothing is sent", async () => {
          const { code, out } = await catenary(
            "light",
            "verify",
            "--rpc",
            liar,
            "--witness",
            rpc,
            ...from,
            "--no-report",
          );
          assertEquals([code, out], [1, ""]);
        });
        await t.step("the primary lies", async () => {
          const { code, out, err } = await catenary("light", "verify", "--rpc", liar, "--witness", rpc, ...from);
          assertEquals([code, JSON.parse(err).error.code], [1, "diverged"]);
          const { attack } = JSON.parse(out);
          assertEquals([attack.kind, attack.commonHeight, attack.evidence.length], ["lunatic", "2", 2]);
          assertEquals([attack.evidence[0].against, attack.evidence[0].to], [liar, rpc]);
          assert(/^[0-9A-F]{64}$/.test(attack.evidence[0].hash), out);
          assertStringIncludes(attack.evidence[1].refused, "what evidence");
          let blocks = await found();
          while (blocks.length === 0) {
            await nextBlock(node);
            blocks = await found();
          }
          const { block } = blocks[0];
          assertEquals(block.evidence.evidence[0].type, "tendermint/LightClientAttackEvidence");
          const { finalize_block_events: events } = await ask(`block_results?height=${block.header.height}`);
          const [event] = events.filter(({ type }: { type: string }) => type === "misbehavior");
          const attributes = Object.fromEntries(
            event.attributes.map(({ key, value }: { key: string; value: string }) => [key, value]),
          );
          assertEquals(attributes, { type: "light_client_attack", validator: file.address, height: "2", power: "10" });
        });
        await t.step("the witness lies: the same evidence, which is known by now", async () => {
          const { out } = await catenary("light", "verify", "--rpc", rpc, "--witness", liar, ...from.slice(0, -1));
          assertStringIncludes(out, `evidence against ${rpc} (lunatic): not taken`);
          assertStringIncludes(out, `evidence against ${liar} (lunatic): taken by ${rpc} as`);
          assertEquals((await found()).length, 1);
        });
      });
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

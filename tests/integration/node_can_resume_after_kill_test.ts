/** A node is stopped in every way and goes on where it was. @module */
import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { startNodeProcess } from "../helpers/node_process.ts";
import { rpc } from "../helpers/rpc_client.ts";

const latest = async (url: string) => BigInt((await rpc(url, "status")).sync_info.latest_block_height);

Deno.test("a node goes on at the next height after SIGTERM, SIGINT and SIGKILL; a second one on its home is refused", async () => {
  const home = await Deno.makeTempDir({ prefix: "catenary-resume-" });
  try {
    const hashes = new Map<string, string>();
    const onBlock = ({ height, hash }: { height: string; hash: string }) => {
      assertEquals(hashes.get(height) ?? hash, hash, `height ${height} was decided twice`);
      hashes.set(height, hash);
    };
    let before = 0n;
    let chain = "";
    for (const signal of ["SIGTERM", "SIGKILL", "SIGINT", "SIGKILL"] as const) {
      const reached = Promise.withResolvers<void>();
      const goal = before + 3n;
      const node = await startNodeProcess({
        home,
        args: ["--block-time-ms", "50"],
        onBlock: (block) => {
          onBlock(block);
          if (BigInt(block.height) >= goal) reached.resolve();
        },
      });
      assert(await latest(node.rpcUrl) >= before, "heights were lost");
      const { node_info } = await rpc(node.rpcUrl, "status");
      assertEquals(chain || node_info.network, node_info.network);
      chain = node_info.network;
      if (signal === "SIGTERM") {
        await assertRejects(() => startNodeProcess({ home }), Error, "home_locked");
      }
      await reached.promise;
      before = await latest(node.rpcUrl);
      const end = await node.stop(signal);
      if (signal !== "SIGKILL") assertEquals(end, 0);
    }
    assertEquals(chain, "catenary-local-1");
    assertGreater(before, 8n);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

/** A newcomer in an empty folder: what the relayer says where it knows nothing, and how it finds the chains that run. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { loadRelayerConfig } from "../../relayer/config/mod.ts";
import { catenaryProcess } from "../helpers/cli_process.ts";
import { startNodeProcess } from "../helpers/node_process.ts";

Deno.test("in an empty folder the relayer tells how to begin, and writes a configuration for chains that run", async () => {
  const folder = await Deno.makeTempDir({ prefix: "catenary-newcomer-" });
  // Notes of what runs are in the folder for temporary files: this one is nobody else's.
  const here = { cwd: folder, env: { TMPDIR: folder } };
  const node = await startNodeProcess({ home: `${folder}/home`, args: ["--block-time-ms", "50"], env: here.env });
  try {
    const start = await catenaryProcess(["relayer"], here);
    assertEquals([start.code, start.out], [1, ""]);
    for (const word of ["no relayer.toml here", "local-1", node.rpcUrl, "relayer init"]) {
      assertStringIncludes(start.err, word);
    }
    const init = await catenaryProcess(["relayer", "init", "--json"], here);
    assertEquals([init.code, init.err], [0, ""]);
    const ours = JSON.parse(init.out).chains.find(({ rpc }: { rpc: string }) => rpc === node.rpcUrl);
    assertEquals([ours.chainId, ours.addressPrefix, ours.denom, ours.development], [
      "catenary-local-1",
      "cat",
      "ucat",
      true,
    ]);
    const config = await loadRelayerConfig(`${folder}/relayer.toml`);
    assert(config.chains.some(({ rpc, development }) => rpc[0] === node.rpcUrl && development));
    const again = await catenaryProcess(["relayer", "init"], here);
    assertEquals(again.code, 1);
    assertStringIncludes(again.err, "--force");
    const named = await catenaryProcess(
      ["relayer", "init", "--force", "--rpc", node.rpcUrl, "--rpc", node.rpcUrl],
      here,
    );
    assertStringIncludes(named.err, "two of the addresses are of the chain catenary-local-1");
    const nobody = await catenaryProcess(["relayer", "init", "--force", "--rpc", "127.0.0.1:1"], here);
    assertStringIncludes(nobody.err, "ask the chain at http://127.0.0.1:1");
  } finally {
    await node.stop();
  }
  // It took its note away, so that nobody looks for it.
  const notes = await Array.fromAsync(Deno.readDir(`${folder}/catenary-running-${Deno.uid()}`));
  assertEquals(notes, []);
  await Deno.remove(folder, { recursive: true });
});

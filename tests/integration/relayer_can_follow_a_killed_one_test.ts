/** A relayer that is killed with a lease for an hour, and the one that comes after it. */
import { assertEquals } from "@std/assert";
import { relayerToml } from "../../relayer/config/mod.ts";
import { withNode } from "../helpers/local_node.ts";
import { openChannel, startRelayerProcess } from "../helpers/relayer_process.ts";

async function settled(api: string): Promise<number> {
  return (await (await fetch(`${api}/status`)).json()).packets.settled;
}

async function transfer(api: string, receiver: string): Promise<void> {
  const body = JSON.stringify({ from: "x", to: "y", denom: "ucat", amount: "3", receiver });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${api}/transfers`, { method: "POST", headers, body });
  assertEquals(response.status, 200, await response.text());
}

Deno.test("after SIGKILL the next relayer on the same file works at once", async () => {
  await withNode({ chainId: "catenary-x" }, (x) =>
    withNode({ chainId: "catenary-y" }, async (y) => {
      const folder = await Deno.makeTempDir({ prefix: "catenary_killed_" });
      const config = `${folder}/relayer.toml`;
      const toml = relayerToml({
        relayer: { log_level: "error" },
        api: { listen: "127.0.0.1:0" },
        work: { lease: "1h" },
        chains: [["x", x] as const, ["y", y] as const].map(([name, node]) => ({
          name,
          chain_id: node.chainId,
          rpc: [node.rpcAddress],
          account_prefix: "cat",
          gas_price: "0ucat",
          wallets: [{ development_account: 9 }],
          development: true,
        })),
        paths: [{ id: "x-y", a: { chain: "x" }, b: { chain: "y" }, channels: [{}] }],
      });
      await Deno.writeTextFile(config, toml);
      const receiver = y.developmentAccounts[2]!.address;
      let relayer = await startRelayerProcess(config);
      try {
        await openChannel(relayer.api, "x-y");
        await transfer(relayer.api, receiver);
        // Most likely in the middle of carrying it.
        assertEquals(await relayer.stop("SIGKILL"), "SIGKILL");
        relayer = await startRelayerProcess(config);
        await transfer(relayer.api, receiver);
        // Within the lease of the dead one nobody else could.
        while (await settled(relayer.api) < 2) await new Promise((resolve) => setTimeout(resolve, 20));
      } finally {
        await relayer.stop();
        await Deno.remove(folder, { recursive: true });
      }
    }));
});

/** A node that is replaced by one with a fresh chain of the same id, at the same address, under a relayer that remembers. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseRelayerConfig, type RelayerConfig, relayerToml } from "../../relayer/config/mod.ts";
import { createRelayer } from "../../relayer/relayer.ts";
import { catenary } from "../helpers/command_line.ts";
import { freePorts } from "../helpers/free_ports.ts";
import { withNode } from "../helpers/local_node.ts";

// deno-lint-ignore no-explicit-any -- JSON of many shapes
type Json = any;

async function ask(api: string, path: string): Promise<[number, Json]> {
  const response = await fetch(api + path);
  return [response.status, await response.json()];
}

async function until(api: string, path: string, is: (answer: Json) => boolean): Promise<Json> {
  for (;;) {
    const [, answer] = await ask(api, path);
    if (is(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs `use` beside a relayer that has started. */
async function beside(config: RelayerConfig, use: (api: string) => Promise<void>): Promise<void> {
  const relayer = createRelayer(config, { log: () => {} });
  await relayer.start();
  try {
    await use(relayer.apiAddress!);
  } finally {
    await relayer.stop();
  }
}

const WORDS =
  /^chain y is another chain than before: block 2 was \w+…, is now \w+…; start the relayer with another store/;

Deno.test("a chain begun anew at the same address is told from the old one, until there is another store", async () => {
  const folder = await Deno.makeTempDir({ prefix: "catenary_anew_" });
  try {
    await withNode({ chainId: "catenary-x" }, async (x) => {
      const inputOf = (rpcY: string, store: string) => ({
        relayer: { store: `${folder}/${store}`, log_level: "error" as const },
        api: { listen: "127.0.0.1:0" },
        chains: [["x", x.rpcAddress] as const, ["y", rpcY] as const].map(([name, rpc]) => ({
          name,
          chain_id: `catenary-${name}`,
          rpc: [rpc],
          account_prefix: "cat",
          gas_price: "0ucat",
          wallets: [{ development_account: 9 }],
          development: true,
        })),
        paths: [{ id: "x-y", a: { chain: "x" }, b: { chain: "y" }, channels: [{}] }],
      });
      const configOf = (rpcY: string, store: string) => {
        const parsed = parseRelayerConfig(inputOf(rpcY, store));
        if (!parsed.ok) throw new Error(parsed.error.message);
        return parsed.value;
      };
      const open = ([path]: Json) => path?.state === "open";
      const [port] = await freePorts(1);
      const rpcListen = `127.0.0.1:${port}`;
      const rpcY = await withNode({ chainId: "catenary-y", rpcListen }, async (y) => {
        await beside(configOf(y.rpcAddress, "relayer.db"), async (api) => {
          await until(api, "/paths", open);
          assertEquals((await ask(api, "/ready"))[0], 200);
        });
        return y.rpcAddress;
      });
      await withNode({ chainId: "catenary-y", rpcListen }, async () => {
        await beside(configOf(rpcY, "relayer.db"), async (api) => {
          const [path] = await until(api, "/paths", ([path]: Json) => path.state === "failed");
          assertMatch(path.fault, WORDS);
          const chains = await until(api, "/chains", ([, y]: Json) => !y.reachable);
          assertEquals([chains[0].fault, chains[0].reachable], [null, true]);
          assertMatch(chains[1].fault, WORDS);
          assertEquals((await ask(api, "/ready"))[0], 503);
          assertEquals((await ask(api, "/routes?from=x&to=y"))[1].error.code, "no_route");
        });
        // Also where no relayer runs, and a command looks into the store.
        const file = `${folder}/relayer.toml`;
        await Deno.writeTextFile(file, relayerToml(inputOf(rpcY, "relayer.db")));
        const { out } = await catenary("relayer", "status", "--config", file);
        assertStringIncludes(out, "chain y is another chain than before");
        assertStringIncludes(out, "1 failed");
        await beside(configOf(rpcY, "another.db"), async (api) => {
          await until(api, "/paths", open);
        });
      });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

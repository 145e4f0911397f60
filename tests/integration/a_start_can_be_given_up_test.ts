/** A node that cannot start, or is stopped while it starts, leaves nothing behind. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { homePaths } from "../../node/config/mod.ts";
import { IoError } from "../../node/core/errors.ts";
import { initHomeWithGenesis } from "../../node/home.ts";
import { createMemoryHub } from "../../node/network/mod.ts";
import { createNode } from "../../node/node.ts";
import { MemoryTestnet } from "../helpers/memory_testnet.ts";

const QUIET = { rpc: { listen: "127.0.0.1:0" }, observability: { metrics_listen: "" as const } };

/** A node with the key of a validator of four, and its home again when it is stopped: nothing holds it any more. */
async function withHome(run: (home: string, fullHome: string) => Promise<void>): Promise<void> {
  const net = await MemoryTestnet.make({ validators: 4 });
  const fullHome = await Deno.makeTempDir();
  try {
    const genesis = JSON.parse(await Deno.readTextFile(homePaths(net.homes[0]!.home).genesis));
    await initHomeWithGenesis(fullHome, { genesis, full: true });
    await run(net.homes[0]!.home, fullHome);
  } finally {
    await net.close();
    await Deno.remove(fullHome, { recursive: true });
  }
}

Deno.test("an address in use ends a start, of RPC and of the network, and the home is free", async () => {
  await withHome(async (home) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr as Deno.NetAddr;
    const log = () => {};
    const rpc = createNode({ home, hub: createMemoryHub(), log, config: { rpc: { listen: `127.0.0.1:${port}` } } });
    assertEquals((await assertRejects(() => rpc.start(), IoError)).code, "address_in_use");
    const p2p = { enabled: "on" as const, listen: [`/ip4/127.0.0.1/tcp/${port}`], bootstrap: [] };
    const network = createNode({ home, log, config: { ...QUIET, p2p } });
    assertEquals((await assertRejects(() => network.start(), IoError)).code, "address_in_use");
    await network.stop();
    const last = createNode({ home, hub: createMemoryHub(), log, config: QUIET });
    await last.start();
    await last.stop();
  });
});

Deno.test("a node can be stopped at any moment of its start", async () => {
  await withHome(async (home, fullHome) => {
    const sync = { state_sync: true, trust_height: 1, trust_hash: "00".repeat(32) };
    const starts = [{ home, config: QUIET }, { home: fullHome, config: { ...QUIET, sync } }];
    for (const options of starts) {
      for (const turns of [0, 1, 3, 10, 30, 100, 300]) {
        const node = createNode({ ...options, hub: createMemoryHub(), log: () => {} });
        const started = node.start().catch((error) => error.code as string);
        for (let i = 0; i < turns; i++) await new Promise((resolve) => setTimeout(resolve));
        await node.stop();
        assertEquals(await started, options.home === home ? undefined : "state_sync_stopped", `after ${turns} turns`);
      }
    }
  });
});

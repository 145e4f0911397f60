/** Whether the ports of a testnet can be had. @module */
import { CommandError } from "../output.ts";
import type { TestnetNode } from "./homes.ts";

const portOfMultiaddr = (address: string) => Number(/\/tcp\/(\d+)/.exec(address)?.[1] ?? 0);
const portOfListen = (address: string) => address === "" ? 0 : Number(address.slice(address.lastIndexOf(":") + 1));

/** Throws a CommandError `address_in_use` that names the first port that somebody has. */
export async function checkPorts(nodes: readonly TestnetNode[]): Promise<void> {
  for (const { name, peerAddress, rpcListen, metricsListen } of nodes) {
    const wanted = [
      ["peers", portOfMultiaddr(peerAddress)],
      ["RPC", portOfListen(rpcListen)],
      ["metrics", portOfListen(metricsListen)],
    ] as const;
    for (const [what, port] of wanted) {
      if (port === 0 || await isFree(port)) continue;
      throw new CommandError(
        `start ${name}: another process uses port ${port} (${what}); end it, or choose other ports for a new testnet ` +
          "with --base-port N",
        "address_in_use",
      );
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  try {
    const listener = Deno.listen({ hostname: "127.0.0.1", port });
    // Closing is done in the background; the port is free when it is done.
    listener.close();
    await Promise.resolve();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

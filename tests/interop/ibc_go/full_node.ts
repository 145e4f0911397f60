/** A CometBFT node with ibc-go's simapp, run by the judge. @module */
import { TextLineStream } from "./lines.ts";

export interface FullNode {
  readonly rpcAddress: string;
  stop(): Promise<void>;
}

/** Starts a chain of one validator on which each of the secp256k1 keys has coins. */
export async function startFullNode(judge: string, chainId: string, keys: readonly Uint8Array[]): Promise<FullNode> {
  const home = await Deno.makeTempDir({ prefix: "catenary-simapp-" });
  const args = ["node", chainId, home, ...keys.map((key) => key.toHex())];
  const process = new Deno.Command(judge, { args, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  const stop = async () => {
    await process.stdin.close();
    while (!(await lines.read()).done);
    await process.status;
    await Deno.remove(home, { recursive: true });
  };
  const { value = "nothing" } = await lines.read();
  if (!value.startsWith("rpc ")) {
    await stop();
    throw new Error(`start the node of simapp: ${value}`);
  }
  return { rpcAddress: value.slice(4), stop };
}

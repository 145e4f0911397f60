/** A node in this process, in memory, with quick blocks. @module */
import { initDevelopmentHome } from "../../node/home.ts";
import { type CatenaryNode, createNode, type NodeOptions } from "../../node/node.ts";

/** How long a node of a test lets others wait: a machine that has other things to do is not what is tested. */
const PATIENT = { request_timeout_ms: 600_000, query_timeout_ms: 600_000, broadcast_commit_timeout_ms: 600_000 };

/** A node that ends no answer for taking long, unless `options` say when. */
export function createPatientNode(options: NodeOptions): CatenaryNode {
  return createNode({ ...options, config: { ...options.config, rpc: { ...PATIENT, ...options.config?.rpc } } });
}

/** Runs `use` with a started node on a free port; stops it whatever happens. */
export async function withNode<T>(options: NodeOptions, use: (node: CatenaryNode) => Promise<T>): Promise<T> {
  const node = createPatientNode({ rpcListen: "127.0.0.1:0", blockTimeMs: 20, log: () => {}, ...options });
  await node.start();
  try {
    return await use(node);
  } finally {
    await node.stop();
  }
}

/** As {@linkcode withNode}, with a development chain of that id, in a folder that is gone afterwards. */
export async function withNamedNode<T>(chainId: string, use: (node: CatenaryNode) => Promise<T>): Promise<T> {
  const home = await Deno.makeTempDir({ prefix: "catenary_named_" });
  try {
    await initDevelopmentHome(home, { chainId });
    return await withNode({ home }, use);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** Resolves with the next committed block's height. */
export function nextBlock(node: CatenaryNode): Promise<bigint> {
  return new Promise((resolve) =>
    node.events.addEventListener(
      "block",
      (event) => resolve((event as CustomEvent<{ height: bigint }>).detail.height),
      { once: true },
    )
  );
}

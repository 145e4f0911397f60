/**
 * Strangers for those parts of libp2p that walk the network at random (relays wanted, addresses to be confirmed): peers we
 * are connected to, one round every few seconds. Its own walk asks the DHT again and again without a pause, which with few
 * peers takes all of the processor, and with none does not even let timers run. Others are found by the dialer.
 * @module
 */
import type { PeerInfo } from "@libp2p/interface";
import type { Node } from "./_node.ts";

/** Between two rounds, in milliseconds. */
const ROUND_MS = 5_000;

interface Walker {
  walk(options?: { readonly signal?: AbortSignal }): AsyncGenerator<PeerInfo>;
}

/** Puts the calm walk into a node that is not started yet. */
export function walkCalmly(node: Node): void {
  const walker = (node as unknown as { readonly components?: { readonly randomWalk?: Walker } }).components?.randomWalk;
  if (walker === undefined) return;
  walker.walk = async function* ({ signal } = {}) {
    for (;;) {
      for (const id of node.getPeers()) {
        const multiaddrs = node.getConnections(id).map(({ remoteAddr }) => remoteAddr);
        yield { id, multiaddrs };
      }
      await pause(signal);
    }
  };
}

/** Rejects when `signal` is aborted. */
function pause(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      end();
      reject(signal?.reason ?? new Error("aborted"));
    };
    const timer = setTimeout(() => {
      end();
      resolve();
    }, ROUND_MS);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort);
  });
}

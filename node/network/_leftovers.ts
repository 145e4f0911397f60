/** Timers that libp2p forgets when it stops: a stopped network must leave nothing behind. @module */
import type { Node } from "./_node.ts";

type Timer = ReturnType<typeof setTimeout> | undefined;

/** Members that are private in libp2p's types; each may be gone in another version, then nothing is done about it. */
interface Innards {
  readonly components?: {
    readonly addressManager?: { readonly _updatePeerStoreAddresses?: { stop?(): void } };
    readonly connectionManager?: {
      readonly inboundConnectionRateLimiter?: {
        readonly memoryStorage?: { readonly storage?: Map<string, { timeoutId?: Timer }> };
      };
    };
  };
  readonly services: {
    readonly identifyPush?: { readonly _push?: { stop?(): void } };
    readonly pubsub: { start?: () => Promise<void>; readonly status?: { readonly heartbeatTimeout?: Timer } };
  };
}

/** The status of gossipsub while it ran, with the timer of its next heartbeat. */
const heartbeats = new WeakMap<Node, { readonly heartbeatTimeout?: Timer }>();
/** The queues of libp2p tell that they are empty a millisecond later. */
const QUEUES_MS = 3;

/** To be called before the node starts: gossipsub forgets the timer of its heartbeat. */
export function watchTimers(node: Node): void {
  const { pubsub } = (node as unknown as Innards).services;
  const start = pubsub.start?.bind(pubsub);
  if (start === undefined) return;
  pubsub.start = async () => {
    await start();
    if (pubsub.status !== undefined) heartbeats.set(node, pubsub.status);
  };
}

/** Stops a node with all its timers. */
export async function stopWhole(node: Node): Promise<void> {
  const { components, services } = node as unknown as Innards;
  await node.stop();
  clearTimeout(heartbeats.get(node)?.heartbeatTimeout);
  components?.addressManager?._updatePeerStoreAddresses?.stop?.();
  services.identifyPush?._push?.stop?.();
  const limited = components?.connectionManager?.inboundConnectionRateLimiter?.memoryStorage?.storage;
  for (const { timeoutId } of limited?.values() ?? []) clearTimeout(timeoutId);
  await new Promise((resolve) => setTimeout(resolve, QUEUES_MS));
}

/** Ports for processes whose addresses others must know before they start. @module */

/** Ports that nobody listens on now; another process could take one before it is used. */
export async function freePorts(count: number): Promise<readonly number[]> {
  // All at once, so that none is given twice.
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  await Promise.resolve();
  return ports;
}

/** Offsets of the ports of one node from its first one. */
const NODE_PORTS = [0, 1, 4];

/** A base port from which on `nodes` nodes of a testnet find theirs. */
export async function freeBasePort(nodes = 1): Promise<number> {
  const offsets = Array.from({ length: nodes }, (_, index) => NODE_PORTS.map((port) => 10 * index + port)).flat();
  for (;;) {
    const [base] = await freePorts(1);
    const listeners = offsets.map((offset) => tryListen(base! + offset));
    for (const listener of listeners) listener?.close();
    await Promise.resolve();
    if (!listeners.includes(undefined)) return base!;
  }
}

function tryListen(port: number): Deno.Listener | undefined {
  try {
    return port > 65_535 ? undefined : Deno.listen({ hostname: "127.0.0.1", port });
  } catch {
    return undefined;
  }
}

/** Ports for processes whose addresses others must know before they start. @module */

/**
 * Where ports are looked for: below those that Linux gives to whoever asks for any (32 768 and above), so that nobody takes
 * one before it is used.
 */
const [FIRST_PORT, PORTS] = [20_000, 12_000];

/** Ports that nobody listens on now, and that nobody gets without naming them. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const listeners: Deno.TcpListener[] = [];
  // All at once, so that none is given twice.
  while (listeners.length < count) {
    const listener = tryListen(FIRST_PORT + crypto.getRandomValues(new Uint32Array(1))[0]! % PORTS);
    if (listener !== undefined) listeners.push(listener);
  }
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

function tryListen(port: number): Deno.TcpListener | undefined {
  try {
    return port > 65_535 ? undefined : Deno.listen({ hostname: "127.0.0.1", port });
  } catch {
    return undefined;
  }
}

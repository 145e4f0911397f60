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

/** Events of a node by its websocket, as cheaply as they can be had. @module */

export interface Watch {
  close(): void;
  /** Rejects when the node closes the connection. */
  readonly lost: Promise<never>;
}

/** Subscribes to the events of one name; `onValue` gets the value of each, and when it came (`performance.now()`). */
export async function watchEvents(
  rpcUrl: string,
  event: "NewBlockEvents" | "Tx",
  // deno-lint-ignore no-explicit-any -- JSON of many shapes
  onValue: (value: any, atMs: number) => void,
): Promise<Watch> {
  const socket = new WebSocket(rpcUrl.replace(/^http/, "ws") + "/websocket");
  const subscribed = Promise.withResolvers<void>();
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {});
  let closed = false;
  const params = { query: `tm.event='${event}'` };
  socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "subscribe", params }));
  socket.onerror = () => subscribed.reject(new Error("websocket failed"));
  socket.onclose = ({ code, reason }) =>
    closed || reject(new Error(`the node closed the websocket: ${code} ${reason}`));
  socket.onmessage = ({ data }) => {
    const atMs = performance.now();
    const value = JSON.parse(data).result?.data?.value;
    if (value === undefined) subscribed.resolve();
    else onValue(value, atMs);
  };
  await subscribed.promise;
  return {
    lost,
    close() {
      closed = true;
      socket.close();
    },
  };
}

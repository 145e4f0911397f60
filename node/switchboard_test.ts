import { assertEquals, assertRejects } from "@std/assert";
import type { NetworkHandlers, PeerView } from "./network/ports.ts";
import { Switchboard } from "./switchboard.ts";

const peer = (id: string) => ({ id }) as PeerView;

Deno.test("a listener is told of the peers that are there, each once, and of what comes from the first moment on", async () => {
  const switchboard = new Switchboard();
  const told: string[] = [];
  const listener = (name: string) => ({
    onPeerJoined: ({ id }: PeerView) => void told.push(`${name} +${id}`),
    onPeerLeft: (id: string) => void told.push(`${name} -${id}`),
    onMessage: (_channel: string, from: string) => void told.push(`${name} ${from}`),
  });
  let starts = 0;
  // Peers that were waiting come while the network starts.
  const network = {
    start(handlers: NetworkHandlers) {
      starts++;
      handlers.onPeerJoined(peer("a"));
      handlers.onMessage("consensus", "a", new Uint8Array());
      handlers.onPeerJoined(peer("b"));
      handlers.onPeerLeft("b");
      return Promise.resolve();
    },
  };
  switchboard.connect(listener("first"));
  await switchboard.start(network);
  assertEquals(told.splice(0), ["first +a", "first a", "first +b", "first -b"]);
  switchboard.connect({});
  switchboard.onPeerJoined(peer("c"));
  switchboard.connect(listener("second"));
  await switchboard.start(network);
  assertEquals([told.splice(0), starts], [["second +a", "second +c"], 1]);
});

Deno.test("while nobody listens a question is left without an answer, which is no lie", async () => {
  const frames = new Switchboard().onRequest("blocks", "a", new Uint8Array())[Symbol.asyncIterator]();
  await assertRejects(() => frames.next(), Error, "nobody is here");
});

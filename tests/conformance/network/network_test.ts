import { assert, assertEquals, assertRejects } from "@std/assert";
import { IoError } from "../../../node/core/errors.ts";
import { createLibp2pNetwork, createMemoryHub, type P2pSettings, parseAddress } from "../../../node/network/mod.ts";
import type { PeerNetwork } from "../../../node/network/ports.ts";
import { Recorder } from "./recorder.ts";
import { type MemberOptions, networkSuite, seedOf, type World } from "./suite.ts";

const identity = (n: number, options: MemberOptions) => ({
  nodeKeySeed: seedOf(n),
  chainId: "conformance-1",
  moniker: `node ${n}`,
  version: "0.1.0",
  ...options,
});

export const P2P: P2pSettings = {
  listen: ["/ip4/127.0.0.1/tcp/0"],
  announce: [],
  bootstrap: [],
  peers_max: 50,
  peers_wanted: 12,
  peers_per_address_max: 64,
  dht: false,
  relay: false,
  nat: false,
  ban_ms: 600_000,
};

networkSuite({
  name: "in memory",
  open() {
    const hub = createMemoryHub();
    return { node: (n, options = {}) => hub.join(identity(n, options)), close: () => hub.idle() };
  },
});

/** Nodes on 127.0.0.1; each dials those that were made before it, and keeps its port when it returns. */
function libp2pWorld(transport: "" | "/ws"): World {
  const made = new Map<number, PeerNetwork>();
  const addresses = new Map<number, string>();
  const remember = () => {
    for (const [n, net] of made) {
      const [address] = net.addresses;
      if (address !== undefined) addresses.set(n, address);
    }
  };
  return {
    node(n, options = {}) {
      remember();
      const before = addresses.get(n);
      const parsed = before === undefined ? undefined : parseAddress(before);
      const port = parsed?.ok ? parsed.value.port : 0;
      const bootstrap = [...addresses].filter(([other]) => other !== n).map(([, address]) => address);
      const net = createLibp2pNetwork({
        ...identity(n, options),
        p2p: {
          ...P2P,
          listen: [`/ip4/127.0.0.1/tcp/${port}${transport}`],
          bootstrap,
          ...options.banMs === undefined ? {} : { ban_ms: options.banMs },
        },
        timings: { redialMs: 20, redialMaxMs: 200, discoveryMs: 200 },
      });
      const stop = net.stop.bind(net);
      net.stop = () => {
        remember();
        return stop();
      };
      made.set(n, net);
      return net;
    },
    close: () => Promise.resolve(),
  };
}

networkSuite({ name: "over TCP", open: () => libp2pWorld("") });
networkSuite({ name: "over WebSocket", open: () => libp2pWorld("/ws") });

Deno.test("network over TCP: an address in use is refused with what to do, and leaves nothing behind", async () => {
  const a = createLibp2pNetwork({ ...identity(1, {}), p2p: P2P });
  await a.start(new Recorder());
  try {
    const listen = [a.addresses[0]!.replace(/\/p2p\/.*/, "")];
    const b = createLibp2pNetwork({ ...identity(2, {}), p2p: { ...P2P, listen } });
    const error = await assertRejects(() => b.start(new Recorder()), IoError);
    assertEquals(error.code, "address_in_use");
    assert(error.message.includes(listen[0]!), error.message);
  } finally {
    await a.stop();
  }
});

Deno.test("network over TCP: an address that means nothing is refused by the name of its option", async () => {
  for (const option of ["listen", "announce", "bootstrap"]) {
    const net = createLibp2pNetwork({ ...identity(1, {}), p2p: { ...P2P, [option]: ["127.0.0.1:26656"] } });
    const error = await assertRejects(() => net.start(new Recorder()), IoError);
    assertEquals(error.code, "address_invalid");
    assert(error.message.includes(option), error.message);
  }
});

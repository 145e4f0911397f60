/** `deno task bench NAME …`: prints progress to standard error and one JSON line to standard output. @module */

const BENCHES: Readonly<Record<string, { about: string; load: () => Promise<(args: string[]) => unknown> }>> = {
  transfers: {
    about: "a node under signed transfers through RPC  [--seconds 20] [--senders 200] [--keys ed25519|secp256k1|both]",
    load: async () => (await import("./transfers.ts")).benchTransfers,
  },
  network: {
    about: "validators in processes over libp2p  [--validators 4] [--seconds 30] [--parts load,low,instant,on-demand]",
    load: async () => (await import("./network.ts")).benchNetwork,
  },
  relay: {
    about: "packets between two chains  [--packets 5000] [--idle 20] [--wallets 4] [--block-time-ms 500]",
    load: async () => (await import("./relay.ts")).benchRelay,
  },
  state: {
    about: "a block of 1 000 random updates at 10^4, 10^5 and 10^6 accounts",
    load: async () => (await import("./state.ts")).benchState,
  },
  storage: {
    about: "batches, versioned writes and reads of the store",
    load: async () => (await import("./storage.ts")).benchStorage,
  },
  contracts: {
    about: "contracts under fuel  [--parts kernels,…] [--rounds 9] | --costs: what instructions take",
    load: async () => (await import("./contracts.ts")).benchContracts,
  },
  app: {
    about: "checking and executing transfers in process",
    load: async () => (await import("./app.ts")).benchApp,
  },
};

const [name, ...args] = Deno.args;
const bench = name === undefined ? undefined : BENCHES[name];
if (bench === undefined) {
  console.error("usage: deno task bench NAME …");
  for (const [key, { about }] of Object.entries(BENCHES)) console.error(`  ${key.padEnd(10)} ${about}`);
  Deno.exit(name === undefined || name === "--help" ? 0 : 1);
}
const figures = await (await bench.load())(args);
console.log(JSON.stringify(figures));
Deno.exit(0);

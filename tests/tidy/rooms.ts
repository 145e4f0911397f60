/**
 * The rooms of the house and who may know whom: the table of the design, as data. The lint plugin and the tests of this
 * folder read it; nothing else does.
 * @module
 */

/** 0 vocabulary, 1 machines, 2 application, 3 adapters, 4 roots. */
export type Layer = 0 | 1 | 2 | 3 | 4;

export interface Room {
  /** Path from the top of the repository, without a slash at the end; a file or a folder. */
  readonly path: string;
  readonly layer: Layer;
  /** No clock, no randomness, no `Deno`, no waiting. */
  readonly pure: boolean;
  /** Rooms it may import besides those of its own subtree, by path prefix. */
  readonly may: readonly string[];
}

const CORE = "node/core";

/** What sync's service files know of the world. */
const SYNC_SERVICE = [CORE, "node/network/ports.ts", "node/consensus", "node/state", "node/storage"];

/** The first match wins, so files and inner rooms stand before the folder that holds them. */
export const ROOMS: readonly Room[] = [
  { path: "node/core", layer: 0, pure: true, may: [] },

  { path: "node/consensus/driver.ts", layer: 3, pure: false, may: [CORE] },
  { path: "node/consensus/signer.ts", layer: 3, pure: false, may: [CORE] },
  { path: "node/consensus/_inbox.ts", layer: 3, pure: false, may: [CORE] },
  { path: "node/consensus/_timers.ts", layer: 3, pure: false, may: [CORE] },
  { path: "node/consensus", layer: 1, pure: true, may: [CORE] },
  {
    path: "node/mempool/service.ts",
    layer: 3,
    pure: false,
    may: [CORE, "node/app/ports.ts", "node/rpc/ports.ts", "node/runtime"],
  },
  { path: "node/mempool", layer: 1, pure: true, may: [CORE] },
  {
    path: "node/gossip/service.ts",
    layer: 3,
    pure: false,
    may: [CORE, "node/network/ports.ts", "node/consensus", "node/mempool", "node/rpc/ports.ts"],
  },
  { path: "node/gossip/transactions_service.ts", layer: 3, pure: false, may: [CORE, "node/network/ports.ts"] },
  { path: "node/gossip/evidence_service.ts", layer: 3, pure: false, may: [CORE, "node/network/ports.ts"] },
  { path: "node/gossip", layer: 1, pure: true, may: [CORE, "node/consensus"] },
  { path: "node/sync/block_service.ts", layer: 3, pure: false, may: SYNC_SERVICE },
  { path: "node/sync/state_service.ts", layer: 3, pure: false, may: SYNC_SERVICE },
  { path: "node/sync/conductor.ts", layer: 3, pure: false, may: SYNC_SERVICE },
  { path: "node/sync/serve.ts", layer: 3, pure: false, may: SYNC_SERVICE },
  { path: "node/sync/state_serve.ts", layer: 3, pure: false, may: SYNC_SERVICE },
  { path: "node/sync", layer: 1, pure: true, may: [CORE, "node/consensus"] },
  { path: "node/state", layer: 1, pure: true, may: [CORE] },
  { path: "contracts/sdk", layer: 3, pure: false, may: [CORE, "contracts"] },
  { path: "contracts/examples", layer: 4, pure: false, may: [CORE, "contracts"] },
  { path: "contracts", layer: 1, pure: true, may: [CORE] },

  { path: "node/app", layer: 2, pure: true, may: [CORE, "node/state", "node/modules", "contracts"] },
  { path: "node/modules", layer: 2, pure: true, may: [CORE, "node/state", "node/app/ports.ts", "contracts"] },
  { path: "node/chain", layer: 2, pure: true, may: [CORE, "node/consensus/input.ts", "node/app/ports.ts"] },

  { path: "node/storage", layer: 3, pure: false, may: [CORE, "node/consensus/ports.ts"] },
  { path: "node/network", layer: 3, pure: false, may: [CORE] },
  { path: "node/signer", layer: 3, pure: false, may: [CORE, "node/consensus"] },
  { path: "node/rpc", layer: 3, pure: false, may: [CORE, "node/app/ports.ts"] },
  { path: "node/telemetry", layer: 3, pure: false, may: [CORE] },
  { path: "node/config", layer: 3, pure: false, may: [CORE] },
  {
    path: "node/runtime",
    layer: 3,
    pure: false,
    may: [
      CORE,
      "node/app/ports.ts",
      "node/chain",
      "node/consensus",
      "node/mempool",
      "node/rpc/ports.ts",
      "node/state",
      "node/storage",
      "node/sync/ports.ts",
    ],
  },

  { path: "relayer/path", layer: 1, pure: true, may: [CORE] },
  { path: "relayer/light", layer: 1, pure: true, may: [CORE] },
  { path: "relayer/packet", layer: 1, pure: true, may: [CORE, "relayer/path"] },
  { path: "relayer/calls", layer: 1, pure: true, may: [CORE, "relayer/path", "relayer/packet"] },
  { path: "relayer/swap", layer: 1, pure: true, may: [CORE] },
  { path: "relayer/store", layer: 3, pure: false, may: [CORE] },
  { path: "relayer/config", layer: 3, pure: false, may: [CORE, "relayer/api/ports.ts", "relayer/path"] },
  { path: "relayer/telemetry", layer: 3, pure: false, may: [CORE] },
  { path: "relayer/chain", layer: 3, pure: false, may: [CORE, "relayer/light"] },
  { path: "relayer/api", layer: 3, pure: false, may: [CORE, "relayer/path"] },
  {
    path: "relayer/worker",
    layer: 3,
    pure: false,
    may: [
      CORE,
      ...["path", "light", "packet", "calls", "swap", "store", "chain", "telemetry"].map((p) => `relayer/${p}`),
    ],
  },
  { path: "relayer", layer: 4, pure: false, may: [CORE, "relayer"] },
  { path: "node", layer: 4, pure: false, may: ["node", "contracts"] },
  { path: "cli", layer: 4, pure: false, may: ["node", "contracts", "relayer", "mod.ts"] },
  { path: "mod.ts", layer: 4, pure: false, may: ["node", "contracts", "relayer"] },
];

/** Files that other rooms may import directly, because they are contracts or the shared vocabulary. */
export const CONTRACT_FILES: readonly RegExp[] = [
  /^node\/core\/[a-z_]+\.ts$/,
  /^node\/[a-z]+\/ports\.ts$/,
  /^node\/state\/(view|commit)\.ts$/,
  /^node\/consensus\/(engine|input|effect)\.ts$/,
  /^node\/storage\/store\.ts$/,
  /^node\/[a-z_]+\.ts$/,
  /^contracts\/[a-z_]+\.ts$/,
  /^relayer\/[a-z]+\/(ports|endpoint)\.ts$/,
  /^relayer\/[a-z_]+\.ts$/,
];

/** Packages that only one room may name. */
export const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  "hono": ["node/rpc", "relayer"],
  "@hono/zod-openapi": ["relayer"],
  "prom-client": ["node/telemetry", "relayer"],
  "commander": ["cli", "tests"],
  "zod": ["node/config", "node/modules", "node/app", "node/chain", "relayer"],
  "libp2p": ["node/network"],
  "@libp2p": ["node/network"],
  "@multiformats/multiaddr": ["node/network"],
  "@std/toml": ["node/config", "relayer"],
  "assemblyscript": ["contracts/sdk", "tests"],
};

/** The room of a file given by its path from the top; undefined outside the house (tests, scripts). */
export function roomOf(file: string): Room | undefined {
  return ROOMS.find((room) => file === room.path || file.startsWith(room.path + "/"));
}

/** The folder behind whose `mod.ts` a file stands: the second or third part of its path. */
export function folderOf(file: string): string {
  const parts = file.split("/");
  const depth = parts[0] === "node" && (parts[1] === "core" || parts[1] === "modules") ? 3 : 2;
  return parts.slice(0, Math.min(depth, parts.length - 1)).join("/");
}

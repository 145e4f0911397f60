/**
 * What a node makes of what its rooms tell: numbers, lines, spans, and events for RPC. Rooms know nothing of it; the
 * composition root hangs it into their hooks.
 * @module
 */
export { BlockMeter } from "./block_meter.ts";
export { ConsensusMeter } from "./consensus_meter.ts";
export { HeightTrace, type Took } from "./height_trace.ts";
export { type FollowedNetwork, NetworkMeter } from "./network_meter.ts";
export { RoundWatch } from "./round_watch.ts";
export { SyncMeter } from "./sync_meter.ts";
export { watchBlocks, watchSigner, watchWal } from "./watched_ports.ts";

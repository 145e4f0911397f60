/**
 * The worker of a relayer: slices of work under a lease, over chains and a store that are given to it.
 * @module
 */
export {
  closeChannel,
  openChannel,
  type OpenPath,
  openPath,
  type OpenPathOptions,
  type PathEndIds,
  type PathIds,
} from "./handshake.ts";
export { createClient } from "./handshake_client.ts";
export { openMultihopChannel } from "./multihop_open.ts";
export type {
  ChannelWish,
  ClientSettings,
  HandshakeChain,
  HandshakeFault,
  HandshakeFaultCode,
  HandshakeOptions,
  HandshakeStep,
} from "./handshake_ports.ts";
export {
  type ClientFault,
  type ClientUpdate,
  type CourseClient,
  type CourseClients,
  WORKER_POLICY,
  type WorkerChain,
  type WorkerHooks,
  type WorkerPolicy,
  type WorkerWorld,
} from "./ports.ts";
export { type SliceOptions, type SliceReport, Worker } from "./worker.ts";
export {
  isRenewed,
  PathBook,
  pathOf,
  type PathRecord,
  type PathRecordEnd,
  type PathState,
  type WantedChannel,
} from "./paths.ts";
export { chainMark, renewedFault } from "./same_chain.ts";
export { WorkerCore } from "./core.ts";
export { listAll, readPacket, WorkerState } from "./state.ts";
export { decodeCursor, decodeLane, decodePacket, fromJson, toJson } from "./_records.ts";
export { type LaneTotals, NO_TOTALS } from "./lanes.ts";
export { cursorKey, CURSORS, doneKey, doneOf, laneKey, LANES, markKey, packetKey, packetsOf, TOTALS } from "./_keys.ts";
export { type ClearOrder, leaveOrder, type WorkerOrder } from "./requests.ts";
export { allPages, ask, queryCommitments, queryUnreceived, SEQUENCES_MAX } from "./queries.ts";
export { checkClient, type ClientCheck, type KeptClient, keptClients } from "./upkeep.ts";
export { queryClientStatus, queryTrusted } from "./clients.ts";

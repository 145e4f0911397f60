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

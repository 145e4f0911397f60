/** What relayers do for the module `calls` besides carrying its packets: answering proven reads. Pure. @module */
export {
  afterFailure,
  newReadJob,
  parseReadEvent,
  PENDING_READS,
  planRead,
  type ReadEvent,
  type ReadJob,
  type ReadRequest,
  type ReadStep,
  requestsOf,
  submitReadMessage,
} from "./reads.ts";

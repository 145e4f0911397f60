/**
 * Calls across chains, and proven reads of other chains: the IBC application `calls` (version `calls-1`) and the messages
 * that ask for a value of another chain and answer it with a proof.
 * @module
 */
export { callsApplication } from "./application.ts";
export { callerAddress } from "./caller.ts";
export type { CallTarget, CallTargets } from "./expected.ts";
export { CallsKeeper } from "./keeper.ts";
export { PORT as CALLS_PORT, VERSION as CALLS_VERSION } from "./keys.ts";
export { callsModule } from "./module.ts";
export { messageTarget, queryTarget } from "./targets.ts";
export {
  type Call,
  CALL_STATUS,
  CallAcknowledgementCodec,
  CallCodec,
  CallPacketDataCodec,
  MsgCallCodec,
  MsgCallResponseCodec,
  MsgRequestReadCodec,
  MsgRequestReadResponseCodec,
  MsgSubmitReadCodec,
  QueryCallCodec,
  QueryCallerAddressRequestCodec,
  QueryCallerAddressResponseCodec,
  QueryCallRequestCodec,
  QueryCallResponseCodec,
  QueryCallsRequestCodec,
  QueryCallsResponseCodec,
  QueryReadRequestCodec,
  QueryReadResponseCodec,
  QueryReadsRequestCodec,
  QueryReadsResponseCodec,
  type Read,
  READ_STATUS,
  ReadCodec,
} from "./types.ts";

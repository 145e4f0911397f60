/** The wire forms of `calls.proto`. @module */
import { PageRequest, PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { Height } from "cosmjs-types/ibc/core/client/v1/client";
import { fields, messageCodec, type MessageOf } from "../../core/codec/mod.ts";
import { ReadCodec } from "../../core/ibc/mod.ts";

export { MsgSubmitReadCodec, QueryReadsRequestCodec, QueryReadsResponseCodec, ReadCodec } from "../../core/ibc/mod.ts";

const { bytes, message, messages, string, uint32, uint64 } = fields;
const V1 = "/catenary.calls.v1";

export const ParamsCodec = messageCodec(`${V1}.Params`, {
  gasMax: uint64(1),
  resultPeriod: uint64(2),
  readTimeoutMax: uint64(3),
});
export type Params = MessageOf<typeof ParamsCodec>;

export const MsgCallCodec = messageCodec(`${V1}.MsgCall`, {
  sender: string(1),
  sourceChannel: string(2),
  target: string(3),
  payload: bytes(4),
  gasLimit: uint64(5),
  timeoutHeight: message(6, Height),
  timeoutTimestamp: uint64(7),
});
export const MsgCallResponseCodec = messageCodec(`${V1}.MsgCallResponse`, { sequence: uint64(1) });

export const MsgRequestReadCodec = messageCodec(`${V1}.MsgRequestRead`, {
  requester: string(1),
  clientId: string(2),
  store: bytes(3),
  key: bytes(4),
  minHeight: message(5, Height),
  timeoutTimestamp: uint64(6),
});
export const MsgRequestReadResponseCodec = messageCodec(`${V1}.MsgRequestReadResponse`, { id: uint64(1) });

/** The data of a packet. */
export const CallPacketDataCodec = messageCodec(`${V1}.CallPacketData`, {
  sender: string(1),
  target: string(2),
  payload: bytes(3),
  gasLimit: uint64(4),
});
export type CallPacketData = MessageOf<typeof CallPacketDataCodec>;

/** The result in an acknowledgement of success. */
export const CallAcknowledgementCodec = messageCodec(`${V1}.CallAcknowledgement`, {
  result: bytes(1),
  gasUsed: uint64(2),
});

/** The payload of a call to the target `query`. */
export const QueryCallCodec = messageCodec(`${V1}.QueryCall`, { path: string(1), request: bytes(2) });

/** `CallStatus` of `calls.proto`. */
export const CALL_STATUS = { pending: 0, succeeded: 1, failed: 2, timedOut: 3 } as const;
export const CallCodec = messageCodec(`${V1}.Call`, {
  channelId: string(1),
  sequence: uint64(2),
  caller: string(3),
  target: string(4),
  status: uint32(5),
  result: bytes(6),
  gasUsed: uint64(7),
  codespace: string(8),
  code: uint32(9),
  sentHeight: uint64(10),
  settledHeight: uint64(11),
  settledTime: uint64(12),
});
export type Call = MessageOf<typeof CallCodec>;

/** `ReadStatus` of `calls.proto`. */
export const READ_STATUS = { pending: 0, found: 1, absent: 2 } as const;
export type Read = MessageOf<typeof ReadCodec>;

export const QueryCallRequestCodec = messageCodec(`${V1}.QueryCallRequest`, {
  channelId: string(1),
  sequence: uint64(2),
});
export const QueryCallResponseCodec = messageCodec(`${V1}.QueryCallResponse`, { call: message(1, CallCodec) });
export const QueryCallsRequestCodec = messageCodec(`${V1}.QueryCallsRequest`, {
  caller: string(1),
  channelId: string(2),
  pagination: message(3, PageRequest),
});
export const QueryCallsResponseCodec = messageCodec(`${V1}.QueryCallsResponse`, {
  calls: messages(1, CallCodec),
  pagination: message(2, PageResponse),
});
export const QueryCallerAddressRequestCodec = messageCodec(`${V1}.QueryCallerAddressRequest`, {
  channelId: string(1),
  sender: string(2),
});
export const QueryCallerAddressResponseCodec = messageCodec(`${V1}.QueryCallerAddressResponse`, {
  address: string(1),
});
export const QueryParamsResponseCodec = messageCodec(`${V1}.QueryParamsResponse`, { params: message(1, ParamsCodec) });
export const QueryReadRequestCodec = messageCodec(`${V1}.QueryReadRequest`, { id: uint64(1) });
export const QueryReadResponseCodec = messageCodec(`${V1}.QueryReadResponse`, { read: message(1, ReadCodec) });

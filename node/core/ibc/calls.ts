/** Wire forms of proven reads (`catenary.calls.v1`) that those who bring the answers need as the chain does. @module */
import { PageRequest, PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { Height } from "cosmjs-types/ibc/core/client/v1/client";
import { fields, messageCodec } from "../codec/mod.ts";

const { bool, bytes, message, messages, string, uint32, uint64 } = fields;
const V1 = "/catenary.calls.v1";

export const MsgSubmitReadCodec = messageCodec(`${V1}.MsgSubmitRead`, {
  submitter: string(1),
  id: uint64(2),
  absent: bool(3),
  value: bytes(4),
  proof: bytes(5),
  proofHeight: message(6, Height),
});

/** A request to read, and what came of it. */
export const ReadCodec = messageCodec(`${V1}.Read`, {
  id: uint64(1),
  requester: string(2),
  clientId: string(3),
  store: bytes(4),
  key: bytes(5),
  minHeight: message(6, Height),
  timeoutTimestamp: uint64(7),
  status: uint32(8),
  value: bytes(9),
  proofHeight: message(10, Height),
  submitter: string(11),
  requestedHeight: uint64(12),
  answeredHeight: uint64(13),
  answeredTime: uint64(14),
});

/** Of `Reads` and of `PendingReads`. */
export const QueryReadsRequestCodec = messageCodec(`${V1}.QueryReadsRequest`, {
  pagination: message(1, PageRequest),
});
export const QueryReadsResponseCodec = messageCodec(`${V1}.QueryReadsResponse`, {
  reads: messages(1, ReadCodec),
  pagination: message(2, PageResponse),
});

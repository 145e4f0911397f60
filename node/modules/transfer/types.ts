/** Wire forms that `cosmjs-types` lacks, or reads less exactly than we need. @module */
import { Coin } from "cosmjs-types/cosmos/base/v1beta1/coin";
import { PageRequest, PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { DenomTrace } from "cosmjs-types/ibc/applications/transfer/v1/denomtrace";
import { MsgTransfer, MsgUpdateParams } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { Params } from "cosmjs-types/ibc/applications/transfer/v1/transfer";
import { Height } from "cosmjs-types/ibc/core/client/v1/client";
import { fields, messageCodec, type MessageOf } from "../../core/codec/mod.ts";

const { message, messages, string, uint64 } = fields;

/** As the generated codec, but a message without a timeout height is one: clients leave it out when they use the time. */
export const MsgTransferCodec = messageCodec(MsgTransfer.typeUrl, {
  sourcePort: string(1),
  sourceChannel: string(2),
  token: message(3, Coin),
  sender: string(4),
  receiver: string(5),
  timeoutHeight: message(6, Height),
  timeoutTimestamp: uint64(7),
  memo: string(8),
  encoding: string(9),
});
export type MsgTransferText = MessageOf<typeof MsgTransferCodec>;

/** The generated codec takes the parameters for those of clients. */
export const MsgUpdateParamsCodec = messageCodec(MsgUpdateParams.typeUrl, {
  signer: string(1),
  params: message(2, Params),
});

/** Queries of ibc-go up to v9, which clients still ask. */
const V1 = "/ibc.applications.transfer.v1";
export const QueryDenomTraceRequestCodec = messageCodec(`${V1}.QueryDenomTraceRequest`, { hash: string(1) });
export const QueryDenomTraceResponseCodec = messageCodec(`${V1}.QueryDenomTraceResponse`, {
  denomTrace: message(1, DenomTrace),
});
export const QueryDenomTracesRequestCodec = messageCodec(`${V1}.QueryDenomTracesRequest`, {
  pagination: message(1, PageRequest),
});
export const QueryDenomTracesResponseCodec = messageCodec(`${V1}.QueryDenomTracesResponse`, {
  denomTraces: messages(1, DenomTrace),
  pagination: message(2, PageResponse),
});

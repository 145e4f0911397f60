/** Whether tokens may leave and enter. @module */
import { Params } from "cosmjs-types/ibc/applications/transfer/v1/transfer";

export type { Params };

/** What a chain starts with. */
export const DEFAULT_PARAMS: Params = { sendEnabled: true, receiveEnabled: true };

/** Longest path of a voucher, in UTF-16 units. ibc-go bounds it by the packet alone. */
export const DENOM_PATH_CHARS_MAX = 4_096;
/** Channels numbered higher are not opened, so that escrow addresses of two channels cannot be made to collide. */
export const CHANNEL_SEQUENCE_MAX = 0xffff_ffffn;

export const encodeParams = (params: Params): Uint8Array => Params.encode(params).finish();
export const decodeParams = (bytes: Uint8Array): Params => Params.decode(bytes);

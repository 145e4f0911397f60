/** Which denoms may be sent by messages. @module */
import { Params } from "cosmjs-types/cosmos/bank/v1beta1/bank";

/** What a chain starts with. */
export const DEFAULT_PARAMS: Params = { sendEnabled: [], defaultSendEnabled: true };

export const encodeParams = (params: Params): Uint8Array => Params.encode(params).finish();
export const decodeParams = (bytes: Uint8Array): Params => Params.decode(bytes);

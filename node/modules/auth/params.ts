/** Parameters of accounts and signatures, with the defaults of cosmos-sdk v0.50. @module */
import { Params } from "cosmjs-types/cosmos/auth/v1beta1/auth";

/** What a chain starts with. */
export const DEFAULT_PARAMS: Params = {
  maxMemoCharacters: 256n,
  txSigLimit: 7n,
  txSizeCostPerByte: 10n,
  sigVerifyCostEd25519: 590n,
  sigVerifyCostSecp256k1: 1000n,
};

/** Upper bound of every parameter: costs stay far from overflowing a transaction's meter. */
export const PARAM_MAX = 1_000_000_000n;

export const encodeParams = (params: Params): Uint8Array => Params.encode(params).finish();
export const decodeParams = (bytes: Uint8Array): Params => Params.decode(bytes);

/** The double-sign guard's memory as bytes: the JSON of CometBFT's `priv_validator_state.json`. @module */
import { base64 } from "@scure/base";
import { bytesToHex, hexToBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";

/** The order of signatures within a round; CometBFT `privval/file.go`. */
export const SIGN_STEP = { propose: 1, prevote: 2, precommit: 3 } as const;

/**
 * What was signed last, and where. Without sign bytes and signature, as CometBFT's file may be after an import by hand:
 * nothing at this place or before may be signed.
 */
export interface LastSigned {
  readonly height: bigint;
  readonly round: number;
  readonly step: number;
  readonly signBytes: Uint8Array;
  readonly signature: Uint8Array;
}

const NOTHING = new Uint8Array();

export function encodeLastSigned(last: LastSigned): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({
    height: last.height.toString(),
    round: last.round,
    step: last.step,
    ...(last.signBytes.length > 0 && {
      signature: base64.encode(last.signature),
      signbytes: bytesToHex(last.signBytes).toUpperCase(),
    }),
  }));
}

/** The inverse. @throws IoError `signer_state_damaged` when the bytes are not such a state. */
export function decodeLastSigned(bytes: Uint8Array | undefined): LastSigned | undefined {
  if (bytes === undefined) return undefined;
  try {
    const json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof json.height !== "string" || !/^\d{1,19}$/.test(json.height)) throw new Error("height is not a number");
    for (const field of ["round", "step"]) {
      if (!Number.isSafeInteger(json[field]) || json[field] < 0) throw new Error(`${field} is not a whole number`);
    }
    const isBare = json.signature === undefined && json.signbytes === undefined;
    const signature = isBare ? NOTHING : base64.decode(json.signature);
    if (!isBare && signature.length !== 64) throw new Error(`signature has ${signature.length} bytes`);
    const signBytes = isBare ? NOTHING : hexToBytes(json.signbytes);
    if (!isBare && signBytes.length === 0) throw new Error("sign bytes are missing");
    return { height: BigInt(json.height), round: json.round, step: json.step, signBytes, signature };
  } catch (cause) {
    throw new IoError("signer_state_damaged", "load last signed state: not a valid state", { cause });
  }
}

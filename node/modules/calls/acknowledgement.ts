/** What a call came to, in the envelope of ICS-04 and out of it. @module */
import { decodeStrict, encode } from "../../core/codec/mod.ts";
import { ACKNOWLEDGEMENT_BYTES_MAX, decodeAcknowledgement, type PacketAcknowledgement } from "../../core/ibc/mod.ts";
import { CODESPACE, RESULT_TOO_LONG_CODE, UNREADABLE_CODE } from "./errors.ts";
import { RESULT_BYTES_MAX } from "./params.ts";
import { CallAcknowledgementCodec } from "./types.ts";

/** Of a call that was settled. */
export type Outcome =
  | { readonly success: true; readonly result: Uint8Array; readonly gasUsed: bigint }
  | { readonly success: false; readonly codespace: string; readonly code: number };

/**
 * A failure is told by codespace and code, in the form of ibc-go's `NewErrorAcknowledgementWithCodespace`: texts may differ
 * between machines. A success has used gas, so its result is never empty.
 */
export function acknowledgementOf(outcome: Outcome): PacketAcknowledgement {
  if (outcome.success) return { success: true, result: encode(CallAcknowledgementCodec, outcome) };
  const { codespace, code } = outcome;
  return { success: false, error: `ABCI error: ${codespace}/${code}: error handling packet: see events for details` };
}

const CODED = /^ABCI error: ([A-Za-z][A-Za-z0-9_.-]{0,63})\/([0-9]{1,9}): /;
const CODE_ONLY = /^ABCI code: ([0-9]{1,9}): /;

/** Never fails: a packet is settled whatever the other chain wrote, and what cannot be read is a failure of the call. */
export function outcomeOf(bytes: Uint8Array): Outcome {
  const unreadable: Outcome = { success: false, codespace: CODESPACE, code: UNREADABLE_CODE };
  const acknowledgement = decodeAcknowledgement(bytes);
  if (!acknowledgement.ok) return unreadable;
  if (!acknowledgement.value.success) return failureOf(acknowledgement.value.error) ?? unreadable;
  const { result } = acknowledgement.value;
  const decoded = decodeStrict(CallAcknowledgementCodec, result, "call result", ACKNOWLEDGEMENT_BYTES_MAX);
  if (!decoded.ok) return unreadable;
  if (decoded.value.result.length > RESULT_BYTES_MAX) {
    return { success: false, codespace: CODESPACE, code: RESULT_TOO_LONG_CODE };
  }
  return { success: true, result: decoded.value.result.slice(), gasUsed: decoded.value.gasUsed };
}

function failureOf(error: string): Outcome | undefined {
  const coded = CODED.exec(error);
  if (coded !== null) return { success: false, codespace: coded[1]!, code: Number(coded[2]) };
  const plain = CODE_ONLY.exec(error);
  return plain === null ? undefined : { success: false, codespace: "", code: Number(plain[1]) };
}

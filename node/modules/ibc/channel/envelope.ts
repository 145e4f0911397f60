/** Whether bytes of an acknowledgement could be written in another way. @module */
import { decodeAcknowledgement } from "../../../core/ibc/mod.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BRACE = 0x7b;

/**
 * An envelope of ICS-04 that is in neither form of {@linkcode decodeAcknowledgement} is refused (ibc-go compares in
 * `AcknowledgePacket`); other bytes belong to the application and pass.
 */
export function isMalleable(acknowledgement: Uint8Array): boolean {
  return acknowledgement.includes(BRACE) && !decodeAcknowledgement(acknowledgement).ok && isEnvelope(acknowledgement);
}

function isEnvelope(bytes: Uint8Array): boolean {
  try {
    const json: unknown = JSON.parse(decoder.decode(bytes));
    if (typeof json !== "object" || json === null) return false;
    const [[key, value] = [], ...rest] = Object.entries(json);
    return rest.length === 0 && (key === "result" || key === "error") && typeof value === "string";
  } catch {
    return false;
  }
}

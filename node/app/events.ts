/** Events of the phases of a transaction, with names and order of cosmos-sdk v0.50. @module */
import type { Event } from "cosmjs-types/tendermint/abci/types";

/** `tx.signature` is not indexed: nobody searches for it, and it is as long as the rest. */
const attribute = (key: string, value: string, index = true) => ({ key, value, index });

export const feeEvent = (fee: string, payer: string): Event => ({
  type: "tx",
  attributes: [attribute("fee", fee), attribute("fee_payer", payer)],
});
export const sequenceEvent = (address: string, sequence: bigint): Event => ({
  type: "tx",
  attributes: [attribute("acc_seq", `${address}/${sequence}`)],
});
export const signatureEvent = (signature: Uint8Array): Event => ({
  type: "tx",
  attributes: [attribute("signature", signature.toBase64(), false)],
});
export const messageEvent = (action: string, sender: string, module: string): Event => ({
  type: "message",
  attributes: [attribute("action", action), attribute("sender", sender), attribute("module", module)],
});

/** Says which message of the transaction an event came from. */
export function markMessage(event: Event, index: string): void {
  event.attributes.push(attribute("msg_index", index));
}

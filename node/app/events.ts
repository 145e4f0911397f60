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
export const messageEvent = (action: string, sender: string): Event => ({
  type: "message",
  attributes: [attribute("action", action), attribute("sender", sender)],
});

/** Whether some event from `first` on tells its module. */
export function namesModule(events: readonly Event[], first: number): boolean {
  for (let at = first; at < events.length; at++) {
    if (events[at]!.attributes.some(({ key }) => key === "module")) return true;
  }
  return false;
}

/** Tells the module of a message whose own events do not (cosmos-sdk `baseapp`, `createEvents`). */
export function nameModule(event: Event, module: string): void {
  event.attributes.push(attribute("module", module));
}

/** Says which message of the transaction an event came from. */
export function markMessage(event: Event, index: string): void {
  event.attributes.push(attribute("msg_index", index));
}

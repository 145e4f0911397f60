/** Accounts that nobody has a key of, derived from names (cosmos-sdk ADR-028). @module */
import { concatBytes, utf8ToBytes } from "../bytes.ts";
import { ADDRESS_BYTES, sha256 } from "../crypto/mod.ts";

const ESCROW_PREFIX = utf8ToBytes("ics20-1\0");
const FORWARD_TYPE_HASH = sha256(utf8ToBytes("packetfowardmiddleware"));

/**
 * The account that holds what has left over a channel, 20 bytes: SHA-256 of `ics20-1`, a zero byte and `port/channel`,
 * cut (ICS-20; ibc-go `GetEscrowAddress`). The prefix stays `ics20-1` whatever the channel's version.
 */
export function escrowAddress(portId: string, channelId: string): Uint8Array {
  return sha256(concatBytes(ESCROW_PREFIX, utf8ToBytes(`${portId}/${channelId}`))).slice(0, ADDRESS_BYTES);
}

/**
 * The account that holds tokens between two hops of a forwarded transfer, 20 bytes, so that a sender cannot move what
 * belongs to others (ibc-go packet-forward `GetReceiver`).
 *
 * @param channelId Channel the packet arrived on, of this chain.
 * @param sender Sender as the packet names it.
 */
export function forwardAddress(channelId: string, sender: string): Uint8Array {
  return sha256(concatBytes(FORWARD_TYPE_HASH, utf8ToBytes(`${channelId}/${sender}`))).slice(0, ADDRESS_BYTES);
}

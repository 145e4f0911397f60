/** The account that a sender on another chain acts as here. @module */
import { concatBytes, utf8ToBytes } from "../../core/bytes.ts";
import { sha256 } from "../../core/crypto/mod.ts";
import { PORT } from "./keys.ts";

const TYPE_HASH = sha256(utf8ToBytes("catenary.calls.v1"));

/**
 * 32 bytes, the form of cosmos-sdk ADR-028 for derived accounts: SHA-256 of (SHA-256 of `catenary.calls.v1`, then
 * `calls/<channel>/<sender>`). Neither port nor channel identifiers hold a slash, so no two senders share an account.
 *
 * @param channelId Own end of the channel: another chain cannot speak for the senders of this one.
 * @param sender As the packet names it.
 */
export function callerAddress(channelId: string, sender: string): Uint8Array {
  return sha256(concatBytes(TYPE_HASH, utf8ToBytes(`${PORT}/${channelId}/${sender}`)));
}

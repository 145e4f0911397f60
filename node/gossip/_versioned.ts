/** The envelope of every message of gossip: the version comes first, so that another one is known before the rest is read. @module */
import { decodeStrict, type MessageCodec } from "../core/codec/mod.ts";
import type { CodedError } from "../core/errors.ts";
import { err, type Result } from "../core/result.ts";

/** The version of all messages of gossip that is spoken here. */
export const WIRE_VERSION = 1;

/** Codes of the codespace `gossip`. Append-only. */
export const GOSSIP_CODE = { otherVersion: 1, noVersion: 2, count: 3 } as const;

/** Tag of field 1 as a varint. */
const TAG_VERSION = 0x08;

/** Another version than ours: to be ignored, and held against nobody. */
export const isOtherVersion = (error: CodedError): boolean =>
  error.codespace === "gossip" && error.code === GOSSIP_CODE.otherVersion;

/** {@linkcode decodeStrict} for messages whose field 1 is a version. */
export function decodeVersioned<T>(
  codec: MessageCodec<T>,
  bytes: Uint8Array,
  what: string,
  bytesMax: number,
): Result<T, CodedError> {
  const version = bytes[1];
  if (bytes[0] === TAG_VERSION && version !== undefined && version !== WIRE_VERSION) {
    return err({ codespace: "gossip", code: GOSSIP_CODE.otherVersion, message: `decode ${what}: another version` });
  }
  if (bytes[0] !== TAG_VERSION) {
    return err({
      codespace: "gossip",
      code: GOSSIP_CODE.noVersion,
      message: `decode ${what}: no version at its beginning`,
    });
  }
  return decodeStrict(codec, bytes, what, bytesMax);
}

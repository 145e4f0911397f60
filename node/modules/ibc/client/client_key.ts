/** What the keys below `clients/` are about, read back from their bytes. @module */
import { bytesToU64, compareBytes, utf8ToBytes } from "../../../core/bytes.ts";
import { type IbcHeight, parseHeight } from "../../../core/ibc/mod.ts";
import { CLIENTS_PREFIX } from "./keys.ts";

/** A key below `clients/<id>/`. */
export type ClientKey =
  & { readonly id: string }
  & (
    | { readonly kind: "state" }
    | { readonly kind: "consensus"; readonly height: IbcHeight }
    /** An entry of the index of consensus states; no height when it is malformed. */
    | { readonly kind: "index"; readonly height: IbcHeight | undefined }
    /** Which connections use the client: the business of the connections. */
    | { readonly kind: "connections" }
    | { readonly kind: "other" }
  );

const SLASH = 0x2f;
const CONSENSUS_STATES = utf8ToBytes("consensusStates/");
const INDEX = utf8ToBytes("iterateConsensusStates");
const HEIGHT_BYTES = 16;
const decoder = new TextDecoder();

const startsWith = (bytes: Uint8Array, prefix: Uint8Array) =>
  compareBytes(bytes.subarray(0, prefix.length), prefix) === 0;

/** The identifier in a key below `clients/`, and what follows it; undefined for another key. */
export function splitClientKey(key: Uint8Array): { readonly id: string; readonly rest: Uint8Array } | undefined {
  const end = key.indexOf(SLASH, CLIENTS_PREFIX.length);
  if (end < 0 || !startsWith(key, CLIENTS_PREFIX)) return undefined;
  return { id: decoder.decode(key.subarray(CLIENTS_PREFIX.length, end)), rest: key.subarray(end + 1) };
}

/** What a key below `clients/` is about; undefined for another key. */
export function readClientKey(key: Uint8Array): ClientKey | undefined {
  const split = splitClientKey(key);
  if (split === undefined) return undefined;
  const { id, rest } = split;
  if (startsWith(rest, CONSENSUS_STATES)) {
    const height = parseHeight(decoder.decode(rest.subarray(CONSENSUS_STATES.length)));
    return height.ok ? { id, kind: "consensus", height: height.value } : { id, kind: "other" };
  }
  if (startsWith(rest, INDEX)) {
    const at = rest.subarray(INDEX.length);
    const height = at.length === HEIGHT_BYTES
      ? { revisionNumber: bytesToU64(at), revisionHeight: bytesToU64(at, HEIGHT_BYTES / 2) }
      : undefined;
    return { id, kind: "index", height };
  }
  const name = decoder.decode(rest);
  if (name === "clientState") return { id, kind: "state" };
  return { id, kind: name === "connections" ? "connections" : "other" };
}

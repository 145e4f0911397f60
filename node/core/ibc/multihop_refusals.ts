import type { CodedError } from "../errors.ts";
import { err, type Result } from "../result.ts";

/** Codes of the codespace `multihop`. ICS-33 and ibc-go name none that are free in v10. Append-only. */
export const MULTIHOP_CODE = {
  /** A channel over too many connections, or over one. */
  hopCount: 1,
  /** The proof has not one entry of each kind for each chain on the way, or a key proof of another form. */
  elements: 2,
  /** A value that is not what stands under such a key. */
  malformed: 3,
  /** A proof about another key: another connection, client, store or chain. */
  wrongKey: 4,
  /** The Merkle proof does not show it. */
  notProven: 5,
  connectionNotOpen: 6,
  /** Only `07-tendermint` clients can be judged from outside. */
  unsupportedClient: 7,
  clientFrozen: 8,
  clientExpired: 9,
  staleRoot: 10,
  inconsistentHeight: 11,
  /** A channel is to be closed for a frozen client, and it is not frozen. */
  clientNotFrozen: 12,
} as const;

/** A refusal; `hop` counts the chains on the way from 1, the neighbour. */
export function refuseProof(
  code: keyof typeof MULTIHOP_CODE,
  detail: string,
  hop?: number,
): Result<never, CodedError> {
  const where = hop === undefined ? "verify multi-hop proof" : `verify multi-hop proof, hop ${hop}`;
  return err({ codespace: "multihop", code: MULTIHOP_CODE[code], message: `${where}: ${detail}` });
}

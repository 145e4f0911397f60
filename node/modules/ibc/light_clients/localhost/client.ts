/**
 * `09-localhost` (ICS-09): this chain as its own counterparty, so that two of its applications can talk over a channel. It
 * keeps nothing, and a proof is that the store says so (ibc-go v10 `09-localhost/light_client_module.go`).
 * @module
 */
import type { Context, CounterpartyProof } from "../../../../app/ports.ts";
import { equalBytes, utf8ToBytes } from "../../../../core/bytes.ts";
import { compareHeights, formatHeight, IBC_STORE_NAME, LOCALHOST_CLIENT_ID, refuse } from "../../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../../core/result.ts";
import { type LightClient, selfHeight } from "../../client/light_client.ts";

/** What a relayer writes in place of a proof. Treat as a constant. */
export const SENTINEL_PROOF: Uint8Array = Uint8Array.of(1);

const STORE = utf8ToBytes(IBC_STORE_NAME);
/** Longest key that is looked up; keys of this store have up to 256 bytes. */
const KEY_BYTES_MAX = 512;

/** What the store holds under the path. */
function lookUp(
  { view }: Context,
  { proof }: CounterpartyProof,
  path: readonly Uint8Array[],
): Result<Uint8Array | undefined> {
  if (!equalBytes(proof, SENTINEL_PROOF)) {
    return refuse("invalidProof", `verify localhost: expected the sentinel proof, got ${proof.length} bytes`);
  }
  const [store, key] = path;
  if (store === undefined || key === undefined || path.length !== 2) {
    return refuse("invalidPath", `path must be of length 2: it has ${path.length}`);
  }
  // ibc-go takes any store for this one; then a proven read of another would be answered from here.
  if (!equalBytes(store, STORE)) return refuse("invalidPath", `verify localhost: only ${IBC_STORE_NAME} can be read`);
  if (key.length === 0 || key.length > KEY_BYTES_MAX) {
    return refuse("invalidPath", `verify localhost: a key of ${key.length} bytes`);
  }
  return ok(view.get(IBC_STORE_NAME, key));
}

export const localhostClient: LightClient<never> = {
  clientType: LOCALHOST_CLIENT_ID,
  // Nothing stored and nothing sent has this type.
  clientStateTypeUrl: "",
  consensusStateTypeUrl: "",
  messageTypeUrls: [],
  genesis: undefined,

  validateClientState: () => refuse("clientExists", "localhost is stateless and cannot be initialized"),
  validateConsensusState: () => refuse("clientExists", "localhost is stateless and cannot be initialized"),
  decodeMessage: () => refuse("updateClientFailed", "client messages are unsupported by the localhost client"),
  initialize: () => refuse("clientExists", "localhost is stateless and cannot be initialized"),
  verifyClientMessage: () =>
    refuse("updateClientFailed", "client message verification is unsupported by the localhost client"),
  checkForMisbehaviour: () => false,
  updateStateOnMisbehaviour: () => undefined,
  updateState: ({ block }) => [selfHeight(block)],

  verifyMembership(context, _clientId, claim, path, value) {
    const found = lookUp(context, claim, path);
    if (!found.ok) return found;
    if (found.value === undefined) return refuse("failedMembership", "value not found for path");
    if (equalBytes(found.value, value)) return ok(undefined);
    return refuse("failedMembership", "value provided does not equal value stored at path");
  },
  verifyNonMembership(context, _clientId, claim, path) {
    const found = lookUp(context, claim, path);
    if (!found.ok) return found;
    return found.value === undefined ? ok(undefined) : refuse("failedNonMembership", "value found for path");
  },

  status: () => "Active",
  latestHeight: ({ block }) => selfHeight(block),
  // ibc-go takes any height, so that a relayer could say a packet is late before it is.
  timestampAtHeight({ block }, _clientId, height) {
    return compareHeights(height, selfHeight(block)) > 0
      ? refuse("consensusStateNotFound", `read localhost at ${formatHeight(height)}: that is still to come`)
      : ok(block.time);
  },
  recoverClient: () => refuse("updateClientFailed", "cannot update localhost client with a proposal"),
  verifyUpgradeAndUpdateState: () => refuse("invalidUpgradeClient", "cannot upgrade localhost client"),
};

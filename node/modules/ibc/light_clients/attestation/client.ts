/**
 * `10-attestation`: a chain of which m out of n keys attest height, time and state root. For chains without finality that a
 * light client can follow; who uses such a client trusts its attestors. Packets are proven as under any root.
 * @module
 */
import type { Context } from "../../../../app/ports.ts";
import { equalBytes } from "../../../../core/bytes.ts";
import { encode } from "../../../../core/codec/mod.ts";
import {
  AttestationClientStateCodec,
  AttestationConsensusStateCodec,
  checkAttestorKeys,
  formatHeight,
  type IbcHeight,
  refuse,
  ZERO_HEIGHT,
} from "../../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../../core/result.ts";
import { indexConsensusState } from "../../client/consensus_index.ts";
import { chargeMessage } from "../../client/gas.ts";
import type { LightClient, ProofBasis } from "../../client/light_client.ts";
import { merkleClaims } from "../../client/merkle_claims.ts";
import { genesisForms } from "./genesis.ts";
import {
  type AttestationMessage,
  type AttestedChain,
  decodeMessage,
  HEADER_TYPE_URL,
  isExpired,
  MISBEHAVIOUR_TYPE_URL,
  readConsensusState,
  readState,
  store,
} from "./state.ts";
import { checkForMisbehaviour, freeze, updateState, verifyMessage } from "./update.ts";

const CLIENT_TYPE = "10-attestation";

const latestHeight = ({ view }: Context, clientId: string): IbcHeight =>
  store.state(view, clientId)?.latestHeight ?? ZERO_HEIGHT;

function proofBasis({ view }: Context, clientId: string, height: IbcHeight): Result<ProofBasis> {
  const state = store.state(view, clientId);
  if (state === undefined) return refuse("clientNotFound", clientId);
  const known = store.consensusState(view, clientId, height);
  return known === undefined
    ? refuse("consensusStateNotFound", `height (${formatHeight(height)})`)
    : ok({ ...known, specs: state.proofSpecs });
}

/** Takes over everything but what the client is of: chain id and trees must be the same. */
function recover(context: Context, clientId: string, substituteId: string): Result<undefined> {
  const { view } = context;
  const subject = store.state(view, clientId);
  if (subject === undefined) return refuse("clientNotFound", clientId);
  const substitute = store.state(view, substituteId);
  if (substitute === undefined) return refuse("clientNotFound", substituteId);
  if (!equalBytes(fixedPart(subject), fixedPart(substitute))) {
    return refuse("invalidSubstitute", "subject client state does not match substitute client state");
  }
  const { latestHeight } = substitute;
  const known = store.consensusState(view, substituteId, latestHeight);
  if (known === undefined) {
    return refuse("consensusStateNotFound", "unable to retrieve latest consensus state for substitute client");
  }
  store.setConsensusState(view, clientId, latestHeight, known);
  indexConsensusState(context, clientId, latestHeight);
  store.setState(view, clientId, { ...substitute, frozenHeight: undefined });
  return ok(undefined);
}

const fixedPart = ({ chainId, proofSpecs }: AttestedChain): Uint8Array =>
  encode(AttestationClientStateCodec, { chainId, proofSpecs, trustingPeriod: 0n, maxClockDrift: 0n });

export const attestationClient: LightClient<AttestationMessage> = {
  clientType: CLIENT_TYPE,
  clientStateTypeUrl: AttestationClientStateCodec.typeUrl,
  consensusStateTypeUrl: AttestationConsensusStateCodec.typeUrl,
  messageTypeUrls: [HEADER_TYPE_URL, MISBEHAVIOUR_TYPE_URL],
  genesis: genesisForms,

  validateClientState: readState,
  validateConsensusState: readConsensusState,
  decodeMessage,

  initialize(context, clientId, clientState, consensusState) {
    const state = readState(clientState);
    if (!state.ok) return state;
    const consensus = readConsensusState(consensusState);
    if (!consensus.ok) return consensus;
    const { attestors, latestHeight: height } = state.value;
    chargeMessage(context, attestors.keys.length, 0);
    const keys = checkAttestorKeys(attestors);
    if (!keys.ok) return keys;
    store.setState(context.view, clientId, state.value);
    store.setConsensusState(context.view, clientId, height, consensus.value);
    indexConsensusState(context, clientId, height);
    return ok(undefined);
  },

  verifyClientMessage: verifyMessage,
  checkForMisbehaviour,
  updateStateOnMisbehaviour: freeze,
  updateState,

  ...merkleClaims({ latestHeight, proofBasis }),

  status({ view, block }, clientId) {
    const state = store.state(view, clientId);
    if (state === undefined) return "Unknown";
    if (state.frozenHeight !== undefined) return "Frozen";
    const latest = store.consensusState(view, clientId, state.latestHeight);
    return latest === undefined || isExpired(state, latest.timestamp, block.time) ? "Expired" : "Active";
  },
  latestHeight,
  timestampAtHeight(context, clientId, height) {
    const basis = proofBasis(context, clientId, height);
    return basis.ok ? ok(basis.value.timestamp) : basis;
  },
  proofBasis,

  recoverClient: recover,
  verifyUpgradeAndUpdateState: () => refuse("invalidUpgradeClient", "cannot upgrade attestation client"),
};

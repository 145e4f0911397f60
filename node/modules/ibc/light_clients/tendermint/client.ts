/** `07-tendermint` (ICS-07): a chain that CometBFT's light client can follow. @module */
import type { Context, CounterpartyProof } from "../../../../app/ports.ts";
import { ConsensusState as ConsensusStateCodec } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import type { MerkleProof } from "cosmjs-types/ibc/core/commitment/v1/commitment";
import {
  ClientStateCodec,
  decodeMerkleProof,
  formatHeight,
  type IbcHeight,
  isZeroHeight,
  refuse,
  verifyMerkleMembership,
  verifyMerkleNonMembership,
  ZERO_HEIGHT,
} from "../../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../../core/result.ts";
import { timestampToNanos } from "../../../../core/time.ts";
import { checkDelay, indexConsensusState } from "../../client/consensus_index.ts";
import { chargeProof } from "../../client/gas.ts";
import type { LightClient, ProofBasis } from "../../client/light_client.ts";
import { decodeMessage, HEADER_TYPE_URL, MISBEHAVIOUR_TYPE_URL, type TendermintMessage } from "./message.ts";
import { recover } from "./recover.ts";
import { checkProofHeight, isExpired, readConsensusState, readState, store } from "./state.ts";
import { checkForMisbehaviour, freeze, updateState } from "./update.ts";
import { verifyUpgrade } from "./upgrade.ts";
import { verifyMessage } from "./verify.ts";

/** Proof and root; charges for the proof. */
function readProof(
  context: Context,
  clientId: string,
  claim: CounterpartyProof,
): Result<{ readonly basis: ProofBasis; readonly proof: MerkleProof }> {
  const state = store.state(context.view, clientId);
  if (state === undefined) return refuse("clientNotFound", clientId);
  const known = checkProofHeight(state, claim.height);
  if (!known.ok) return known;
  const delay = checkDelay(context, clientId, claim);
  if (!delay.ok) return delay;
  chargeProof(context, claim.proof);
  const proof = decodeMerkleProof(claim.proof);
  if (!proof.ok) return proof;
  const basis = proofBasis(context, clientId, claim.height);
  return basis.ok ? ok({ basis: basis.value, proof: proof.value }) : basis;
}

function proofBasis({ view }: Context, clientId: string, height: IbcHeight): Result<ProofBasis> {
  const state = store.state(view, clientId);
  if (state === undefined) return refuse("clientNotFound", clientId);
  const consensus = store.consensusState(view, clientId, height);
  if (consensus === undefined) {
    const detail = "please ensure the proof was constructed against a height that exists on the client";
    return refuse("consensusStateNotFound", detail);
  }
  const { root, timestamp } = consensus;
  return ok({ root: root.hash, specs: state.proofSpecs, timestamp: timestampToNanos(timestamp) });
}

export const tendermintClient: LightClient<TendermintMessage> = {
  clientType: "07-tendermint",
  clientStateTypeUrl: ClientStateCodec.typeUrl,
  consensusStateTypeUrl: ConsensusStateCodec.typeUrl,
  messageTypeUrls: [HEADER_TYPE_URL, MISBEHAVIOUR_TYPE_URL],

  validateClientState(bytes) {
    const state = readState(bytes);
    return state.ok ? ok(undefined) : state;
  },
  validateConsensusState(bytes) {
    const state = readConsensusState(bytes);
    return state.ok ? ok(undefined) : state;
  },
  decodeMessage,

  initialize(context, clientId, clientState, consensusState) {
    const state = readState(clientState);
    if (!state.ok) return state;
    const consensus = readConsensusState(consensusState);
    if (!consensus.ok) return consensus;
    const { latestHeight } = state.value;
    store.setState(context.view, clientId, state.value);
    store.setConsensusState(context.view, clientId, latestHeight, consensus.value);
    indexConsensusState(context, clientId, latestHeight);
    return ok(undefined);
  },

  verifyClientMessage: verifyMessage,
  checkForMisbehaviour,
  updateStateOnMisbehaviour: freeze,
  updateState,

  verifyMembership(context, clientId, claim, path, value) {
    const read = readProof(context, clientId, claim);
    if (!read.ok) return read;
    const { basis, proof } = read.value;
    return verifyMerkleMembership(basis.specs, basis.root, proof, path, value);
  },
  verifyNonMembership(context, clientId, claim, path) {
    const read = readProof(context, clientId, claim);
    if (!read.ok) return read;
    const { basis, proof } = read.value;
    return verifyMerkleNonMembership(basis.specs, basis.root, proof, path);
  },

  status({ view, block }, clientId) {
    const state = store.state(view, clientId);
    if (state === undefined) return "Unknown";
    if (!isZeroHeight(state.frozenHeight)) return "Frozen";
    const latest = store.consensusState(view, clientId, state.latestHeight);
    // Without its latest consensus state a client must have expired: it was pruned.
    return latest === undefined || isExpired(state, latest, block.time) ? "Expired" : "Active";
  },
  latestHeight: ({ view }, clientId) => store.state(view, clientId)?.latestHeight ?? ZERO_HEIGHT,
  timestampAtHeight({ view }, clientId, height) {
    if (store.state(view, clientId) === undefined) return refuse("clientNotFound", clientId);
    const consensus = store.consensusState(view, clientId, height);
    return consensus === undefined
      ? refuse("consensusStateNotFound", `height (${formatHeight(height)})`)
      : ok(timestampToNanos(consensus.timestamp));
  },
  proofBasis,

  recoverClient: recover,
  verifyUpgradeAndUpdateState: verifyUpgrade,
};

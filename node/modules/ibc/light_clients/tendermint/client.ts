/** `07-tendermint` (ICS-07): a chain that CometBFT's light client can follow. @module */
import type { Context } from "../../../../app/ports.ts";
import { ConsensusState as ConsensusStateCodec } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import {
  ClientStateCodec,
  formatHeight,
  type IbcHeight,
  isZeroHeight,
  refuse,
  ZERO_HEIGHT,
} from "../../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../../core/result.ts";
import { timestampToNanos } from "../../../../core/time.ts";
import { indexConsensusState } from "../../client/consensus_index.ts";
import type { LightClient, ProofBasis } from "../../client/light_client.ts";
import { merkleClaims } from "../../client/merkle_claims.ts";
import { genesisForms } from "./genesis.ts";
import { decodeMessage, HEADER_TYPE_URL, MISBEHAVIOUR_TYPE_URL, type TendermintMessage } from "./message.ts";
import { recover } from "./recover.ts";
import { isExpired, readConsensusState, readState, readStoredConsensusState, store } from "./state.ts";
import { checkForMisbehaviour, freeze, updateState } from "./update.ts";
import { verifyUpgrade } from "./upgrade.ts";
import { verifyMessage } from "./verify.ts";

const latestHeight = ({ view }: Context, clientId: string): IbcHeight =>
  store.state(view, clientId)?.latestHeight ?? ZERO_HEIGHT;

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
  genesis: { ...genesisForms, validateStored: readStoredConsensusState },

  validateClientState: readState,
  validateConsensusState: readConsensusState,
  decodeMessage,

  initialize(context, clientId, clientState, consensusState) {
    const state = readState(clientState);
    if (!state.ok) return state;
    const consensus = readConsensusState(consensusState);
    if (!consensus.ok) return consensus;
    const { latestHeight: height } = state.value;
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
    if (!isZeroHeight(state.frozenHeight)) return "Frozen";
    const latest = store.consensusState(view, clientId, state.latestHeight);
    // Without its latest consensus state a client must have expired: it was pruned.
    return latest === undefined || isExpired(state, latest, block.time) ? "Expired" : "Active";
  },
  latestHeight,
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

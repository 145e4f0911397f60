/**
 * Following a chain to its next revision: the old one commits to the client state of the new one, and to its first
 * validators, under the upgrade path (ibc-go v10 `07-tendermint/upgrade.go`).
 * @module
 */
import type { Context } from "../../../../app/ports.ts";
import { ConsensusState as ConsensusStateCodec } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { utf8ToBytes } from "../../../../core/bytes.ts";
import {
  ClientStateCodec,
  compareHeights,
  decodeClientState,
  decodeMerkleProof,
  formatHeight,
  refuse,
  type TendermintClientState,
  verifyMerkleMembership,
  wrapRefusal,
  ZERO_HEIGHT,
} from "../../../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../../../core/result.ts";
import { durationToNanos, nanosToDuration } from "../../../../core/time.ts";
import { encodeAny } from "../../client/client_store.ts";
import { indexConsensusState } from "../../client/consensus_index.ts";
import { chargeProof } from "../../client/gas.ts";
import type { ClientUpgrade } from "../../client/light_client.ts";
import {
  type ConsensusState,
  decodeConsensusState,
  isTimestamp,
  store,
  validateState,
  zeroCustomFields,
} from "./state.ts";

/** Root of the first consensus state after an upgrade: it is not known, and no proof leads to these bytes. */
const SENTINEL_ROOT = utf8ToBytes("sentinel_root");

/** Refused unless the last known height of the old revision commits to both states. */
export function verifyUpgrade(context: Context, clientId: string, upgrade: ClientUpgrade): Result<undefined> {
  const committed = decodeClientState(upgrade.clientState);
  if (!committed.ok) return refuse("invalidClient", committed.error.message);
  const consensusState = decodeConsensusState(upgrade.consensusState);
  if (!consensusState.ok) return consensusState;
  const state = store.state(context.view, clientId);
  if (state === undefined) return refuse("clientNotFound", clientId);
  const { latestHeight } = committed.value;
  if (compareHeights(latestHeight, state.latestHeight) <= 0) {
    const detail = `upgraded client height ${formatHeight(latestHeight)} must be at greater than current client height`;
    return refuse("invalidHeight", `${detail} ${formatHeight(state.latestHeight)}`);
  }
  const proven = verifyProofs(context, clientId, state, committed.value, consensusState.value, upgrade);
  if (!proven.ok) return proven;
  const next = upgradedState(state, committed.value);
  const valid = validateState(next);
  if (!valid.ok) return err(wrapRefusal(valid.error, "updated client state failed basic validation"));
  // Also ibc-go takes it as it is, but there the codec refuses what is no time.
  if (!isTimestamp(consensusState.value.timestamp)) {
    return refuse("invalidConsensus", "timestamp must be a positive Unix time");
  }
  store.setState(context.view, clientId, next);
  const root = { hash: SENTINEL_ROOT };
  store.setConsensusState(context.view, clientId, latestHeight, { ...consensusState.value, root });
  indexConsensusState(context, clientId, latestHeight);
  return ok(undefined);
}

function verifyProofs(
  context: Context,
  clientId: string,
  state: TendermintClientState,
  committed: TendermintClientState,
  consensusState: ConsensusState,
  { proofClient, proofConsensusState }: ClientUpgrade,
): Result<undefined> {
  if (state.upgradePath.length === 0) {
    return refuse("invalidUpgradeClient", "cannot upgrade client, no upgrade path set");
  }
  const last = store.consensusState(context.view, clientId, state.latestHeight);
  if (last === undefined) {
    return refuse("consensusStateNotFound", "could not retrieve consensus state for lastHeight");
  }
  const claims = [
    ["upgradedClient", proofClient, encodeAny(ClientStateCodec, zeroCustomFields(committed))],
    ["upgradedConsState", proofConsensusState, encodeAny(ConsensusStateCodec, consensusState)],
  ] as const;
  for (const [name, bytes, value] of claims) {
    chargeProof(context, bytes);
    const proof = decodeMerkleProof(bytes);
    if (!proof.ok) return proof;
    const path = upgradePath(state, name);
    const shown = verifyMerkleMembership(state.proofSpecs, last.root.hash, proof.value, path, value);
    if (!shown.ok) return err(wrapRefusal(shown.error, `${name} proof failed`));
  }
  return ok(undefined);
}

/** The path with the last height of the old revision and the name of what is there in its last key. */
function upgradePath({ upgradePath, latestHeight }: TendermintClientState, name: string): Uint8Array[] {
  const keys = upgradePath.slice(0, -1);
  return [...keys, `${upgradePath.at(-1)!}/${latestHeight.revisionHeight}/${name}`].map(utf8ToBytes);
}

/** What the chain chose comes from the committed state, what the client chose stays. */
function upgradedState(state: TendermintClientState, committed: TendermintClientState): TendermintClientState {
  const [before, after] = [durationToNanos(state.unbondingPeriod), durationToNanos(committed.unbondingPeriod)];
  const trusting = durationToNanos(state.trustingPeriod);
  return {
    chainId: committed.chainId,
    trustLevel: state.trustLevel,
    trustingPeriod: after < before ? nanosToDuration((trusting * after) / before) : state.trustingPeriod,
    unbondingPeriod: committed.unbondingPeriod,
    maxClockDrift: state.maxClockDrift,
    frozenHeight: ZERO_HEIGHT,
    latestHeight: committed.latestHeight,
    proofSpecs: committed.proofSpecs,
    upgradePath: committed.upgradePath,
    allowUpdateAfterExpiry: false,
    allowUpdateAfterMisbehaviour: false,
  };
}

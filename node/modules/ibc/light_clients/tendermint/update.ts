/**
 * What a believed message changes in a `07-tendermint` client (ibc-go v10 `07-tendermint/update.go`,
 * `misbehaviour_handle.go`).
 * @module
 */
import type { Context } from "../../../../app/ports.ts";
import { equalBytes } from "../../../../core/bytes.ts";
import { compareHeights, type IbcHeight } from "../../../../core/ibc/mod.ts";
import { timestampToNanos } from "../../../../core/time.ts";
import {
  deleteConsensusState,
  heightAfter,
  heightBefore,
  indexConsensusState,
  lowestHeight,
} from "../../client/consensus_index.ts";
import type { TendermintHeader, TendermintMessage } from "./message.ts";
import { type ConsensusState, FROZEN_HEIGHT, isExpired, store } from "./state.ts";

const timeOf = ({ timestamp }: ConsensusState) => timestampToNanos(timestamp);

const consensusStateOf = ({ header }: TendermintHeader): ConsensusState => ({
  timestamp: header.time,
  root: { hash: header.appHash },
  nextValidatorsHash: header.nextValidatorsHash,
});

const isSame = (a: ConsensusState, b: ConsensusState) =>
  timeOf(a) === timeOf(b) && equalBytes(a.root.hash, b.root.hash) &&
  equalBytes(a.nextValidatorsHash, b.nextValidatorsHash);

/** Another state known at the header's height, a time not between its neighbours', or evidence that is some. */
export function checkForMisbehaviour({ view }: Context, clientId: string, message: TendermintMessage): boolean {
  if (message.type === "misbehaviour") return isEvidence(message.header1, message.header2);
  const { height } = message.header;
  const state = consensusStateOf(message.header);
  const known = store.consensusState(view, clientId, height);
  if (known !== undefined) return !isSame(known, state);
  const [before, after] = [heightBefore(view, clientId, height), heightAfter(view, clientId, height)];
  const timeAt = (at: IbcHeight) => timeOf(store.indexedState(view, clientId, at));
  return (before !== undefined && timeAt(before) >= timeOf(state)) ||
    (after !== undefined && timeAt(after) <= timeOf(state));
}

/** Two blocks at one height, or a later one that is not later in time. */
function isEvidence(header1: TendermintHeader, header2: TendermintHeader): boolean {
  if (compareHeights(header1.height, header2.height) === 0) {
    return !equalBytes(header1.commit.blockId.hash, header2.commit.blockId.hash);
  }
  return timestampToNanos(header1.header.time) <= timestampToNanos(header2.header.time);
}

export function freeze({ view }: Context, clientId: string): void {
  store.setState(view, clientId, { ...store.stateOf(view, clientId), frozenHeight: FROZEN_HEIGHT });
}

/**
 * Stores the header's consensus state unless its height is known, after forgetting the lowest one when it has expired.
 * Evidence that turned out to be none changes nothing.
 */
export function updateState(context: Context, clientId: string, message: TendermintMessage): readonly IbcHeight[] {
  if (message.type === "misbehaviour") return [];
  const { view } = context;
  const { height } = message.header;
  const state = store.stateOf(view, clientId);
  const lowest = lowestHeight(view, clientId);
  if (lowest !== undefined && isExpired(state, store.indexedState(view, clientId, lowest), context.block.time)) {
    deleteConsensusState(view, clientId, lowest);
  }
  if (store.consensusState(view, clientId, height) !== undefined) return [height];
  const latestHeight = compareHeights(height, state.latestHeight) > 0 ? height : state.latestHeight;
  store.setState(view, clientId, { ...state, latestHeight });
  store.setConsensusState(view, clientId, height, consensusStateOf(message.header));
  indexConsensusState(context, clientId, height);
  return [height];
}

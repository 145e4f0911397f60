/** Giving a frozen or expired `07-tendermint` client the state of another one (ibc-go v10 `proposal_handle.go`). @module */
import type { Context } from "../../../../app/ports.ts";
import { equalBytes } from "../../../../core/bytes.ts";
import { encodeClientState, refuse, type TendermintClientState, ZERO_HEIGHT } from "../../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../../core/result.ts";
import { indexConsensusState, processedHeight, processedTime } from "../../client/consensus_index.ts";
import { store } from "./state.ts";

/** Takes over heights, chain id and trusting period; every other parameter must be the same. */
export function recover(context: Context, clientId: string, substituteId: string): Result<undefined> {
  const { view } = context;
  const subject = store.state(view, clientId);
  if (subject === undefined) return refuse("clientNotFound", clientId);
  const substitute = store.state(view, substituteId);
  if (substitute === undefined) return refuse("clientNotFound", substituteId);
  if (!equalBytes(fixedPart(subject), fixedPart(substitute))) {
    return refuse("invalidSubstitute", "subject client state does not match substitute client state");
  }
  const { latestHeight, chainId, trustingPeriod } = substitute;
  const consensusState = store.consensusState(view, substituteId, latestHeight);
  if (consensusState === undefined) {
    return refuse("consensusStateNotFound", "unable to retrieve latest consensus state for substitute client");
  }
  const [time, height] = [
    processedTime(view, substituteId, latestHeight),
    processedHeight(view, substituteId, latestHeight),
  ];
  if (time === undefined || height === undefined) {
    return refuse("updateClientFailed", "unable to retrieve metadata of the substitute client's latest height");
  }
  store.setConsensusState(view, clientId, latestHeight, consensusState);
  indexConsensusState(context, clientId, latestHeight, { time, height });
  store.setState(view, clientId, { ...subject, frozenHeight: ZERO_HEIGHT, latestHeight, chainId, trustingPeriod });
  return ok(undefined);
}

/** What may not differ between the two. */
const fixedPart = (state: TendermintClientState): Uint8Array =>
  encodeClientState({
    ...state,
    chainId: "",
    trustingPeriod: { seconds: 0n, nanos: 0 },
    frozenHeight: ZERO_HEIGHT,
    latestHeight: ZERO_HEIGHT,
    allowUpdateAfterExpiry: true,
    allowUpdateAfterMisbehaviour: true,
  });

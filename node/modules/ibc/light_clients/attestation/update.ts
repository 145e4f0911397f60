/** Whether a `10-attestation` client believes a message, and what it changes. @module */
import type { Context } from "../../../../app/ports.ts";
import { equalBytes } from "../../../../core/bytes.ts";
import {
  type AttestationConsensusState,
  type AttestationHeader,
  attestationsConflict,
  checkAttestation,
  checkAttestorKeys,
  compareHeights,
  type IbcHeight,
  refuse,
  wrapRefusal,
} from "../../../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../../../core/result.ts";
import {
  deleteConsensusState,
  heightAfter,
  heightBefore,
  indexConsensusState,
  lowestHeight,
} from "../../client/consensus_index.ts";
import { chargeMessage } from "../../client/gas.ts";
import { type AttestationMessage, type AttestedChain, heightOf, isExpired, store } from "./state.ts";

/** What every frozen client is frozen at, whatever the height of the misbehaviour. */
const FROZEN_HEIGHT: IbcHeight = { revisionNumber: 0n, revisionHeight: 1n };

/** Charges for the signatures before any is verified. */
export function verifyMessage(context: Context, clientId: string, message: AttestationMessage): Result<undefined> {
  const state = store.state(context.view, clientId);
  if (state === undefined) return refuse("clientNotFound", clientId);
  if (message.type === "header") {
    const time = checkTime(context, state, message.header);
    return time.ok ? verifyAttestation(context, state, message.header) : time;
  }
  for (const [i, header] of [message.header1, message.header2].entries()) {
    const verified = verifyAttestation(context, state, header);
    if (!verified.ok) return err(wrapRefusal(verified.error, `verifying attestation ${i + 1} in Misbehaviour failed`));
  }
  return ok(undefined);
}

/** Not from the future, and still good: what has expired was forgotten, and shall not come back. */
function checkTime({ block }: Context, state: AttestedChain, { timestamp }: AttestationHeader): Result<undefined> {
  const ahead = timestamp - block.time;
  if (ahead >= state.maxClockDrift) return refuse("attestationTime", `its time is ${ahead} ns ahead of this chain's`);
  return isExpired(state, timestamp, block.time) ? refuse("attestationTime", "it has expired") : ok(undefined);
}

function verifyAttestation(context: Context, state: AttestedChain, header: AttestationHeader): Result<undefined> {
  const { nextAttestors, signatures } = header;
  // Judging a key costs as much as a signature of it.
  chargeMessage(context, signatures.length + (nextAttestors?.keys.length ?? 0), state.attestors.keys.length);
  const signed = checkAttestation(state.chainId, state.attestors, header);
  return signed.ok && nextAttestors !== undefined ? checkAttestorKeys(nextAttestors) : signed;
}

const isSame = (known: AttestationConsensusState, { timestamp, root }: AttestationHeader) =>
  known.timestamp === timestamp && equalBytes(known.root, root);

/** Another state known at that height, a time not between its neighbours', or evidence that is some. */
export function checkForMisbehaviour({ view }: Context, clientId: string, message: AttestationMessage): boolean {
  if (message.type === "misbehaviour") return attestationsConflict(message.header1, message.header2);
  const { header } = message;
  const height = heightOf(store.stateOf(view, clientId), header.height);
  const known = store.consensusState(view, clientId, height);
  if (known !== undefined) return !isSame(known, header);
  const [before, after] = [heightBefore(view, clientId, height), heightAfter(view, clientId, height)];
  const timeAt = (at: IbcHeight) => store.indexedState(view, clientId, at).timestamp;
  return (before !== undefined && timeAt(before) >= header.timestamp) ||
    (after !== undefined && timeAt(after) <= header.timestamp);
}

export function freeze({ view }: Context, clientId: string): void {
  store.setState(view, clientId, { ...store.stateOf(view, clientId), frozenHeight: FROZEN_HEIGHT });
}

/**
 * Stores root and time unless the height is known, after forgetting the lowest height when it has expired. The attestors
 * change only above the latest height: an older attestation, brought again, takes nothing back.
 */
export function updateState(context: Context, clientId: string, message: AttestationMessage): readonly IbcHeight[] {
  if (message.type === "misbehaviour") return [];
  const { view, block } = context;
  const { height: revisionHeight, timestamp, root, nextAttestors } = message.header;
  const state = store.stateOf(view, clientId);
  const height = heightOf(state, revisionHeight);
  const lowest = lowestHeight(view, clientId);
  if (lowest !== undefined && isExpired(state, store.indexedState(view, clientId, lowest).timestamp, block.time)) {
    deleteConsensusState(view, clientId, lowest);
  }
  if (store.consensusState(view, clientId, height) !== undefined) return [height];
  if (compareHeights(height, state.latestHeight) > 0) {
    const attestors = nextAttestors ?? state.attestors;
    store.setState(view, clientId, { ...state, attestors, latestHeight: height });
  }
  store.setConsensusState(view, clientId, height, { timestamp, root });
  indexConsensusState(context, clientId, height);
  return [height];
}

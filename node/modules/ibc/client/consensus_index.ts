/**
 * What is kept about each consensus state beside itself: when this chain learnt it, and an index in the order of heights
 * (ibc-go v10 `07-tendermint/store.go`).
 * @module
 */
import type { Context, CounterpartyProof } from "../../../app/ports.ts";
import { bytesToU64, prefixEnd, u64ToBytes, utf8ToBytes } from "../../../core/bytes.ts";
import { compareHeights, formatHeight, type IbcHeight, parseHeight, refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { PageRequest, StateReader, StateView } from "../../../state/view.ts";
import {
  consensusStateKey,
  iterationKey,
  iterationPrefix,
  processedHeightKey,
  processedTimeKey,
  STORE,
} from "./keys.ts";
import { selfHeight } from "./light_client.ts";

/** When this chain learnt a consensus state: nanoseconds, and its own height. */
export interface Processed {
  readonly time: bigint;
  readonly height: IbcHeight;
}

/** Notes that a consensus state was learnt, now unless another moment is given. */
export function indexConsensusState(
  { view, block }: Pick<Context, "view" | "block">,
  clientId: string,
  height: IbcHeight,
  processed: Processed = { time: block.time, height: selfHeight(block) },
): void {
  view.set(STORE, processedTimeKey(clientId, height), u64ToBytes(processed.time));
  view.set(STORE, processedHeightKey(clientId, height), utf8ToBytes(formatHeight(processed.height)));
  view.set(STORE, iterationKey(clientId, height), utf8ToBytes(`consensusStates/${formatHeight(height)}`));
}

/** Forgets a consensus state and all about it. */
export function deleteConsensusState(view: StateView, clientId: string, height: IbcHeight): void {
  view.delete(STORE, consensusStateKey(clientId, height));
  view.delete(STORE, processedTimeKey(clientId, height));
  view.delete(STORE, processedHeightKey(clientId, height));
  view.delete(STORE, iterationKey(clientId, height));
}

/** Nanoseconds; undefined for a consensus state that is not there. */
export function processedTime(view: StateReader, clientId: string, height: IbcHeight): bigint | undefined {
  const bytes = view.get(STORE, processedTimeKey(clientId, height));
  return bytes && bytesToU64(bytes);
}

export function processedHeight(view: StateReader, clientId: string, height: IbcHeight): IbcHeight | undefined {
  const bytes = view.get(STORE, processedHeightKey(clientId, height));
  const parsed = bytes && parseHeight(new TextDecoder().decode(bytes));
  return parsed?.ok ? parsed.value : undefined;
}

/** The lowest height of a client. */
export const lowestHeight = (view: StateReader, clientId: string): IbcHeight | undefined =>
  firstOf(view, clientId, { start: iterationPrefix(clientId) });

/** The highest known height below `height`. */
export const heightBefore = (view: StateReader, clientId: string, height: IbcHeight): IbcHeight | undefined =>
  firstOf(view, clientId, { start: iterationPrefix(clientId), end: iterationKey(clientId, height), reverse: true });

/** The lowest known height above `height`. */
export function heightAfter(view: StateReader, clientId: string, height: IbcHeight): IbcHeight | undefined {
  const start = Uint8Array.of(...iterationKey(clientId, height), 0);
  return firstOf(view, clientId, { start });
}

function firstOf(view: StateReader, clientId: string, page: Omit<PageRequest, "limit">): IbcHeight | undefined {
  const prefix = iterationPrefix(clientId);
  const [entry] = view.page(STORE, { end: prefixEnd(prefix), ...page, limit: 1 });
  return entry && {
    revisionNumber: bytesToU64(entry[0], prefix.length),
    revisionHeight: bytesToU64(entry[0], prefix.length + 8),
  };
}

/** Refused until the delays of `proof` have passed since the consensus state was learnt; both ends count as passed. */
export function checkDelay(
  { view, block }: Context,
  clientId: string,
  { height, delayTime, delayBlocks }: CounterpartyProof,
): Result<undefined> {
  if (delayTime !== 0n) {
    const time = processedTime(view, clientId, height);
    if (time === undefined) {
      return refuse("processedTimeNotFound", `processed time not found for height: ${formatHeight(height)}`);
    }
    if (block.time < time + delayTime) {
      const detail = `cannot verify packet until time: ${time + delayTime}, current time: ${block.time}`;
      return refuse("delayPeriodNotPassed", detail);
    }
  }
  if (delayBlocks !== 0n) {
    const learnt = processedHeight(view, clientId, height);
    if (learnt === undefined) {
      return refuse("processedHeightNotFound", `processed height not found for height: ${formatHeight(height)}`);
    }
    const until = { ...learnt, revisionHeight: learnt.revisionHeight + delayBlocks };
    const current = selfHeight(block);
    if (compareHeights(current, until) < 0) {
      const detail = `cannot verify packet until height: ${formatHeight(until)}, current height: ${
        formatHeight(current)
      }`;
      return refuse("delayPeriodNotPassed", detail);
    }
  }
  return ok(undefined);
}

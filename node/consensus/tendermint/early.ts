/** Messages for the next height: kept within bounds until it begins, because nobody repeats them soon. @module */
import type { PeerId } from "../input.ts";
import type { Work } from "./_work.ts";
import { askHelp } from "./gossip.ts";
import type { TendermintMessage } from "./messages.ts";
import type { EarlyMessage } from "./state.ts";

/** In all, and of one peer. Votes are a few hundred bytes; proposals carry blocks. */
const EARLY_VOTES_MAX = 1024;
const EARLY_VOTES_PER_PEER_MAX = 128;
const EARLY_PROPOSALS_MAX = 4;

/** Keeps a message of `height`, later than ours, if it is for the very next one and there is room. */
export function keepEarly(work: Work, from: PeerId, message: TendermintMessage, height: bigint): void {
  const { h, state } = work;
  if (h.decision === undefined) askHelp(work, from);
  if (height !== h.context.height + 1n) return;
  const same = state.early.filter((other) => other.message.type === message.type);
  const ofPeer = same.filter((other) => other.from === from).length;
  if (message.type === "proposal" && (same.length >= EARLY_PROPOSALS_MAX || ofPeer > 0)) return;
  if (same.length >= EARLY_VOTES_MAX || ofPeer >= EARLY_VOTES_PER_PEER_MAX) return;
  state.early = [...state.early, { from, message }];
}

/** Hands over what was kept for the height that begins now. */
export function takeEarly(work: Work): readonly EarlyMessage[] {
  const { early } = work.state;
  work.state.early = [];
  return early;
}

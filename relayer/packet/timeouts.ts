/** Whether a packet can still be received (ICS-04 "Timeouts"; ibc-go `04-channel/types/timeout.go`). @module */
import { compareHeights, isZeroHeight } from "../../node/core/ibc/mod.ts";
import { NANOS_PER_MS } from "../../node/core/time.ts";
import type { Head, PacketRecord } from "./types.ts";

type Timeouts = Pick<PacketRecord, "timeoutHeight" | "timeoutTimestamp">;

/** Whether a block of that height and time is past the timeout: it cannot receive the packet, and its header proves so. */
export function hasElapsed({ timeoutHeight, timeoutTimestamp }: Timeouts, head: Head): boolean {
  const height = { revisionNumber: head.revision, revisionHeight: head.height };
  return (!isZeroHeight(timeoutHeight) && compareHeights(height, timeoutHeight) >= 0) ||
    (timeoutTimestamp !== 0n && head.timeNanos >= timeoutTimestamp);
}

/**
 * `open`: a transaction sent now is in time; `closing`: it would be too late, and nothing can be proven yet; `elapsed`:
 * the newest header proves that the packet cannot be received any more. The time of the chain is estimated from when we
 * learnt of its newest block, so that a wrong clock of ours does no harm.
 */
export function timeoutState(
  timeouts: Timeouts,
  head: Head,
  nowMs: number,
  marginMs: number,
): "open" | "closing" | "elapsed" {
  if (hasElapsed(timeouts, head)) return "elapsed";
  const passedMs = Math.max(0, nowMs - head.seenMs);
  const next: Head = {
    ...head,
    height: head.height + 1n,
    timeNanos: head.timeNanos + BigInt(Math.ceil(passedMs + marginMs)) * NANOS_PER_MS,
  };
  return hasElapsed(timeouts, next) ? "closing" : "open";
}

/** When a packet is late (ibc-go `04-channel/types/timeout.go`). @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { compareHeights, formatHeight, type IbcHeight, isZeroHeight, refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { CounterpartyMoment } from "./proof_verifier.ts";

type Timeout = Pick<Packet, "timeoutHeight" | "timeoutTimestamp">;

/** Undefined: not reached. */
function elapsed({ timeoutHeight, timeoutTimestamp }: Timeout, { height, timestamp }: CounterpartyMoment) {
  if (!isZeroHeight(timeoutHeight) && compareHeights(height, timeoutHeight) >= 0) {
    return `it is height ${formatHeight(height)}, its last was before ${formatHeight(timeoutHeight)}`;
  }
  if (timeoutTimestamp !== 0n && timestamp >= timeoutTimestamp) {
    return `it is ${timestamp}, its last moment was before ${timeoutTimestamp}`;
  }
  return undefined;
}

/** Refused when the packet is late at that moment: height or timestamp has reached its timeout. */
export function checkNotElapsed(timeout: Timeout, moment: CounterpartyMoment): Result<undefined> {
  const late = elapsed(timeout, moment);
  return late === undefined ? ok(undefined) : refuse("timeoutElapsed", `check timeout: ${late}`);
}

/** Refused when the packet is not late at that moment. */
export function checkElapsed(timeout: Timeout, moment: CounterpartyMoment): Result<undefined> {
  if (elapsed(timeout, moment) !== undefined) return ok(undefined);
  const { height, timestamp } = moment;
  const limits = `${formatHeight(timeout.timeoutHeight as IbcHeight)} or ${timeout.timeoutTimestamp}`;
  return refuse(
    "timeoutNotReached",
    `check timeout: ${limits} is not reached at ${formatHeight(height)}, ${timestamp}`,
  );
}

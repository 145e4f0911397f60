/**
 * Evidence against a chain that has sealed two histories. What convinces a client of type `07-tendermint` is one of: two
 * headers of one height, two headers whose times do not go with their heights, or a valid header of a height at which the
 * client believes something else (ibc-go `CheckForMisbehaviour`).
 * @module
 */
import type { Header, Misbehaviour } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { equalBytes } from "../../node/core/bytes.ts";
import type { CodedError } from "../../node/core/errors.ts";
import { compareHeights, type IbcHeight } from "../../node/core/ibc/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { timestampToNanos } from "../../node/core/time.ts";
import { hashHeader } from "../../node/core/types/mod.ts";
import { LIGHT_RELAYER_CODE } from "./client.ts";

const refuse = (code: keyof typeof LIGHT_RELAYER_CODE, message: string): Result<never, CodedError> =>
  err({ codespace: "light_relayer", code: LIGHT_RELAYER_CODE[code], message });

/**
 * Two headers that contradict each other, the higher first; each keeps the trusted height it came with, which the client
 * must have a consensus state of. Refused when they can both be true.
 */
export function misbehaviourOf(clientId: string, one: Header, other: Header): Result<Misbehaviour> {
  const [a, b] = [one.signedHeader?.header, other.signedHeader?.header];
  if (a === undefined || b === undefined) return refuse("malformed", "make evidence: a header is missing");
  const [[header1, high], [header2, low]] = a.height >= b.height ? [[one, a], [other, b]] : [[other, b], [one, a]];
  const conflict = high.height === low.height
    ? !equalBytes(hashHeader(high), hashHeader(low))
    : timestampToNanos(high.time) <= timestampToNanos(low.time);
  if (!conflict) {
    return refuse("noConflict", `make evidence: headers ${high.height} and ${low.height} can both be true`);
  }
  return ok({ clientId, header1, header2 });
}

/** The highest height of those that is below `height`: from there a header of that height can be verified. */
export function trustedBelow(heights: readonly IbcHeight[], height: IbcHeight): IbcHeight | undefined {
  return heights
    .filter((one) => one.revisionNumber === height.revisionNumber && compareHeights(one, height) < 0)
    .reduce<IbcHeight | undefined>((best, one) => best && compareHeights(best, one) >= 0 ? best : one, undefined);
}

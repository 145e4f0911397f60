/**
 * How a walk over untrusted bytes ends early: thrown inside of this folder only, and caught at its doors, which answer with
 * the verdict.
 * @module
 */
import { DENIED_FEATURES, type DeniedFeature } from "./features.ts";
import type { Verdict } from "./module.ts";

export class Refused extends Error {
  override readonly name = "Refused";
  readonly verdict: Verdict;

  constructor(verdict: Verdict) {
    super(verdict.message);
    this.verdict = verdict;
  }
}

/** Ends the walk: the bytes are no module (specification, chapter 5). */
export function malformed(code: string, message: string, offset: number): never {
  throw new Refused({ kind: "malformed", code, message, offset });
}

/** Ends the walk: a module, but not a valid one (specification, chapter 3). */
export function invalid(code: string, message: string, offset: number | undefined): never {
  throw new Refused({ kind: "invalid", code, message, offset });
}

/** Ends the walk: more than this engine takes. */
export function beyond(code: string, what: string, found: number, most: number, offset: number | undefined): never {
  throw new Refused(limitVerdict(code, what, found, most, offset));
}

/** The verdict on something that there is too much of. */
export function limitVerdict(
  code: string,
  what: string,
  found: number,
  most: number,
  offset: number | undefined,
): Verdict {
  return { kind: "limit", code, message: `${what}: ${found}, at most ${most} are allowed`, offset };
}

/** The verdict on a proposal that is not allowed. */
export function featureVerdict(feature: DeniedFeature, what: string, offset: number | undefined): Verdict {
  return { kind: "feature", code: feature, message: `${what}: not allowed here, ${DENIED_FEATURES[feature]}`, offset };
}

/** Ends the walk: what stands here belongs to a proposal that is not allowed. */
export function denied(feature: DeniedFeature, what: string, offset: number | undefined): never {
  throw new Refused(featureVerdict(feature, what, offset));
}

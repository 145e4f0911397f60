import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { ProposerRotation } from "../core/validators/mod.ts";

/** The address of the proposer of `round`; undefined for an empty set. Linear in `round`: for rare lines and events. */
export function proposerOf(set: ValidatorSet, round: number): Uint8Array | undefined {
  if (set.validators.length === 0) return undefined;
  const rotation = ProposerRotation.of(set);
  return (round === 0 ? rotation : rotation.copyIncrement(round)).proposer.address;
}

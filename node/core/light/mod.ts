/**
 * The light client of CometBFT v0.38: whether a header follows from a trusted one, and which headers to ask for when the
 * way is long.
 * @module
 */
export {
  checkLightBlock,
  checkLightBlockExactly,
  checkSealed,
  checkSealedByTrusted,
  LIGHT_CODE,
  type LightVerdict,
  type LightVerification,
  type TrustedValidators,
  verifyLightBlock,
} from "./verify.ts";
export {
  type CheckedLightBlock,
  type LightBlock,
  type LightValidator,
  type LightValidators,
  readLightBlock,
} from "./light_block.ts";
export type { CheckedOptions, Instant, LightOptions } from "./options.ts";
export {
  answerBisection,
  type AskingBisection,
  type Bisection,
  type BisectionFailure,
  type BisectionPlan,
  type Divergence,
  type DoneBisection,
  type FailedBisection,
  type KnownBlock,
  startBisection,
  type WitnessFault,
} from "./bisect.ts";
export {
  ATTACK_CODE,
  attackEvidence,
  type AttackFindings,
  type AttackKind,
  type ConflictingBlock,
  findAttackers,
  isLunaticHeader,
  type SealedHeader,
  validateAttack,
  validateAttackWork,
} from "./attack.ts";
export { signedHeaderFromJson, validatorsFromJson } from "./json.ts";

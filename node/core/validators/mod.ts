/**
 * Validator sets of CometBFT v0.38: hash, proposer rotation, changes, and whether a commit was signed by enough of one.
 * @module
 */
export {
  compareValidators,
  findValidator,
  hashValidatorSet,
  simpleValidatorBytes,
  totalVotingPower,
  validateValidatorSet,
  VALIDATORS_CODE,
  VOTING_POWER_TOTAL_MAX,
} from "./set.ts";
export { ProposerRotation, type RotatingValidator } from "./rotation.ts";
export { newValidatorSet, updateValidators, validatorOfUpdate } from "./update.ts";
export {
  COMMIT_CODE,
  type Fraction,
  hasQuorum,
  verifyCommit,
  verifyCommitLight,
  verifyCommitLightTrusting,
  verifyCommitWork,
} from "./commit.ts";
export { verifyEverySignatureWork } from "./every_signature.ts";

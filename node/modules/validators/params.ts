/** Who may change the validators, and the bounds CometBFT sets. @module */

/** CometBFT `MaxTotalVotingPower`: the largest int64, divided by eight. */
export const TOTAL_POWER_MAX = 0x7fff_ffff_ffff_ffffn / 8n;
/** CometBFT `MaxVotesCount`: more validators cannot vote in one block. */
export const VALIDATORS_MAX = 10_000;
/** Admins in a genesis. */
export const ADMINS_MAX = 100;
/** Different validators that one block may change. */
export const PENDING_MAX = 1000;
/** Length of an ed25519 public key. */
export const PUB_KEY_BYTES = 32;

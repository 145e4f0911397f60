/** Judging evidence of attacks on light clients: CometBFT v0.38 `evidence/verify.go`, `VerifyLightClientAttack`. @module */
import type { LightClientAttackEvidence } from "cosmjs-types/tendermint/types/evidence";
import type { Commit, Header } from "cosmjs-types/tendermint/types/types";
import type { Validator } from "cosmjs-types/tendermint/types/validator";
import { equalBytes } from "../core/bytes.ts";
import { type ConflictingBlock, findAttackers, isLunaticHeader } from "../core/light/mod.ts";
import { timestampToNanos } from "../core/time.ts";
import { hashHeader } from "../core/types/mod.ts";
import { totalVotingPower, verifyEverySignatureWork } from "../core/validators/mod.ts";
import type { Work } from "../core/work.ts";
import type { ChainState } from "./types.ts";
import type { EvidenceHeight, EvidenceHistory, EvidenceVerdict } from "./validate_evidence.ts";

/** Less would let faulty validators alone accuse the others (CometBFT `light.DefaultTrustLevel`). */
const TRUST_LEVEL = { numerator: 1n, denominator: 3n };

/** The block that the chain has instead of the false one. */
interface TrustedBlock {
  readonly header: Header;
  readonly commit: Commit | undefined;
}

const refuse = (verdict: "invalid" | "unknown", found: string): EvidenceVerdict => ({
  verdict,
  reason: `judge light client attack: ${found}`,
});

/**
 * Judges well-formed evidence; `common` is what was true at its common height. What is cheap comes first: the signatures
 * come last, and those of the chain's own validators before those of strangers.
 */
export function* judgeAttackWork(
  state: ChainState,
  attack: LightClientAttackEvidence,
  common: EvidenceHeight,
  history: EvidenceHistory,
  signatures: "verify" | "known",
): Work<EvidenceVerdict> {
  const { signedHeader, validatorSet } = attack.conflictingBlock!;
  const conflicting: ConflictingBlock = {
    header: signedHeader!.header!,
    commit: signedHeader!.commit!,
    validators: validatorSet!.validators,
  };
  const trusted = trustedBlock(state, attack, conflicting.header, common, history);
  if ("verdict" in trusted) return trusted;
  const context = judgeContext(attack, conflicting, common.validators.validators, trusted);
  if (context.verdict !== "valid" || signatures === "known") return context;
  const isJump = attack.commonHeight !== conflicting.header.height;
  const known = isJump ? { validators: common.validators.validators, level: TRUST_LEVEL } : undefined;
  const { chainId } = state;
  const signed = yield* verifyEverySignatureWork(chainId, conflicting.validators, conflicting.commit, known);
  return signed.ok ? context : refuse("invalid", signed.error.message);
}

/**
 * The chain's block of the height of the false one. When the chain has not got so far, its last block stands in: then the
 * false one must not be later (a forward lunatic attack).
 */
function trustedBlock(
  { lastHeight }: ChainState,
  { commonHeight }: LightClientAttackEvidence,
  conflicting: Header,
  common: EvidenceHeight,
  history: EvidenceHistory,
): TrustedBlock | EvidenceVerdict {
  const isAhead = conflicting.height > lastHeight;
  const height = isAhead ? lastHeight : conflicting.height;
  const then = height === commonHeight ? common : history.at(height);
  if (then?.header === undefined) return refuse("unknown", `no block is known at height ${height}`);
  if (isAhead && timestampToNanos(conflicting.time) > then.time) {
    return refuse("unknown", `block ${conflicting.height} may come yet: its time has not passed`);
  }
  // Of the last block everybody has seen another seal: only the one that the next block carries counts.
  return { header: then.header, commit: height < lastHeight ? then.commit : undefined };
}

/** Everything but the signatures. */
function judgeContext(
  attack: LightClientAttackEvidence,
  conflicting: ConflictingBlock,
  common: readonly Validator[],
  trusted: TrustedBlock,
): EvidenceVerdict {
  const { header } = conflicting;
  if (attack.commonHeight === header.height && isLunaticHeader(header, trusted.header)) {
    return refuse("invalid", "a header that cannot follow needs a lower common height");
  }
  const total = totalVotingPower({ validators: common });
  if (total !== attack.totalVotingPower) {
    return refuse("invalid", `the total power was ${total}, not ${attack.totalVotingPower}`);
  }
  if (equalBytes(hashHeader(header), hashHeader(trusted.header))) {
    return refuse("invalid", "the block is the chain's own");
  }
  const found = findAttackers(conflicting, common, trusted);
  if (found === undefined) {
    return refuse("unknown", `the seal of block ${trusted.header.height} is not in the chain yet`);
  }
  const accused = attack.byzantineValidators;
  const isSame = accused.length === found.validators.length &&
    found.validators.every(({ address, votingPower }, i) =>
      equalBytes(address, accused[i]!.address) && votingPower === accused[i]!.votingPower
    );
  if (isSame) return { verdict: "valid" };
  // Whom a block of the future accuses shows when the chain gets there.
  const verdict = header.height > trusted.header.height ? "unknown" : "invalid";
  return refuse(verdict, `it accuses ${accused.length} validators, ${found.validators.length} others are to blame`);
}

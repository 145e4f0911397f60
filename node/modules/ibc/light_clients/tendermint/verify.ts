/**
 * Whether a `07-tendermint` client believes a message: a header that follows from one it knows, or two headers either of
 * which it might have followed (ibc-go v10 `07-tendermint/update.go`, `misbehaviour_handle.go`).
 * @module
 */
import type { Header } from "cosmjs-types/tendermint/types/types";
import type { Context } from "../../../../app/ports.ts";
import { equalBytes } from "../../../../core/bytes.ts";
import type { CodedError } from "../../../../core/errors.ts";
import {
  formatHeight,
  ibcRefusal,
  refuse,
  type TendermintClientState,
  withRevision,
  wrapRefusal,
} from "../../../../core/ibc/mod.ts";
import { checkLightBlockExactly, checkSealedByTrusted, LIGHT_CODE } from "../../../../core/light/mod.ts";
import { err, ok, type Result } from "../../../../core/result.ts";
import { durationToNanos, type Nanos } from "../../../../core/time.ts";
import { EMPTY_BLOCK_ID } from "../../../../core/types/mod.ts";
import { hashValidatorSet } from "../../../../core/validators/mod.ts";
import { chargeMessage } from "../../client/gas.ts";
import { costOf, lightBlockOf, type TendermintHeader, type TendermintMessage } from "./message.ts";
import { type ConsensusState, isExpired, store } from "./state.ts";

/** Charges for the signatures before any is verified. */
export function verifyMessage(context: Context, clientId: string, message: TendermintMessage): Result<undefined> {
  const state = store.state(context.view, clientId);
  if (state === undefined) return refuse("clientNotFound", clientId);
  if (message.type === "header") return verifyHeader(context, clientId, state, message.header);
  for (const [i, header] of [message.header1, message.header2].entries()) {
    const verified = verifyEvidence(context, clientId, state, header);
    if (!verified.ok) return err(wrapRefusal(verified.error, `verifying Header${i + 1} in Misbehaviour failed`));
  }
  return ok(undefined);
}

/** The consensus state that the header builds on, when the trusted validators are those it names. */
function trustedState(context: Context, clientId: string, header: TendermintHeader): Result<ConsensusState> {
  const { trustedHeight, trustedValidators } = header;
  const trusted = store.consensusState(context.view, clientId, trustedHeight);
  if (trusted === undefined) {
    const detail = "could not get trusted consensus state from clientStore for Header at TrustedHeight";
    return refuse("consensusStateNotFound", `${detail}: ${formatHeight(trustedHeight)}`);
  }
  chargeMessage(context, ...costOf(header));
  if (equalBytes(hashValidatorSet(trustedValidators), trusted.nextValidatorsHash)) return ok(trusted);
  return refuse("tendermintValidatorSet", "trusted validators do not hash to the latest trusted validators");
}

const NONE = new Uint8Array();

/** What is known of a trusted header: the light client asks for no more. */
const trustedHeader = (chainId: string, height: bigint, trusted: ConsensusState): Header => ({
  version: { block: 0n, app: 0n },
  chainId,
  height,
  time: trusted.timestamp,
  lastBlockId: EMPTY_BLOCK_ID,
  lastCommitHash: NONE,
  dataHash: NONE,
  validatorsHash: NONE,
  nextValidatorsHash: trusted.nextValidatorsHash,
  consensusHash: NONE,
  appHash: NONE,
  lastResultsHash: NONE,
  evidenceHash: NONE,
  proposerAddress: NONE,
});

/** A verdict, and all that it depends on besides the header. */
interface Judged {
  readonly state: TendermintClientState;
  readonly trusted: ConsensusState;
  readonly now: Nanos;
  readonly verdict: Result<undefined>;
}

/** The last verdicts. A message that a miss of the state interrupts runs again, and its signatures are its dearest part. */
const judged = new WeakMap<TendermintHeader, Judged>();

function verifyHeader(
  context: Context,
  clientId: string,
  state: TendermintClientState,
  message: TendermintHeader,
): Result<undefined> {
  const { trustedHeight, height } = message;
  const trusted = trustedState(context, clientId, message);
  if (!trusted.ok) return trusted;
  if (height.revisionNumber !== trustedHeight.revisionNumber) {
    const detail = `header height revision ${height.revisionNumber} does not match trusted header revision`;
    return refuse("tendermintHeaderHeight", `${detail} ${trustedHeight.revisionNumber}`);
  }
  const now = context.block.time;
  const last = judged.get(message);
  if (last?.state === state && last.trusted === trusted.value && last.now === now) return last.verdict;
  const verdict = judge(state, trusted.value, message, now);
  judged.set(message, { state, trusted: trusted.value, now, verdict });
  return verdict;
}

function judge(
  state: TendermintClientState,
  trusted: ConsensusState,
  message: TendermintHeader,
  now: Nanos,
): Result<undefined> {
  const { trustedHeight: { revisionHeight }, trustedValidators } = message;
  const verdict = checkLightBlockExactly(
    {
      signedHeader: { header: trustedHeader(state.chainId, revisionHeight, trusted) },
      nextValidatorSet: trustedValidators,
    },
    lightBlockOf(message),
    {
      trustLevel: state.trustLevel,
      trustingPeriod: durationToNanos(state.trustingPeriod),
      clockDrift: durationToNanos(state.maxClockDrift),
      now,
    },
  );
  return verdict.ok ? ok(undefined) : err(asRefusal(verdict.error));
}

/** ibc-go passes the light client's own errors on without a code of their own; here they have the nearest one. */
function asRefusal({ code, message }: CodedError): CodedError {
  const name = code === LIGHT_CODE.expired ? "trustingPeriodExpired" : "tendermintHeader";
  return ibcRefusal(name, `failed to verify header: ${message}`);
}

/**
 * Enough of the validators trusted at its trusted height signed it, and more than two thirds of its own. Neither order nor
 * the next validators are asked for: evidence shows that they lied about just that.
 */
function verifyEvidence(
  context: Context,
  clientId: string,
  state: TendermintClientState,
  message: TendermintHeader,
): Result<undefined> {
  const trusted = trustedState(context, clientId, message);
  if (!trusted.ok) return trusted;
  if (isExpired(state, trusted.value, context.block.time)) {
    return refuse("trustingPeriodExpired", "the trusted consensus state has expired");
  }
  const chainId = withRevision(state.chainId, message.height.revisionNumber) ?? state.chainId;
  if (message.header.chainId !== chainId) {
    return refuse("invalidMisbehaviour", "the header belongs to another chain");
  }
  const { trustedValidators: validators } = message;
  const hash = trusted.value.nextValidatorsHash;
  const sealed = checkSealedByTrusted(lightBlockOf(message), { validators, hash }, state.trustLevel);
  return sealed.ok ? ok(undefined) : refuse("invalidMisbehaviour", sealed.error.message);
}

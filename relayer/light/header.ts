/** Light blocks as the headers that clients of type `07-tendermint` are given. @module */
import type { Header } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import type { Validator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { type IbcHeight, revisionOfChainId } from "../../node/core/ibc/mod.ts";
import { type LightBlock, readLightBlock } from "../../node/core/light/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { findValidator, totalVotingPower } from "../../node/core/validators/mod.ts";

/**
 * A set as CometBFT decodes it: only with a proposer (`ValidatorSetFromProto`). Whose turn it was is not hashed and means
 * nothing to a light client; outside its own block any member will do.
 */
function wholeSet(validators: readonly Validator[], proposerAddress: Uint8Array): ValidatorSet {
  const set = { validators: [...validators] };
  const proposer = findValidator(set, proposerAddress)?.validator ?? validators[0];
  return { ...set, ...(proposer && { proposer }), totalVotingPower: totalVotingPower(set) };
}

/** The revision and height of a block. */
export function ibcHeightOf(block: { readonly chainId: string; readonly height: bigint }): IbcHeight {
  return { revisionNumber: revisionOfChainId(block.chainId), revisionHeight: block.height };
}

/**
 * The header that takes a client from `trusted`, whose next validators must be known, to `target`. The error is the state
 * found; nothing is verified here.
 */
export function tendermintHeader(target: LightBlock, trusted: LightBlock): Result<Header, string> {
  const to = readLightBlock(target);
  if (!to.ok) return to;
  const from = readLightBlock(trusted);
  if (!from.ok) return from;
  const { header, commit, validators } = to.value;
  const { nextValidators } = from.value;
  if (commit === undefined || validators === undefined) return err("the commit or the validators are missing");
  if (nextValidators === undefined) return err("the validators after the trusted height are missing");
  return ok({
    signedHeader: { header, commit },
    validatorSet: wholeSet(validators, header.proposerAddress),
    trustedHeight: ibcHeightOf(from.value.header),
    trustedValidators: wholeSet(nextValidators, header.proposerAddress),
  });
}

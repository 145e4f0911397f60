/**
 * `StakingQuery` and `DistributionQuery` on a chain where nobody stakes: its validators have power, but no account to which coins
 * could be delegated. So in this sense there are no validators, no delegations and no rewards.
 * @module
 */
import { AddressCodec } from "../../core/address.ts";
import { type CodedError, sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { noSuchValidator, uncoded } from "./errors.ts";
import type { Fields } from "./fields.ts";
import { writeJson } from "./querier_json.ts";
import type { QuerierSources } from "./querier_sources.ts";
import { type SystemError, unsupported } from "./querier_system.ts";

type Answer = Result<Uint8Array, CodedError | SystemError>;

export function answerStaking(sources: QuerierSources, query: Fields): Answer {
  // There is no coin to stake, and a contract that asks for it cannot do its work.
  if (query.object("bonded_denom") !== undefined) return err(unsupported("bonded_denom"));
  if (query.object("all_validators") !== undefined) return ok(writeJson({ validators: [] }));
  const validator = query.object("validator");
  if (validator !== undefined) {
    const address = validator.text("address");
    return isValidator(sources, address) ? ok(writeJson({ validator: null })) : noAddress(address);
  }
  const all = query.object("all_delegations");
  if (all !== undefined) {
    const delegator = all.text("delegator");
    return isAccount(sources, delegator) ? ok(writeJson({ delegations: [] })) : invalidAddress(delegator);
  }
  const one = query.object("delegation");
  if (one !== undefined) {
    const [delegator, validator] = [one.text("delegator"), one.text("validator")];
    if (!isAccount(sources, delegator)) return invalidAddress(delegator);
    return isValidator(sources, validator) ? ok(writeJson({})) : invalidAddress(validator);
  }
  return err(unsupported("unknown Staking variant"));
}

export function answerDistribution(sources: QuerierSources, query: Fields): Answer {
  const of = (fields: Fields, answer: (delegator: string) => unknown): Answer => {
    const delegator = fields.text("delegator_address");
    return isAccount(sources, delegator) ? ok(writeJson(answer(delegator))) : noAddress(delegator);
  };
  const withdraw = query.object("delegator_withdraw_address");
  if (withdraw !== undefined) return of(withdraw, (withdraw_address) => ({ withdraw_address }));
  const rewards = query.object("delegation_rewards");
  if (rewards !== undefined) {
    const [delegator, validator] = [rewards.text("delegator_address"), rewards.text("validator_address")];
    if (delegator === "") return noAddress(delegator);
    return isValidator(sources, validator) ? err(noSuchValidator()) : noAddress(validator);
  }
  const total = query.object("delegation_total_rewards");
  if (total !== undefined) return of(total, () => ({ rewards: [], total: [] }));
  const validators = query.object("delegator_validators");
  if (validators !== undefined) return of(validators, () => ({ validators: [] }));
  return err(unsupported("unknown distribution query"));
}

const isAccount = ({ codec }: QuerierSources, text: string): boolean => codec.parse(text) !== undefined;

const isValidator = ({ codec }: QuerierSources, text: string): boolean =>
  new AddressCodec(`${codec.prefix}valoper`).parse(text) !== undefined;

const shown = (text: string): string => text.slice(0, 100);
const invalidAddress = (text: string): Answer => err(sdkRefusal("invalidAddress", shown(text)));
const noAddress = (text: string): Answer => err(uncoded(`no address: ${shown(text)}`));

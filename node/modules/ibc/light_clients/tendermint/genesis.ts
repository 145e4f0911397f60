/** States of `07-tendermint` clients in genesis files, as ibc-go v10 writes them. @module */
import type { Duration } from "cosmjs-types/google/protobuf/duration";
import { ConsensusState as ConsensusStateCodec } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { z } from "zod";
import { ClientStateCodec, type TendermintClientState } from "../../../../core/ibc/mod.ts";
import { nanosToRfc3339, nanosToTimestamp, rfc3339ToNanos, timestampToNanos } from "../../../../core/time.ts";
import { proofSpecSchema, proofSpecToJson } from "../../client/proof_spec_json.ts";
import { heightSchema, heightToJson, stateForm } from "../../client/state_form.ts";
import { bytes, list, uint64 } from "../../genesis_json.ts";

/** Seconds with up to nine digits after the point, as protobuf's JSON has durations. */
const duration = z.string().regex(/^[0-9]{1,12}(\.[0-9]{1,9})?s$/).transform((text): Duration => {
  const [whole = "", fraction = ""] = text.slice(0, -1).split(".");
  return { seconds: BigInt(whole), nanos: Number(fraction.padEnd(9, "0")) };
});

/** The fraction has three, six or nine digits, or there is none. */
const durationToJson = ({ seconds, nanos }: Duration): string =>
  nanos === 0 ? `${seconds}s` : `${seconds}.${nanos.toString().padStart(9, "0").replace(/(000){1,2}$/, "")}s`;

const clientStateSchema = z.strictObject({
  chain_id: z.string(),
  trust_level: z.strictObject({ numerator: uint64, denominator: uint64 }),
  trusting_period: duration,
  unbonding_period: duration,
  max_clock_drift: duration,
  frozen_height: heightSchema,
  latest_height: heightSchema,
  proof_specs: list(proofSpecSchema),
  upgrade_path: list(z.string()),
  allow_update_after_expiry: z.boolean().default(false),
  allow_update_after_misbehaviour: z.boolean().default(false),
}).transform((json): TendermintClientState => ({
  chainId: json.chain_id,
  trustLevel: json.trust_level,
  trustingPeriod: json.trusting_period,
  unbondingPeriod: json.unbonding_period,
  maxClockDrift: json.max_clock_drift,
  frozenHeight: json.frozen_height,
  latestHeight: json.latest_height,
  proofSpecs: json.proof_specs,
  upgradePath: json.upgrade_path,
  allowUpdateAfterExpiry: json.allow_update_after_expiry,
  allowUpdateAfterMisbehaviour: json.allow_update_after_misbehaviour,
}));

const clientState = stateForm(ClientStateCodec, clientStateSchema, (state) => ({
  chain_id: state.chainId,
  trust_level: {
    numerator: state.trustLevel.numerator.toString(),
    denominator: state.trustLevel.denominator.toString(),
  },
  trusting_period: durationToJson(state.trustingPeriod),
  unbonding_period: durationToJson(state.unbondingPeriod),
  max_clock_drift: durationToJson(state.maxClockDrift),
  frozen_height: heightToJson(state.frozenHeight),
  latest_height: heightToJson(state.latestHeight),
  proof_specs: state.proofSpecs.map(proofSpecToJson),
  upgrade_path: state.upgradePath,
  allow_update_after_expiry: state.allowUpdateAfterExpiry,
  allow_update_after_misbehaviour: state.allowUpdateAfterMisbehaviour,
}));

const timestamp = z.string().transform((text, refinement) => {
  const nanos = rfc3339ToNanos(text);
  if (nanos !== undefined) return nanosToTimestamp(nanos);
  refinement.addIssue({ code: "custom", message: "an instant of RFC 3339" });
  return z.NEVER;
});

const consensusStateSchema = z.strictObject({
  timestamp,
  root: z.strictObject({ hash: bytes }),
  next_validators_hash: z.hex().transform((text) => Uint8Array.fromHex(text)),
}).transform((json) => ({
  timestamp: json.timestamp,
  root: json.root,
  nextValidatorsHash: json.next_validators_hash,
}));

const consensusState = stateForm(ConsensusStateCodec, consensusStateSchema, (state) => ({
  timestamp: nanosToRfc3339(timestampToNanos(state.timestamp)),
  root: { hash: state.root.hash.toBase64() },
  next_validators_hash: state.nextValidatorsHash.toHex().toUpperCase(),
}));

export const genesisForms = { clientState, consensusState };

/** States of `10-attestation` clients in genesis files: protobuf's JSON of `attestation.proto`. @module */
import { z } from "zod";
import {
  type AttestationClientState,
  AttestationClientStateCodec,
  AttestationConsensusStateCodec,
} from "../../../../core/ibc/mod.ts";
import { proofSpecSchema, proofSpecToJson } from "../../client/proof_spec_json.ts";
import { heightSchema, heightToJson, stateForm } from "../../client/state_form.ts";
import { bytes, list, uint64 } from "../../genesis_json.ts";

const clientStateSchema = z.strictObject({
  chain_id: z.string(),
  attestors: z.strictObject({ keys: list(bytes), threshold: z.int().min(0).max(0xffff_ffff) }),
  latest_height: heightSchema,
  frozen_height: heightSchema.nullish(),
  proof_specs: list(proofSpecSchema),
  trusting_period: uint64,
  max_clock_drift: uint64,
}).transform((json): AttestationClientState => ({
  chainId: json.chain_id,
  attestors: json.attestors,
  latestHeight: json.latest_height,
  frozenHeight: json.frozen_height ?? undefined,
  proofSpecs: json.proof_specs,
  trustingPeriod: json.trusting_period,
  maxClockDrift: json.max_clock_drift,
}));

export const genesisForms = {
  clientState: stateForm(AttestationClientStateCodec, clientStateSchema, (state) => ({
    chain_id: state.chainId,
    attestors: {
      keys: (state.attestors?.keys ?? []).map((key) => key.toBase64()),
      threshold: state.attestors?.threshold ?? 0,
    },
    latest_height: state.latestHeight === undefined ? null : heightToJson(state.latestHeight),
    frozen_height: state.frozenHeight === undefined ? null : heightToJson(state.frozenHeight),
    proof_specs: state.proofSpecs.map(proofSpecToJson),
    trusting_period: state.trustingPeriod.toString(),
    max_clock_drift: state.maxClockDrift.toString(),
  })),
  consensusState: stateForm(
    AttestationConsensusStateCodec,
    z.strictObject({ timestamp: uint64, root: bytes }),
    ({ timestamp, root }) => ({ timestamp: timestamp.toString(), root: root.toBase64() }),
  ),
};

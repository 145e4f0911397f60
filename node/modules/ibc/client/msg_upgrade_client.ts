/** `/ibc.core.client.v1.MsgUpgradeClient`: follow a chain to its next revision. @module */
import {
  MsgUpgradeClient as MsgUpgradeClientCodec,
  MsgUpgradeClientResponse,
} from "cosmjs-types/ibc/core/client/v1/tx";
import type { Address, MessageHandler } from "../../../app/ports.ts";
import { decodeStrict } from "../../../core/codec/mod.ts";
import { checkIdentifier, refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { ClientKeeper } from "./keeper.ts";
import { clientStateKey, PARAMS_KEY, STORE } from "./keys.ts";
import type { ClientUpgrade } from "./light_client.ts";
import { readSigner } from "./signer.ts";

/** Longest message, in bytes: two states and two proofs. */
const BYTES_MAX = 262_144;
const EMPTY = new Uint8Array();

/** A checked message. The states are not judged: what another chain committed to need not be valid by itself. */
export interface MsgUpgradeClient {
  readonly clientId: string;
  readonly upgrade: ClientUpgrade;
  readonly signer: Address;
}

export const msgUpgradeClient = (keeper: ClientKeeper): MessageHandler<MsgUpgradeClient> => ({
  typeUrl: MsgUpgradeClientCodec.typeUrl,
  responseTypeUrl: MsgUpgradeClientResponse.typeUrl,
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ signer }) => [signer],
  touch({ clientId }, key) {
    key(STORE, PARAMS_KEY);
    key(STORE, clientStateKey(clientId));
  },
  execute(context, { clientId, upgrade }) {
    const upgraded = keeper.upgrade(context, clientId, upgrade);
    return upgraded.ok ? ok(EMPTY) : upgraded;
  },
});

function decode(keeper: ClientKeeper, bytes: Uint8Array): Result<MsgUpgradeClient> {
  const decoded = decodeStrict(MsgUpgradeClientCodec, bytes, "MsgUpgradeClient", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { clientState, consensusState, proofUpgradeClient, proofUpgradeConsensusState } = decoded.value;
  if (clientState === undefined || consensusState === undefined) {
    return refuse("unpackAny", "protobuf Any message cannot be nil");
  }
  const client = keeper.typeOfState(clientState);
  if (!client.ok) return client;
  if (consensusState.typeUrl !== client.value.consensusStateTypeUrl) {
    return refuse("invalidUpgradeClient", "consensus state's client-type does not match client");
  }
  if (proofUpgradeClient.length === 0) {
    return refuse("invalidUpgradeClient", "proof of upgrade client cannot be empty");
  }
  if (proofUpgradeConsensusState.length === 0) {
    return refuse("invalidUpgradeClient", "proof of upgrade consensus state cannot be empty");
  }
  const signer = readSigner(keeper, decoded.value.signer);
  if (!signer.ok) return signer;
  const clientId = checkIdentifier("client", decoded.value.clientId);
  if (!clientId.ok) return clientId;
  return ok({
    clientId: clientId.value,
    upgrade: {
      clientState: clientState.value,
      consensusState: consensusState.value,
      proofClient: proofUpgradeClient,
      proofConsensusState: proofUpgradeConsensusState,
    },
    signer: signer.value,
  });
}

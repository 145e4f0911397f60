/** `/ibc.core.client.v1.MsgUpgradeClient`: follow a chain to its next revision. @module */
import { MsgUpgradeClient } from "cosmjs-types/ibc/core/client/v1/tx";
import type { MessageHandler } from "../../../app/ports.ts";
import { checkIdentifier, refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { messageHandler, type Signed } from "../message.ts";
import type { ClientKeeper } from "./keeper.ts";
import { clientStateKey, PARAMS_KEY, STORE } from "./keys.ts";
import { statesOf } from "./msg_create_client.ts";

/** Longest message, in bytes: two states and two proofs. */
const BYTES_MAX = 262_144;
const EMPTY = new Uint8Array();

/** The states are not judged: what another chain committed to need not be valid by itself. */
export const msgUpgradeClient = (keeper: ClientKeeper): MessageHandler<Signed<MsgUpgradeClient>> =>
  messageHandler(keeper.codec, {
    codec: MsgUpgradeClient,
    bytesMax: BYTES_MAX,
    validate: (message) => validate(keeper, message),
    touch({ clientId }, key) {
      key(STORE, PARAMS_KEY);
      key(STORE, clientStateKey(clientId));
    },
    execute(context, message) {
      const states = statesOf(message);
      if (!states.ok) return states;
      const upgraded = keeper.upgrade(context, message.clientId, {
        clientState: states.value[0].value,
        consensusState: states.value[1].value,
        proofClient: message.proofUpgradeClient,
        proofConsensusState: message.proofUpgradeConsensusState,
      });
      return upgraded.ok ? ok(EMPTY) : upgraded;
    },
  });

function validate(keeper: ClientKeeper, message: MsgUpgradeClient): Result<unknown> {
  const states = statesOf(message);
  if (!states.ok) return states;
  const [clientState, consensusState] = states.value;
  const client = keeper.typeOfState(clientState);
  if (!client.ok) return client;
  if (consensusState.typeUrl !== client.value.consensusStateTypeUrl) {
    return refuse("invalidUpgradeClient", "consensus state's client-type does not match client");
  }
  if (message.proofUpgradeClient.length === 0) {
    return refuse("invalidUpgradeClient", "proof of upgrade client cannot be empty");
  }
  if (message.proofUpgradeConsensusState.length === 0) {
    return refuse("invalidUpgradeClient", "proof of upgrade consensus state cannot be empty");
  }
  return checkIdentifier("client", message.clientId);
}

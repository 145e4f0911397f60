/** Events of clients, with names, attributes and order of ibc-go v10 `02-client/keeper/events.go`. @module */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { formatHeight, type IbcHeight } from "../../../core/ibc/mod.ts";
import { eventOf } from "../events.ts";

const event = (type: string, attributes: Readonly<Record<string, string>>): Event =>
  eventOf(type, Object.entries(attributes));

const MESSAGE = () => event("message", { module: "ibc_client" });

/** The event of a client and the `message` event that follows each. */
type Events = readonly [Event, Event];

export const createClient = (clientId: string, clientType: string, height: IbcHeight): Events => [
  event("create_client", { client_id: clientId, client_type: clientType, consensus_height: formatHeight(height) }),
  MESSAGE(),
];

/** v10 no longer has the attribute `header`. */
export function updateClient(clientId: string, clientType: string, heights: readonly IbcHeight[]): Events {
  const texts = heights.map(formatHeight);
  return [
    event("update_client", {
      client_id: clientId,
      client_type: clientType,
      consensus_height: texts[0] ?? "",
      consensus_heights: texts.join(","),
    }),
    MESSAGE(),
  ];
}

export const upgradeClient = (clientId: string, clientType: string, height: IbcHeight): Events => [
  event("upgrade_client", { client_id: clientId, client_type: clientType, consensus_height: formatHeight(height) }),
  MESSAGE(),
];

export const clientMisbehaviour = (clientId: string, clientType: string): Events => [
  event("client_misbehaviour", { client_id: clientId, client_type: clientType }),
  MESSAGE(),
];

export const recoverClient = (clientId: string, clientType: string): Events => [
  event("recover_client", { subject_client_id: clientId, client_type: clientType }),
  MESSAGE(),
];

/** The clients as a genesis file has them, in the JSON of ibc-go v10. @module */
import { Any } from "cosmjs-types/google/protobuf/any";
import type { Reading } from "../../../app/ports.ts";
import { type IbcHeight, parseClientIdentifier } from "../../../core/ibc/mod.ts";
import { invariant } from "../../../core/invariant.ts";
import { listUnder } from "../../../core/listing.ts";
import type { Work } from "../../../core/work.ts";
import { readClientKey, splitClientKey } from "./client_key.ts";
import type { ClientKeeper } from "./keeper.ts";
import { CLIENTS_PREFIX, STORE } from "./keys.ts";
import { heightToJson } from "./state_form.ts";

/** What is found of one client. */
interface Found {
  readonly id: string;
  state: unknown;
  readonly consensusStates: { readonly height: IbcHeight; readonly state: unknown }[];
  readonly metadata: { readonly key: Uint8Array; readonly value: Uint8Array }[];
}

/** What `initClientGenesis` reads to the same state. */
export function* exportClientGenesis(keeper: ClientKeeper, read: Reading): Work<unknown> {
  const params = yield* read((view) => keeper.params(view));
  const sequence = yield* read((view) => keeper.nextSequence(view));
  const clients = (yield* findClients(keeper, read)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return {
    clients: clients.map(({ id, state }) => ({ client_id: id, client_state: state })),
    clients_consensus: clients.filter(({ consensusStates }) => consensusStates.length > 0).map((client) => ({
      client_id: client.id,
      consensus_states: client.consensusStates.map(({ height, state }) => ({
        height: heightToJson(height),
        consensus_state: state,
      })),
    })),
    clients_metadata: clients.filter(({ metadata }) => metadata.length > 0).map((client) => ({
      client_id: client.id,
      client_metadata: client.metadata.map(({ key, value }) => ({ key: key.toBase64(), value: value.toBase64() })),
    })),
    params: { allowed_clients: params.allowedClients },
    create_localhost: false,
    next_client_sequence: sequence.toString(),
  };
}

function* findClients(keeper: ClientKeeper, read: Reading): Work<Found[]> {
  const found = new Map<string, Found>();
  yield* listUnder(read, STORE, CLIENTS_PREFIX, (key, value) => {
    const about = readClientKey(key);
    // Connections export for themselves which clients they use.
    if (about === undefined || about.kind === "connections") return;
    let client = found.get(about.id);
    if (client === undefined) {
      found.set(about.id, client = { id: about.id, state: undefined, consensusStates: [], metadata: [] });
    }
    if (about.kind === "state") client.state = toJson(keeper, about.id, "clientState", value);
    else if (about.kind === "consensus") {
      const state = toJson(keeper, about.id, "consensusState", value);
      client.consensusStates.push({ height: about.height, state });
    } else client.metadata.push({ key: splitClientKey(key)!.rest, value });
  });
  return [...found.values()];
}

function toJson(keeper: ClientKeeper, id: string, kind: "clientState" | "consensusState", bytes: Uint8Array): unknown {
  const clientType = parseClientIdentifier(id)?.clientType;
  const forms = [...keeper.types()].find((type) => type.clientType === clientType)?.genesis;
  invariant(forms !== undefined, `export ${id}: there is no such type`);
  const { typeUrl, value } = Any.decode(bytes);
  return { "@type": typeUrl, ...forms[kind].toJson(value) };
}

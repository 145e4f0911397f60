/**
 * Two chains that are nothing but clients and connections over a store in memory. A client knows heights of the other chain
 * because somebody claimed them, and a proof at a height it knows shows what the other chain holds now. So clients and
 * handshakes can be led through every order of messages, with real handlers and keepers and nothing to sign.
 * @module
 */
import { assert } from "@std/assert";
import type { Any } from "cosmjs-types/google/protobuf/any";
import { Height } from "cosmjs-types/ibc/core/client/v1/client";
import { MsgCreateClient, MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import { State } from "cosmjs-types/ibc/core/connection/v1/connection";
import {
  MsgConnectionOpenAck,
  MsgConnectionOpenConfirm,
  MsgConnectionOpenInit,
  MsgConnectionOpenTry,
} from "cosmjs-types/ibc/core/connection/v1/tx";
import type { Context, CounterpartyProof, MessageHandler } from "../../node/app/ports.ts";
import { AddressCodec } from "../../node/core/address.ts";
import { equalBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { decodeStrict, encode, type MessageCodec } from "../../node/core/codec/mod.ts";
import {
  clientIdentifier,
  compareHeights,
  connectionIdentifier,
  type IbcHeight,
  refuse,
  ZERO_HEIGHT,
} from "../../node/core/ibc/mod.ts";
import { ok, type Result } from "../../node/core/result.ts";
import { ClientStore } from "../../node/modules/ibc/client/client_store.ts";
import type { LightClient } from "../../node/modules/ibc/client/light_client.ts";
import { ClientKeeper, clientMessages, initClientGenesis } from "../../node/modules/ibc/client/mod.ts";
import { connectionMessages } from "../../node/modules/ibc/connection/messages.ts";
import { ConnectionKeeper } from "../../node/modules/ibc/connection/keeper.ts";
import { Journal, type StateReader } from "../../node/state/mod.ts";
import { testContext } from "./context.ts";

const TYPE = "8-claimed";
const PREFIX = { keyPrefix: utf8ToBytes("ibc") };
const PROOF = Uint8Array.of(1);
const VERSION = { identifier: "1", features: ["ORDER_ORDERED", "ORDER_UNORDERED"] };
const addresses = new AddressCodec("cat");
const signer = addresses.of(new Uint8Array(20).fill(9)).text;
const store = new ClientStore(Height, Height);
const DONE: Result<undefined, never> = ok(undefined);

/** A step somebody takes on one of the chains. Clients, connections and heights are their numbers. */
export type Action =
  & { readonly chain: 0 | 1 }
  & (
    | { readonly do: "create"; readonly height: number }
    | { readonly do: "update"; readonly client: number; readonly height: number }
    | { readonly do: "init"; readonly client: number; readonly theirClient: number }
    | {
      readonly do: "try";
      readonly client: number;
      readonly theirClient: number;
      readonly theirConnection: number;
      readonly height: number;
    }
    | { readonly do: "ack"; readonly connection: number; readonly theirConnection: number; readonly height: number }
    | { readonly do: "confirm"; readonly connection: number; readonly height: number }
  );

/** An end as the other chain must have it. */
export interface EndFacts {
  readonly state: "init" | "try" | "open";
  readonly client: number;
  readonly theirClient: number;
  readonly theirConnection: number | undefined;
}

/** What a chain holds: heights that each client knows, in ascending order, and the ends of connections. */
export interface ChainFacts {
  readonly clients: number[][];
  readonly connections: EndFacts[];
}

const heightOf = (revisionHeight: number): IbcHeight => ({
  revisionNumber: 0n,
  revisionHeight: BigInt(revisionHeight),
});
const client = (number: number) => clientIdentifier(TYPE, BigInt(number));
const connection = (number: number) => connectionIdentifier(BigInt(number));
const anyHeight = (height: number): Any => ({ typeUrl: Height.typeUrl, value: encode(Height, heightOf(height)) });
const numberIn = (id: string) => Number(id.slice(id.lastIndexOf("-") + 1));
const readHeight = (bytes: Uint8Array) => decodeStrict(Height, bytes, "height", 100);

/** A client that believes every height above the last, and looks into `other` for proofs. */
function claimedClient(other: () => StateReader): LightClient<Height> {
  const look = (context: Context, clientId: string, { proof, height }: CounterpartyProof, key: Uint8Array) =>
    store.consensusState(context.view, clientId, height) === undefined
      ? refuse("consensusStateNotFound", `look at ${height.revisionHeight}`)
      : equalBytes(proof, PROOF)
      ? ok(other().get("ibc", key))
      : refuse("invalidProof", "look");
  const stateForm = { toJson: () => ({}), fromJson: () => refuse("invalidClient", "no genesis") };
  const claimed: LightClient<Height> = {
    clientType: TYPE,
    clientStateTypeUrl: Height.typeUrl,
    consensusStateTypeUrl: Height.typeUrl,
    messageTypeUrls: [Height.typeUrl],
    genesis: { clientState: stateForm, consensusState: stateForm },
    validateClientState: (bytes) => readHeight(bytes).ok ? DONE : refuse("invalidClient", "read height"),
    validateConsensusState: (bytes) => readHeight(bytes).ok ? DONE : refuse("invalidConsensus", "read height"),
    decodeMessage: ({ value }) => readHeight(value),
    initialize(context, clientId, state) {
      const height = Height.decode(state);
      store.setState(context.view, clientId, height);
      store.setConsensusState(context.view, clientId, height, height);
      return DONE;
    },
    verifyClientMessage: (context, clientId, height) =>
      compareHeights(height, store.stateOf(context.view, clientId)) > 0
        ? DONE
        : refuse("invalidClientHeader", `${height.revisionHeight} is not above the last`),
    checkForMisbehaviour: () => false,
    updateStateOnMisbehaviour: () => {},
    updateState(context, clientId, height) {
      store.setState(context.view, clientId, height);
      store.setConsensusState(context.view, clientId, height, height);
      return [height];
    },
    verifyMembership(context, clientId, proof, [, key], value) {
      const found = look(context, clientId, proof, key!);
      if (!found.ok) return found;
      return found.value !== undefined && equalBytes(found.value, value) ? DONE : refuse("failedMembership", "look");
    },
    verifyNonMembership(context, clientId, proof, [, key]) {
      const found = look(context, clientId, proof, key!);
      if (!found.ok) return found;
      return found.value === undefined ? DONE : refuse("failedNonMembership", "look");
    },
    status: (context, clientId) => store.state(context.view, clientId) === undefined ? "Unknown" : "Active",
    latestHeight: (context, clientId) => store.state(context.view, clientId) ?? ZERO_HEIGHT,
    timestampAtHeight: () => ok(1n),
    recoverClient: () => refuse("updateClientFailed", "never"),
    verifyUpgradeAndUpdateState: () => refuse("invalidUpgradeClient", "never"),
  };
  return claimed;
}

class ClaimedChain {
  readonly journal = new Journal({ get: () => undefined, page: () => [] });
  readonly clients: ClientKeeper;
  readonly connections: ConnectionKeeper;
  // The handlers differ in their message type.
  // deno-lint-ignore no-explicit-any
  readonly #handlers = new Map<string, MessageHandler<any>>();

  constructor(other: () => StateReader) {
    this.clients = new ClientKeeper(addresses, [claimedClient(other)]);
    this.connections = new ConnectionKeeper(this.clients);
    const read = initClientGenesis(this.clients, this.context(), undefined);
    assert(read.ok, read.ok ? "" : read.error.message);
    const handlers = [...clientMessages(this.clients), ...connectionMessages(addresses, this.connections)];
    for (const handler of handlers) this.#handlers.set(handler.typeUrl, handler);
  }

  context() {
    return testContext({ chainId: "claimed", height: 1n, time: 1n }, this.journal);
  }

  /** `ok`, or what the message was refused with. */
  run<M extends { signer: string }>(codec: MessageCodec<M>, message: Omit<M, "signer">): string {
    const handler = this.#handlers.get(codec.typeUrl)!;
    const decoded = handler.decode(encode(codec, { ...message, signer } as M));
    const result = decoded.ok
      ? this.context().attempt((context) => handler.execute(context, decoded.value)).result
      : decoded;
    return result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;
  }

  facts(heightMax: number): ChainFacts {
    const { journal, clients, connections } = this;
    const all = <T>(count: bigint, of: (number: number) => T) => Array.from({ length: Number(count) }, (_, n) => of(n));
    const heights = Array.from({ length: heightMax }, (_, n) => n + 1);
    return {
      clients: all(clients.nextSequence(journal), (number) => {
        const known = heights.filter((height) => clients.consensusState(journal, client(number), heightOf(height)));
        assert(Number(clients.latestHeight(this.context(), client(number)).revisionHeight) === known.at(-1));
        return known;
      }),
      connections: all(connections.nextSequence(journal), (number) => this.#end(number)),
    };
  }

  #end(number: number): EndFacts {
    const end = this.connections.connection(this.journal, connection(number));
    assert(end !== undefined, `connection ${number} is not there`);
    assert(this.connections.clientConnections(this.journal, end.clientId)?.includes(connection(number)));
    const { clientId, connectionId } = end.counterparty;
    return {
      state: end.state === State.STATE_OPEN ? "open" : end.state === State.STATE_INIT ? "init" : "try",
      client: numberIn(end.clientId),
      theirClient: numberIn(clientId),
      theirConnection: connectionId === "" ? undefined : numberIn(connectionId),
    };
  }
}

/** The two. */
export class ClaimedChains {
  readonly #chains: readonly [ClaimedChain, ClaimedChain] = [
    new ClaimedChain(() => this.#chains[1].journal),
    new ClaimedChain(() => this.#chains[0].journal),
  ];

  /** `ok`, or `codespace/code` of the refusal. */
  apply(action: Action): string {
    const chain = this.#chains[action.chain];
    switch (action.do) {
      case "create":
        return chain.run(MsgCreateClient, {
          clientState: anyHeight(action.height),
          consensusState: anyHeight(action.height),
        });
      case "update":
        return chain.run(MsgUpdateClient, {
          clientId: client(action.client),
          clientMessage: anyHeight(action.height),
        });
      default:
        return handshake(chain, action);
    }
  }

  /** What a chain holds, of heights up to `heightMax`. */
  facts = (chain: 0 | 1, heightMax: number): ChainFacts => this.#chains[chain].facts(heightMax);
}

function handshake(chain: ClaimedChain, action: Exclude<Action, { do: "create" | "update" }>): string {
  switch (action.do) {
    case "init":
      return chain.run(MsgConnectionOpenInit, {
        clientId: client(action.client),
        counterparty: { clientId: client(action.theirClient), connectionId: "", prefix: PREFIX },
        version: VERSION,
        delayPeriod: 0n,
      });
    case "try":
      return chain.run(
        MsgConnectionOpenTry,
        MsgConnectionOpenTry.fromPartial({
          clientId: client(action.client),
          counterparty: {
            clientId: client(action.theirClient),
            connectionId: connection(action.theirConnection),
            prefix: PREFIX,
          },
          counterpartyVersions: [VERSION],
          proofInit: PROOF,
          proofHeight: heightOf(action.height),
        }),
      );
    case "ack":
      return chain.run(
        MsgConnectionOpenAck,
        MsgConnectionOpenAck.fromPartial({
          connectionId: connection(action.connection),
          counterpartyConnectionId: connection(action.theirConnection),
          version: VERSION,
          proofTry: PROOF,
          proofHeight: heightOf(action.height),
        }),
      );
    case "confirm":
      return chain.run(MsgConnectionOpenConfirm, {
        connectionId: connection(action.connection),
        proofAck: PROOF,
        proofHeight: heightOf(action.height),
      });
  }
}

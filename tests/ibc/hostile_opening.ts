/** Clients, connections and channels that somebody opens wrongly. @module */
import { Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { Header } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { ClientStateCodec, type TendermintClientState } from "../../node/core/ibc/mod.ts";
import {
  anyOf,
  changed,
  chanOpenAck,
  chanOpenConfirm,
  chanOpenInit,
  chanOpenTry,
  clientStateOf,
  connOpenAck,
  connOpenConfirm,
  connOpenInit,
  connOpenTry,
  createClient,
  type End,
  updateClient,
  updateClientWith,
} from "../helpers/ibc/mod.ts";
import { above, GARBAGE, type Hostile, hostile, proofCases } from "./hostile.ts";

/** A new client whose state is not what it should be. */
const client = (end: End, change: Partial<TendermintClientState>) => {
  const { chain } = end.other;
  return changed(createClient(end), {
    clientState: anyOf(ClientStateCodec, { ...clientStateOf(chain, chain.height), ...change }),
  });
};

/** An update whose header somebody has changed. */
const header = (end: End, change: (header: Header) => void) => {
  const { chain } = end.other;
  const forged = Header.decode(Header.encode(chain.header(chain.height, end.clientHeight)).finish());
  change(forged);
  return updateClientWith(end, forged);
};

const CLIENTS = [
  hostile(
    "a state of no known type",
    (end) => changed(createClient(end), { clientState: { typeUrl: "/none.ClientState", value: GARBAGE } }),
    "unpackAny",
    "undecoded",
  ),
  hostile(
    "a state of garbage",
    (end) => changed(createClient(end), ({ clientState }) => ({ clientState: { ...clientState!, value: GARBAGE } })),
    "invalidClient",
    "undecoded",
  ),
  hostile(
    "frozen",
    (end) => client(end, { frozenHeight: { revisionNumber: 0n, revisionHeight: 1n } }),
    "clientNotActive",
  ),
  hostile(
    "at height zero",
    (end) => client(end, { latestHeight: end.other.chain.ibcHeight(0n) }),
    "tendermintHeaderHeight",
  ),
  hostile(
    "of another revision than its chain",
    (end) => client(end, { latestHeight: { revisionNumber: 9n, revisionHeight: 5n } }),
    "tendermintHeaderHeight",
  ),
  hostile(
    "that trusts longer than stake is bound",
    (end) => client(end, { trustingPeriod: { seconds: 10n ** 8n, nanos: 0 } }),
    "tendermintTrustingPeriod",
  ),
  hostile(
    "that needs less trust than a third",
    (end) => client(end, { trustLevel: { numerator: 1n, denominator: 4n } }),
    "tendermintTrustLevel",
  ),
  hostile("without proof specifications", (end) => client(end, { proofSpecs: [] }), "tendermintProofSpecs"),
];

const UPDATES = [
  hostile("of no client", (end) => changed(updateClient(end), { clientId: "07-tendermint-99" }), "clientNotActive"),
  hostile(
    "with garbage",
    (end) =>
      changed(updateClient(end), ({ clientMessage }) => ({ clientMessage: { ...clientMessage!, value: GARBAGE } })),
    "invalidClientHeader",
    "undecoded",
  ),
  hostile(
    "with another app hash",
    (end) => header(end, ({ signedHeader }) => signedHeader!.header!.appHash = new Uint8Array(32).fill(7)),
    "tendermintHeader",
    "unnamed",
  ),
  hostile(
    "with a forged signature",
    (end) =>
      header(end, ({ signedHeader }) => signedHeader!.commit!.signatures[0]!.signature = new Uint8Array(64).fill(7)),
    "tendermintHeader",
    "unnamed",
  ),
  hostile(
    "with other validators",
    (end) => header(end, ({ validatorSet }) => validatorSet!.validators[0]!.votingPower += 1n),
    "tendermintHeader",
    "invalidClientHeader",
  ),
  hostile(
    "on other trusted validators",
    (end) => header(end, ({ trustedValidators }) => trustedValidators!.validators[0]!.votingPower += 1n),
    "tendermintValidatorSet",
  ),
  hostile(
    "without a commit",
    (end) => header(end, ({ signedHeader }) => delete signedHeader!.commit),
    "invalidClientHeader",
    "unnamed",
  ),
  hostile(
    "of another chain",
    (end) => header(end, ({ signedHeader }) => signedHeader!.header!.chainId = "another-1"),
    "tendermintHeader",
    "unnamed",
  ),
  hostile(
    "on a height the client never trusted",
    (end) => header(end, (forged) => forged.trustedHeight = end.other.chain.ibcHeight(1n)),
    "consensusStateNotFound",
  ),
  hostile(
    "not above the height it trusts",
    (end) => header(end, (forged) => forged.trustedHeight = above(forged.trustedHeight)),
    "tendermintHeaderHeight",
  ),
];

const OTHER_VERSION = { version: { identifier: "2", features: [] } };

const CONNECTIONS: Readonly<Record<string, readonly Hostile[]>> = {
  connOpenInit: [
    hostile("over no client", (end) => changed(connOpenInit(end), { clientId: "07-tendermint-99" }), "clientNotActive"),
    hostile(
      "of an unknown version",
      (end) => changed(connOpenInit(end), OTHER_VERSION),
      "invalidConnectionVersion",
    ),
    hostile("without a prefix", (end) =>
      changed(connOpenInit(end), ({ counterparty }) => ({
        counterparty: { ...counterparty, prefix: { keyPrefix: new Uint8Array() } },
      })), "invalidConnectionCounterparty"),
  ],
  connOpenTry: [
    ...proofCases(connOpenTry, "proofInit", () => "nextClientSequence"),
    hostile("with another delay", (end) => changed(connOpenTry(end), { delayPeriod: 1n }), "invalidProof"),
    hostile("without versions", (end) => changed(connOpenTry(end), { counterpartyVersions: [] }), "invalidVersion"),
    hostile("for another client of the other chain", (end) =>
      changed(connOpenTry(end), ({ counterparty }) => ({
        counterparty: { ...counterparty, clientId: "07-tendermint-77" },
      })), "invalidProof"),
  ],
  connOpenAck: [
    ...proofCases(connOpenAck, "proofTry", () => "nextClientSequence"),
    hostile(
      "of another connection",
      (end) => changed(connOpenAck(end), { counterpartyConnectionId: "connection-77" }),
      "invalidProof",
    ),
    hostile(
      "to no connection",
      (end) => changed(connOpenAck(end), { connectionId: "connection-99" }),
      "connectionNotFound",
    ),
    hostile(
      "with another version",
      (end) => changed(connOpenAck(end), OTHER_VERSION),
      "invalidConnectionState",
    ),
  ],
  connOpenConfirm: [
    ...proofCases(connOpenConfirm, "proofAck", () => "nextClientSequence"),
    hostile(
      "of no connection",
      (end) => changed(connOpenConfirm(end), { connectionId: "connection-99" }),
      "connectionNotFound",
    ),
  ],
};

const CHANNELS: Readonly<Record<string, readonly Hostile[]>> = {
  chanOpenInit: [
    hostile(
      "over no connection",
      (end) =>
        changed(chanOpenInit(end), ({ channel }) => ({ channel: { ...channel, connectionHops: ["connection-99"] } })),
      "connectionNotFound",
    ),
    hostile("on a port of nobody", (end) => changed(chanOpenInit(end), { portId: "nobody" }), "routeNotFound"),
    hostile(
      "open from the start",
      (end) => changed(chanOpenInit(end), ({ channel }) => ({ channel: { ...channel, state: State.STATE_OPEN } })),
      "invalidChannelState",
    ),
    hostile("without an order", (end) =>
      changed(chanOpenInit(end), ({ channel }) => ({
        channel: { ...channel, ordering: Order.ORDER_NONE_UNSPECIFIED },
      })), "invalidOrder"),
  ],
  chanOpenTry: [
    ...proofCases(chanOpenTry, "proofInit", () => "nextChannelSequence"),
    hostile("of the other order", (end) =>
      changed(chanOpenTry(end), ({ channel }) => ({
        channel: { ...channel, ordering: end.ordered ? Order.ORDER_UNORDERED : Order.ORDER_ORDERED },
      })), "invalidProof"),
    hostile(
      "with another version of the counterparty",
      (end) => changed(chanOpenTry(end), { counterpartyVersion: "other" }),
      "invalidProof",
    ),
    hostile("for another channel of the other chain", (end) =>
      changed(chanOpenTry(end), ({ channel }) => ({
        channel: { ...channel, counterparty: { ...channel.counterparty, channelId: "channel-77" } },
      })), "invalidProof"),
  ],
  chanOpenAck: [
    ...proofCases(chanOpenAck, "proofTry", () => "nextChannelSequence"),
    hostile(
      "of another channel",
      (end) => changed(chanOpenAck(end), { counterpartyChannelId: "channel-77" }),
      "invalidProof",
    ),
    hostile("to no channel", (end) => changed(chanOpenAck(end), { channelId: "channel-99" }), "channelNotFound"),
    hostile(
      "with another version",
      (end) => changed(chanOpenAck(end), { counterpartyVersion: "other" }),
      "invalidProof",
    ),
  ],
  chanOpenConfirm: [
    ...proofCases(chanOpenConfirm, "proofAck", () => "nextChannelSequence"),
    hostile("of no channel", (end) => changed(chanOpenConfirm(end), { channelId: "channel-99" }), "channelNotFound"),
  ],
};

/** By step. */
export const OPENING: Readonly<Record<string, readonly Hostile[]>> = {
  createClient: CLIENTS,
  updateClient: UPDATES,
  ...CONNECTIONS,
  ...CHANNELS,
};

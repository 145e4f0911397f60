/**
 * An application for tests of channels (ibc-go's `testing/mock`): it sends what a message tells it, remembers what reached
 * it, and does what the packet's first word says: `ok`, `fail`, or `later` (acknowledged by a message).
 * @module
 */
import { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { Height } from "cosmjs-types/ibc/core/client/v1/client";
import type {
  AddressCodec,
  ChannelEnd,
  Context,
  IbcApplication,
  IbcChannels,
  Module,
} from "../../../node/app/ports.ts";
import { type ModuleSet, standardModules } from "../../../node/app/mod.ts";
import { utf8ToBytes } from "../../../node/core/bytes.ts";
import { decodeStrict, fields, messageCodec } from "../../../node/core/codec/mod.ts";
import { failure, ZERO_HEIGHT } from "../../../node/core/ibc/mod.ts";
import { err, ok, type Result } from "../../../node/core/result.ts";
import type { Typed } from "./messages.ts";

export const MOCK_PORT = "mock";
export const MOCK_VERSION = "mock-version";
const STORE = "mock";
/** In a version or in packet data: the callback refuses. */
export const REFUSED = "refused by the mock application";

const MsgSendCodec = messageCodec("/catenary.test.v1.MsgSend", {
  signer: fields.string(1),
  channelId: fields.string(2),
  timeoutHeight: fields.message(3, Height),
  timeoutTimestamp: fields.uint64(4),
  data: fields.bytes(5),
  portId: fields.string(6),
});
type MsgSend = ReturnType<typeof MsgSendCodec.decode>;

const MsgAcknowledgeCodec = messageCodec("/catenary.test.v1.MsgAcknowledge", {
  signer: fields.string(1),
  packet: fields.message(2, Packet),
});

const MsgWriteCodec = messageCodec("/catenary.test.v1.MsgWrite", {
  signer: fields.string(1),
  key: fields.string(2),
  value: fields.bytes(3),
});

/** Writes a value into the store `mock`, for other chains to be shown. */
export const mockWrite = (signer: string, key: string, value: Uint8Array) => ({
  codec: MsgWriteCodec,
  value: { signer, key, value },
});

export interface MockPacket {
  readonly data?: string | Uint8Array;
  readonly timeoutHeight?: Height;
  /** Nanoseconds. */
  readonly timeoutTimestamp?: bigint;
  readonly portId?: string;
}

/** Lets the application send a packet. */
export function mockSend(signer: string, channelId: string, packet: MockPacket): Typed<MsgSend> {
  const { data = "ok", timeoutHeight = ZERO_HEIGHT, timeoutTimestamp = 0n, portId = MOCK_PORT } = packet;
  const bytes = typeof data === "string" ? utf8ToBytes(data) : data;
  return { codec: MsgSendCodec, value: { signer, channelId, timeoutHeight, timeoutTimestamp, data: bytes, portId } };
}

/** Lets it acknowledge a packet whose acknowledgement it put off. */
export const mockAcknowledge = (signer: string, packet: Packet) => ({
  codec: MsgAcknowledgeCodec,
  value: { signer, packet },
});

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const refusal = (code: number, message: string): Result<never> => err({ codespace: "mock", code, message });
const done: Result<undefined> = ok(undefined);
const refuses = (text: string | Uint8Array) => (typeof text === "string" ? text : textOf(text)).includes("refuse");

/** Writes down that something happened, where a test can read and prove it. */
function note(context: Context, what: string, { portId, channelId }: ChannelEnd, sequence = 0n): void {
  const key = utf8ToBytes(`${what}/${portId}/${channelId}/${sequence}`);
  const before = context.view.get(STORE, key);
  context.view.set(STORE, key, Uint8Array.of((before?.[0] ?? 0) + 1));
  context.emit({ type: "mock", attributes: [{ key: what, value: sequence.toString(), index: true }] });
}

/** The key under which the mock counts: `recv`, `ack`, `timeout`, `confirm`, `close`. */
export const mockKey = (what: string, { portId, channelId }: ChannelEnd, sequence = 0n): Uint8Array =>
  utf8ToBytes(`${what}/${portId}/${channelId}/${sequence}`);

export const mockApplication: IbcApplication = {
  onChanOpenInit: (_context, _channel, version) =>
    refuses(version) ? refusal(1, REFUSED) : ok(version === "" ? MOCK_VERSION : version),
  onChanOpenTry: (_context, _channel, version) => refuses(version) ? refusal(1, REFUSED) : ok(version),
  onChanOpenAck: () => done,
  onChanOpenConfirm(context, end) {
    note(context, "confirm", end);
    return done;
  },
  onChanCloseInit: () => done,
  onChanCloseConfirm(context, end) {
    note(context, "close", end);
    return done;
  },
  onRecvPacket(context, _version, packet) {
    const { destinationPort: portId, destinationChannel: channelId, sequence } = packet;
    note(context, "recv", { portId, channelId }, sequence);
    const word = textOf(packet.data).split(" ")[0];
    if (word === "later") return undefined;
    return word === "fail" ? failure(7) : { success: true, result: utf8ToBytes("mock result") };
  },
  onAcknowledgementPacket(context, _version, packet) {
    if (refuses(packet.data)) return refusal(2, REFUSED);
    const { sourcePort: portId, sourceChannel: channelId, sequence } = packet;
    note(context, "ack", { portId, channelId }, sequence);
    return done;
  },
  onTimeoutPacket(context, _version, packet) {
    if (refuses(packet.data)) return refusal(2, REFUSED);
    const { sourcePort: portId, sourceChannel: channelId, sequence } = packet;
    note(context, "timeout", { portId, channelId }, sequence);
    return done;
  },
};

/** The module of the application's two messages. */
export function mockModule(codec: AddressCodec, channels: IbcChannels): Module {
  const decode = <M extends { signer: string }>(message: Typed<M>["codec"], bytes: Uint8Array) => {
    const decoded = decodeStrict(message, bytes, "mock message", 65_536);
    if (!decoded.ok) return decoded;
    const signer = codec.parse(decoded.value.signer);
    return signer === undefined ? refusal(3, "no signer") : ok({ message: decoded.value, signer });
  };
  return {
    name: "mock",
    stores: [STORE],
    messages: [{
      typeUrl: MsgSendCodec.typeUrl,
      responseTypeUrl: `${MsgSendCodec.typeUrl}Response`,
      decode: (bytes) => decode(MsgSendCodec, bytes),
      signers: ({ signer }) => [signer],
      touch() {},
      execute(context, { message: { portId, channelId, timeoutHeight = ZERO_HEIGHT, timeoutTimestamp, data } }) {
        const outgoing = { sourcePort: portId, sourceChannel: channelId, timeoutHeight, timeoutTimestamp, data };
        const sent = channels.sendPacket(context, outgoing);
        return sent.ok ? ok(new Uint8Array()) : sent;
      },
    }, {
      typeUrl: MsgAcknowledgeCodec.typeUrl,
      responseTypeUrl: `${MsgAcknowledgeCodec.typeUrl}Response`,
      decode: (bytes) => decode(MsgAcknowledgeCodec, bytes),
      signers: ({ signer }) => [signer],
      touch() {},
      execute(context, { message: { packet } }) {
        const result = utf8ToBytes("mock result");
        const written = channels.writeAcknowledgement(context, packet!, { success: true, result });
        return written.ok ? ok(new Uint8Array()) : written;
      },
    }, {
      typeUrl: MsgWriteCodec.typeUrl,
      responseTypeUrl: `${MsgWriteCodec.typeUrl}Response`,
      decode: (bytes) => decode(MsgWriteCodec, bytes),
      signers: ({ signer }) => [signer],
      touch() {},
      execute({ view }, { message: { key, value } }) {
        view.set(STORE, utf8ToBytes(key), value);
        return ok(new Uint8Array());
      },
    }],
    queries: [],
    // Nothing of it is kept over an export.
    initGenesis: () => ok(undefined),
    // deno-lint-ignore require-yield
    *exportGenesis() {
      return undefined;
    },
  };
}

/** The standard modules, and the mock application on its port. */
export function modulesWithMock(codec: AddressCodec): ModuleSet {
  const set = standardModules(codec);
  set.ibc.bindPort(MOCK_PORT, mockApplication);
  return { ...set, modules: [...set.modules, mockModule(codec, set.ibc)] };
}

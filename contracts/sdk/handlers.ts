/**
 * The decorators of functions: which export each makes, what its functions get and what they give.
 * @module
 */

/** What a function can be to the chain. */
export interface Handler {
  /** Of the module. */
  readonly exportName: string;
  /** Whether somebody calls, with coins: `info` is there. */
  readonly info?: true;
  /** Type that the whole message is read as; without one, parameters are the message's members. */
  readonly message?: string;
  /** Whether a message says by its only member which of many functions is meant. */
  readonly many?: true;
  /** Type that functions give; without one, whatever they like. */
  readonly gives?: string;
}

const ibc = (exportName: string, message: string, gives = "Response"): Handler => ({ exportName, message, gives });

/** By decorator. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  instantiate: { exportName: "instantiate", info: true, gives: "Response" },
  execute: { exportName: "execute", info: true, many: true, gives: "Response" },
  query: { exportName: "query", many: true },
  migrate: { exportName: "migrate", gives: "Response" },
  reply: { exportName: "reply", message: "Reply", gives: "Response" },
  sudo: { exportName: "sudo", many: true, gives: "Response" },
  ibcChannelOpen: ibc("ibc_channel_open", "IbcChannelOpenMsg", "string"),
  ibcChannelConnect: ibc("ibc_channel_connect", "IbcChannelConnectMsg"),
  ibcChannelClose: ibc("ibc_channel_close", "IbcChannelCloseMsg"),
  ibcPacketReceive: ibc("ibc_packet_receive", "IbcPacketReceiveMsg", "IbcReceiveResponse"),
  ibcPacketAck: ibc("ibc_packet_ack", "IbcPacketAckMsg"),
  ibcPacketTimeout: ibc("ibc_packet_timeout", "IbcPacketTimeoutMsg"),
  ibcSourceCallback: ibc("ibc_source_callback", "IbcSourceCallbackMsg"),
  ibcDestinationCallback: ibc("ibc_destination_callback", "IbcDestinationCallbackMsg"),
};

/** A contract has all of these, and then a port, or none. */
export const PORT_HANDLERS: readonly string[] = [
  "ibcChannelOpen",
  "ibcChannelConnect",
  "ibcChannelClose",
  "ibcPacketReceive",
  "ibcPacketAck",
  "ibcPacketTimeout",
];

/** Decorators that AssemblyScript itself has, and the SDK's on classes. The compiler passes over all others in silence. */
const OTHER_DECORATORS = ["external", "final", "global", "inline", "json", "lazy", "operator", "unmanaged", "unsafe"];

export const isDecorator = (name: string): boolean => name in HANDLERS || OTHER_DECORATORS.includes(name);

/** What functions of `handler` may have as parameters whatever the message is, by type, with their names in wrappers. */
export function injectedInto({ info, message }: Handler): ReadonlyMap<string, string> {
  return new Map([
    ["Env", "env"],
    ...(info ? [["MessageInfo", "info"] as const] : []),
    ...(message === undefined ? [] : [[message, "message"] as const]),
  ]);
}

/** Types that never are members of a message. */
export const INJECTED_TYPES: ReadonlySet<string> = new Set(
  Object.values(HANDLERS).flatMap((handler) => [...injectedInto(handler).keys()]),
);

/** A path opened and used step by step, with a look at each step before it is taken. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import {
  acknowledge,
  chanCloseConfirm,
  chanCloseInit,
  chanOpenAck,
  chanOpenConfirm,
  chanOpenInit,
  chanOpenTry,
  connOpenAck,
  connOpenConfirm,
  connOpenInit,
  connOpenTry,
  createClient,
  type Delivered,
  type End,
  eventValue,
  type Path,
  recvPacket,
  timeout,
  type Typed,
  updateClient,
} from "../helpers/ibc/mod.ts";
import type { Situation } from "./hostile.ts";

export interface Walk {
  /** Called before each step, with the end that will take it. Packets are there from the step `packets` on. */
  before(step: string, end: End, situation: Situation): void;
  /** Lets an application of the end's chain send a packet. */
  send(end: End, data: string, timeoutHeight: IbcHeight): Packet;
}

const NOT_YET = {} as Situation;

/** Opens `path` from its a end and settles packets at both of its ends; at a alone, if a timeout closes the channel. */
export function walk(path: Path, { before, send }: Walk): void {
  const { a, b } = path;
  // deno-lint-ignore no-explicit-any
  const step = (end: End, name: string, make: (end: End) => Typed<any>): Delivered => {
    before(name, end, NOT_YET);
    return end.do(make(end));
  };
  for (const end of path.ends) {
    end.other.chain.nextBlock();
    const { height } = end.other.chain;
    end.clientId = eventValue(step(end, "createClient", createClient), "create_client", "client_id");
    end.clientHeight = height;
    end.other.chain.nextBlock();
    end.other.chain.nextBlock();
    const newest = end.other.chain.height;
    step(end, "updateClient", (end) => updateClient(end, newest));
    end.clientHeight = newest;
  }
  a.connectionId = eventValue(step(a, "connOpenInit", connOpenInit), "connection_open_init", "connection_id");
  b.updateClient();
  b.connectionId = eventValue(step(b, "connOpenTry", connOpenTry), "connection_open_try", "connection_id");
  a.updateClient();
  step(a, "connOpenAck", connOpenAck);
  b.updateClient();
  step(b, "connOpenConfirm", connOpenConfirm);
  a.channelId = eventValue(step(a, "chanOpenInit", chanOpenInit), "channel_open_init", "channel_id");
  b.updateClient();
  b.channelId = eventValue(step(b, "chanOpenTry", chanOpenTry), "channel_open_try", "channel_id");
  a.updateClient();
  step(a, "chanOpenAck", chanOpenAck);
  b.updateClient();
  step(b, "chanOpenConfirm", chanOpenConfirm);
  const left = (a.ordered ? [a] : path.ends).map((end) => ({ end, packet: packets(end, before, send) }));
  close(path, left, before);
}

/** Closes the channel from its b end, or after the timeout that closed an ordered one; nothing stays on its way. */
function close({ a, b }: Path, left: readonly { end: End; packet: Packet }[], before: Walk["before"]): void {
  const [first, second] = a.ordered ? [a, b] : [b, a];
  if (!a.ordered) first.do(chanCloseInit(first));
  second.updateClient();
  before("close", second, { ...NOT_YET, late: left[0]!.packet });
  if (!a.ordered) second.timeoutOnClose(left[0]!.packet);
  second.do(chanCloseConfirm(second));
  for (const { end, packet } of a.ordered ? left : left.slice(1)) end.timeoutOnClose(packet);
}

/** Packets of all kinds at `end`; settles what can be settled, and answers what cannot. */
function packets(end: End, before: Walk["before"], send: Walk["send"]): Packet {
  const { other } = end;
  const far = (of: End) => of.other.chain.ibcHeight(of.other.chain.height + 100_000n);
  const first = send(end, "mock packet data", far(end));
  const received = other.recv(first);
  const { ack } = other.acked(received)[0]!;
  const incoming = send(other, "mock packet data", far(other));
  const late = send(end, "mock packet data", other.chain.ibcHeight(other.chain.height + 2n));
  for (let i = 0; i < 3; i++) other.chain.nextBlock();
  const pending = send(end, "mock packet data", far(end));
  end.updateClient();
  const situation: Situation = { incoming, acked: { packet: first, ack }, late, pending };
  before("packets", end, situation);
  end.do(recvPacket(end, incoming));
  end.do(acknowledge(end, first, ack));
  end.do(timeout(end, late));
  return pending;
}

/** One end of a path: a chain, its client of the other chain, and the connection and channel over it. @module */
import { Channel, type Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { ConnectionEnd } from "cosmjs-types/ibc/core/connection/v1/connection";
import { utf8ToBytes } from "../../../node/core/bytes.ts";
import { channelPath, connectionPath, IBC_STORE_NAME } from "../../../node/core/ibc/mod.ts";
import { eventValue, sentPackets, writtenAcks } from "./events.ts";
import {
  acknowledge,
  type ClientOptions,
  createClient,
  encodeTyped,
  recvPacket,
  timeout,
  timeoutOnClose,
  type Typed,
  updateClient,
} from "./messages.ts";
import type { Delivered, IbcChain, Proof } from "./ports.ts";

/** A step that had to succeed was refused. */
export class StepRefused extends Error {
  constructor(readonly chainId: string, readonly delivered: Delivered) {
    super(`${chainId}: ${delivered.codespace} ${delivered.code}: ${delivered.log}`);
  }
}

/** The answer, when it is a success. */
export function succeeded(chain: Pick<IbcChain, "chainId">, delivered: Delivered): Delivered {
  if (delivered.code !== 0) throw new StepRefused(chain.chainId, delivered);
  return delivered;
}

export class End {
  other!: End;
  clientId = "";
  /** Height of the other chain that the client was last brought to. */
  clientHeight = 0n;
  connectionId = "";
  channelId = "";
  portId = "transfer";
  version = "ics20-1";
  ordered = false;
  /** Nanoseconds, of the connection. */
  delayPeriod = 0n;
  /** The connections of a channel over several; its own otherwise. */
  connectionHops: readonly string[] | undefined;
  /** Proves a key of the other chain's IBC store in another way than by its own store, as multi-hop channels do. */
  prover: ((path: string) => Proof) | undefined;

  constructor(readonly chain: IbcChain) {}

  get hops(): readonly string[] {
    return this.connectionHops ?? [this.connectionId];
  }

  /** What the other chain's IBC store has under `path`, proven to the height the client is at. */
  prove(path: string, clientHeight: bigint = this.clientHeight): Proof {
    if (this.prover !== undefined) return this.prover(path);
    return this.other.chain.prove(IBC_STORE_NAME, utf8ToBytes(path), clientHeight - 1n);
  }

  /** Delivers messages in one transaction of the relayer, whatever comes of it. */
  // deno-lint-ignore no-explicit-any
  try(...messages: readonly Typed<any>[]): Delivered {
    return this.chain.relay(messages.map(encodeTyped));
  }

  /** The same; throws a {@linkcode StepRefused} unless it succeeds. */
  // deno-lint-ignore no-explicit-any
  do(...messages: readonly Typed<any>[]): Delivered {
    return succeeded(this.chain, this.try(...messages));
  }

  createClient(options: ClientOptions = {}): void {
    const { chain } = this.other;
    chain.nextBlock();
    const { height } = chain;
    this.clientId = eventValue(this.do(createClient(this, options)), "create_client", "client_id");
    this.clientHeight = height;
  }

  /** Makes a block on the other chain, so that its state can be proven, and brings the client there. */
  updateClient(): Delivered {
    this.other.chain.nextBlock();
    const { height } = this.other.chain;
    const delivered = this.do(updateClient(this, height));
    this.clientHeight = height;
    return delivered;
  }

  connection(): ConnectionEnd {
    return ConnectionEnd.decode(this.stored(connectionPath(this.connectionId)));
  }

  channel(): Channel {
    return Channel.decode(this.stored(channelPath(this.portId, this.channelId)));
  }

  /** What the own IBC store has under `path`; throws where there is nothing. */
  stored(path: string): Uint8Array {
    const { value } = this.chain.prove(IBC_STORE_NAME, utf8ToBytes(path));
    if (value === undefined) throw new Error(`${this.chain.chainId} has nothing under ${path}`);
    return value;
  }

  /** Receives a packet of the other end after an update of the client. */
  recv(packet: Packet): Delivered {
    this.updateClient();
    return this.do(recvPacket(this, packet));
  }

  /** Takes the acknowledgement of a packet of this end after an update of the client. */
  acknowledge(packet: Packet, acknowledgement: Uint8Array): Delivered {
    this.updateClient();
    return this.do(acknowledge(this, packet, acknowledgement));
  }

  timeout(packet: Packet): Delivered {
    this.updateClient();
    return this.do(timeout(this, packet));
  }

  timeoutOnClose(packet: Packet): Delivered {
    this.updateClient();
    return this.do(timeoutOnClose(this, packet));
  }

  owns({ sourcePort, sourceChannel }: Packet): boolean {
    return sourcePort === this.portId && sourceChannel === this.channelId;
  }

  /** Packets of this end that a transaction of its chain sent. */
  sent(delivered: Pick<Delivered, "events">): Packet[] {
    return sentPackets(delivered).filter((packet) => this.owns(packet));
  }

  /** Acknowledgements of the other end's packets that a transaction of this chain wrote. */
  acked(delivered: Pick<Delivered, "events">): { packet: Packet; ack: Uint8Array }[] {
    // Of all ends of this chain: the other chain may call its end as a third chain calls its.
    return writtenAcks(delivered).filter(({ packet }) =>
      this.other.owns(packet) && packet.destinationPort === this.portId && packet.destinationChannel === this.channelId
    );
  }
}

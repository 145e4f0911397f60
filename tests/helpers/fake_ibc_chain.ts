/**
 * Chains with the real keepers of accounts, coins, transfers and forwards over a core of IBC that only keeps books: no
 * clients, no proofs, whoever calls is believed. What is under test are the applications; the books are part of the
 * journal, so they are reverted with everything else.
 * @module
 */
import { Channel, Order, Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { RunContext } from "../../node/app/_run_context.ts";
import { FreeGasMeter } from "../../node/app/gas.ts";
import type { ChannelEnd, Context, IbcApplication, IbcChannels, OutgoingPacket } from "../../node/app/ports.ts";
import { type Address, AddressCodec } from "../../node/core/address.ts";
import { prefixEnd, utf8ToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { encodeAcknowledgement, type WrittenAcknowledgement } from "../../node/core/ibc/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { AuthKeeper } from "../../node/modules/auth/mod.ts";
import { BankKeeper } from "../../node/modules/bank/mod.ts";
import {
  PacketForwardKeeper,
  packetForwardMiddleware,
  packetForwardModule,
} from "../../node/modules/packet_forward/mod.ts";
import { transferApplication, TransferKeeper, transferModule } from "../../node/modules/transfer/mod.ts";
import { Journal } from "../../node/state/mod.ts";
import type { StateReader } from "../../node/state/view.ts";

const BOOKS = "books";
const PAGE = 10_000;
const refuse = (code: number, message: string) => err({ codespace: "books", code, message });
const place = (kind: string, portId: string, channelId: string, sequence: bigint) =>
  utf8ToBytes(`${kind}/${portId}/${channelId}/${sequence}`);

/** The books of one chain's packets. */
export class FakeChannels implements IbcChannels {
  readonly ends = new Map<string, Channel>();

  open({ portId, channelId }: ChannelEnd, counterparty: ChannelEnd, version = "ics20-1"): void {
    const channel = {
      state: State.STATE_OPEN,
      ordering: Order.ORDER_UNORDERED,
      counterparty,
      connectionHops: ["connection-0"],
      version,
    };
    this.ends.set(`${portId}/${channelId}`, Channel.fromPartial(channel));
  }

  close(end: ChannelEnd): void {
    const channel = this.channel(undefined, end)!;
    this.ends.set(`${end.portId}/${end.channelId}`, { ...channel, state: State.STATE_CLOSED });
  }

  channel(_view: unknown, { portId, channelId }: ChannelEnd): Channel | undefined {
    return this.ends.get(`${portId}/${channelId}`);
  }

  clientIdOf(view: StateReader, end: ChannelEnd): string | undefined {
    return this.channel(view, end) === undefined ? undefined : "07-tendermint-0";
  }

  sendPacket({ view }: Context, outgoing: OutgoingPacket): Result<bigint> {
    const { sourcePort, sourceChannel } = outgoing;
    const channel = this.channel(view, { portId: sourcePort, channelId: sourceChannel });
    if (channel?.state !== State.STATE_OPEN) return refuse(1, `send packet: ${sourceChannel} is not open`);
    const counter = utf8ToBytes(`next/${sourcePort}/${sourceChannel}`);
    const sequence = BigInt(new TextDecoder().decode(view.get(BOOKS, counter) ?? utf8ToBytes("1")));
    view.set(BOOKS, counter, utf8ToBytes(`${sequence + 1n}`));
    const { portId: destinationPort, channelId: destinationChannel } = channel.counterparty;
    const packet: Packet = { ...outgoing, sequence, destinationPort, destinationChannel };
    view.set(BOOKS, place("sent", sourcePort, sourceChannel, sequence), Packet.encode(packet).finish());
    return ok(sequence);
  }

  writeAcknowledgement({ view }: Context, packet: Packet, ack: WrittenAcknowledgement): Result<undefined> {
    const key = place("ack", packet.destinationPort, packet.destinationChannel, packet.sequence);
    if (view.get(BOOKS, key) !== undefined) return refuse(2, "acknowledge packet: it has been");
    if (!this.wasReceived(view, packet)) return refuse(3, "acknowledge packet: it has not been received");
    view.set(BOOKS, key, encodeAcknowledgement(ack));
    return ok(undefined);
  }

  /** Packets that were sent and neither acknowledged nor timed out. */
  sent(view: StateReader): Packet[] {
    const start = utf8ToBytes("sent/");
    return view.page(BOOKS, { start, end: prefixEnd(start), limit: PAGE }).map(([, value]) => Packet.decode(value));
  }

  isOpen(packet: Packet, view: StateReader): boolean {
    return view.get(BOOKS, place("sent", packet.sourcePort, packet.sourceChannel, packet.sequence)) !== undefined;
  }

  forget({ view }: Context, packet: Packet): void {
    view.delete(BOOKS, place("sent", packet.sourcePort, packet.sourceChannel, packet.sequence));
  }

  wasReceived(view: StateReader, packet: Packet): boolean {
    const key = place("receipt", packet.destinationPort, packet.destinationChannel, packet.sequence);
    return view.get(BOOKS, key) !== undefined;
  }

  noteReceived({ view }: Context, packet: Packet): void {
    const key = place("receipt", packet.destinationPort, packet.destinationChannel, packet.sequence);
    view.set(BOOKS, key, Uint8Array.of(1));
  }

  /** As the receiving chain wrote it. */
  acknowledgement(view: StateReader, packet: Packet): Uint8Array | undefined {
    return view.get(BOOKS, place("ack", packet.destinationPort, packet.destinationChannel, packet.sequence));
  }
}

/** What became of something relayed: done, nothing to do, or refused by the application. */
export type Relayed = "done" | "redundant" | { readonly refused: string };

export class FakeIbcChain {
  readonly codec: AddressCodec;
  readonly context: RunContext;
  readonly channels = new FakeChannels();
  readonly auth: AuthKeeper;
  readonly bank: BankKeeper;
  readonly transfers: TransferKeeper;
  readonly forwards: PacketForwardKeeper;
  readonly relayer: Address;
  /** Applications by port; transfers behind the packet-forward middleware from the start. */
  readonly applications = new Map<string, IbcApplication>();
  #channelsMade = 0;

  constructor(readonly name: string, prefix = name) {
    this.codec = new AddressCodec(prefix);
    const journal = new Journal({ get: () => undefined, page: () => [] });
    const block = { chainId: name, height: 1n, time: 1_700_000_000_000_000_000n };
    this.context = new RunContext(journal, new FreeGasMeter(), block);
    this.auth = new AuthKeeper(this.codec, { transfer: ["minter", "burner"], treasury: [] });
    const blocked = new Set(["transfer", "treasury"].map((module) => this.auth.moduleAddress(module).text));
    this.bank = new BankKeeper(this.codec, this.auth, blocked);
    this.bank.setParams(this.view, { sendEnabled: [], defaultSendEnabled: true });
    this.transfers = new TransferKeeper(this.codec, this.bank, this.auth, this.channels, {
      isAuthority: (_view, { text }) => text === this.account("authority").text,
    });
    this.forwards = new PacketForwardKeeper(this.codec, this.bank, this.transfers, this.channels);
    const genesis = Object.assign(this.context, { validators: [] });
    for (const module of [transferModule(this.transfers), packetForwardModule(this.forwards)]) {
      const made = module.initGenesis(genesis, undefined);
      if (!made.ok) throw new Error(made.error.message);
    }
    this.relayer = this.account("relayer");
    this.applications.set("transfer", packetForwardMiddleware(this.forwards, transferApplication(this.transfers)));
  }

  get view() {
    return this.context.view;
  }

  account(name: string): Address {
    return this.codec.of(sha256(utf8ToBytes(name)).slice(0, 20));
  }

  fund(to: Address, denom: string, amount: bigint): void {
    const minted = this.bank.mint(this.context, to, [{ denom, amount }]);
    if (!minted.ok) throw new Error(minted.error.message);
  }

  balance(of: Address, denom: string): bigint {
    return this.bank.balance(this.view, of.bytes, denom);
  }

  /** An unused channel identifier. */
  nextChannel(): string {
    return `channel-${this.#channelsMade++}`;
  }

  receive(packet: Packet): Relayed {
    if (this.channels.wasReceived(this.view, packet)) return "redundant";
    return this.#asOneTransaction((context) => {
      this.channels.noteReceived(context, packet);
      let acknowledgement: ReturnType<IbcApplication["onRecvPacket"]>;
      const application = this.applications.get(packet.destinationPort)!;
      context.attempt((inner) => {
        acknowledgement = application.onRecvPacket(inner, this.#version(packet, "destination"), packet, this.relayer);
        return acknowledgement?.success === false ? refuse(4, "receive packet: it failed") : ok(undefined);
      });
      if (acknowledgement !== undefined && "abort" in acknowledgement) return err(acknowledgement.abort);
      return acknowledgement === undefined
        ? ok(undefined)
        : this.channels.writeAcknowledgement(context, packet, acknowledgement);
    });
  }

  acknowledge(packet: Packet, acknowledgement: Uint8Array): Relayed {
    if (!this.channels.isOpen(packet, this.view)) return "redundant";
    return this.#asOneTransaction((context) => {
      this.channels.forget(context, packet);
      const application = this.applications.get(packet.sourcePort)!;
      const version = this.#version(packet, "source");
      return application.onAcknowledgementPacket(context, version, packet, acknowledgement, this.relayer);
    });
  }

  timeout(packet: Packet): Relayed {
    if (!this.channels.isOpen(packet, this.view)) return "redundant";
    return this.#asOneTransaction((context) => {
      this.channels.forget(context, packet);
      const application = this.applications.get(packet.sourcePort)!;
      return application.onTimeoutPacket(context, this.#version(packet, "source"), packet, this.relayer);
    });
  }

  #version(packet: Packet, end: "source" | "destination"): string {
    return this.channels.channel(undefined, {
      portId: packet[`${end}Port`],
      channelId: packet[`${end}Channel`],
    })!.version;
  }

  #asOneTransaction(run: (context: Context) => Result<undefined>): Relayed {
    const { result } = this.context.attempt(run);
    return result.ok ? "done" : { refused: result.error.message };
  }
}

/** Opens a channel between two chains; answers both identifiers. */
export function connect(
  a: FakeIbcChain,
  b: FakeIbcChain,
  { port = "transfer", version = "ics20-1" } = {},
): [a: string, b: string] {
  const ends = [{ portId: port, channelId: a.nextChannel() }, { portId: port, channelId: b.nextChannel() }] as const;
  a.channels.open(ends[0], ends[1], version);
  b.channels.open(ends[1], ends[0], version);
  return [ends[0].channelId, ends[1].channelId];
}

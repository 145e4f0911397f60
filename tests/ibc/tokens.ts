/**
 * Books over a world of chains: which tokens exist, what stands behind each voucher, and which packets are on their way.
 * For tests that let packets be lost, repeated, mixed up and late, and then ask whether everything is still there.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { QueryPacketCommitmentsRequest, QueryPacketCommitmentsResponse } from "cosmjs-types/ibc/core/channel/v1/query";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  denomPath,
  hasPrefix,
  localDenom,
  parseDenom,
  receivedDenom,
  type TransferDenom,
  withHop,
} from "../../node/core/ibc/mod.ts";
import {
  acknowledge,
  type Delivered,
  type End,
  escrowOf,
  type Path,
  recvPacket,
  sentPackets,
  supply,
  type TestChain,
  timeout,
  type Typed,
  updateClient,
} from "../helpers/ibc/mod.ts";

export const chainOf = (end: End): TestChain => end.chain as TestChain;

/** A packet that somebody may relay. */
export interface Travelling {
  readonly packet: Packet;
  /** Where it was sent. */
  readonly end: End;
  ack?: Uint8Array;
  settled?: boolean;
  /** What was relayed of it, to be relayed again. */
  // deno-lint-ignore no-explicit-any
  readonly relayed: { readonly end: End; readonly message: Typed<any> }[];
}

const decoder = new TextDecoder();

export class Books {
  readonly packets: Travelling[] = [];
  /** Denoms that chains have seen, by the name they have there. */
  readonly #denoms = new Map<TestChain, Map<string, TransferDenom>>();
  readonly #seen = new Map<TestChain, number>();
  readonly #supplies: { readonly chain: TestChain; readonly denom: string; readonly amount: bigint }[] = [];

  constructor(readonly paths: readonly Path[], natives: readonly string[]) {
    for (const chain of this.chains()) {
      const denoms = natives.map((base): [string, TransferDenom] => [base, { base, trace: [] }]);
      this.#denoms.set(chain, new Map(denoms));
      this.#seen.set(chain, chain.history.length);
      for (const denom of natives) this.#supplies.push({ chain, denom, amount: supply(chain, denom) });
    }
  }

  get ends(): End[] {
    return this.paths.flatMap(({ ends }) => [...ends]);
  }

  chains(): TestChain[] {
    return [...new Set(this.ends.map(chainOf))];
  }

  /** Names of the denoms that a chain has seen. */
  denomsOf(chain: TestChain): string[] {
    return [...this.#denoms.get(chain)!.keys()];
  }

  /** Takes down what the transactions since the last call sent and acknowledged. */
  read(): void {
    for (const chain of this.chains()) {
      const fresh = chain.history.slice(this.#seen.get(chain)!).filter(({ code }) => code === 0);
      this.#seen.set(chain, chain.history.length);
      for (const tx of fresh) {
        for (const packet of sentPackets(tx)) {
          const end = this.ends.find((end) => end.chain === chain && end.owns(packet))!;
          this.packets.push({ packet, end, relayed: [] });
          const received = receivedDenom(parseDenom(JSON.parse(decoder.decode(packet.data)).denom), packet);
          this.#denoms.get(chainOf(end.other))!.set(localDenom(received), received);
        }
        for (const end of this.ends.filter((end) => end.chain === chain)) {
          for (const { packet, ack } of end.acked(tx)) this.#find(end.other, packet).ack = ack;
        }
      }
    }
  }

  #find(end: End, { sequence }: Packet): Travelling {
    return this.packets.find((one) => one.end === end && one.packet.sequence === sequence)!;
  }

  /** Updates the client of `end` and delivers a message in one transaction, whatever comes of it. */
  // deno-lint-ignore no-explicit-any
  relay(one: Travelling, end: End, make: (end: End) => Typed<any>): Delivered {
    const before = end.clientHeight;
    const other = chainOf(end.other);
    other.nextBlock();
    const update = updateClient(end, other.height);
    end.clientHeight = other.height;
    const message = make(end);
    const delivered = end.try(update, message);
    if (delivered.code === 0) one.relayed.push({ end, message });
    else end.clientHeight = before;
    this.read();
    return delivered;
  }

  receive = (one: Travelling): Delivered => this.relay(one, one.end.other, (end) => recvPacket(end, one.packet));

  /** Undefined: it was not acknowledged yet. */
  acknowledge(one: Travelling): Delivered | undefined {
    if (one.ack === undefined) return undefined;
    const delivered = this.relay(one, one.end, (end) => acknowledge(end, one.packet, one.ack!));
    assertEquals(delivered.code, 0, delivered.log);
    one.settled = true;
    return delivered;
  }

  timeout(one: Travelling): Delivered {
    const delivered = this.relay(one, one.end, (end) => timeout(end, one.packet));
    if (delivered.code === 0) one.settled = true;
    return delivered;
  }

  /** Delivers until no packet is on its way: what is acknowledged is settled, what is late is taken back, the rest arrives. */
  settle(): void {
    for (let round = 0; round < 200; round++) {
      const one = this.packets.find(({ settled, ack, relayed, end }) =>
        settled !== true && (ack !== undefined || relayed.every((was) => was.end !== end.other))
      );
      if (one === undefined) return;
      if (this.acknowledge(one) !== undefined) continue;
      if (this.receive(one).code !== 0) assertEquals(this.timeout(one).code, 0, "neither received nor late");
    }
    throw new Error("settle: packets move for ever");
  }

  /** Nothing was made or lost: at home there is what there was, and behind each voucher stands a token in escrow. */
  check(settled = false): void {
    for (const { chain, denom, amount } of this.#supplies) assertEquals(supply(chain, denom), amount, denom);
    for (const end of this.ends) {
      const [here, there] = [chainOf(end), chainOf(end.other)];
      for (const [name, denom] of this.#denoms.get(here)!) {
        if (hasPrefix(denom, end.portId, end.channelId)) continue;
        const escrowed = here.balance(escrowOf(end), name);
        const voucher = withHop(denom, end.other.portId, end.other.channelId);
        const minted = supply(there, localDenom(voucher));
        const what = `${here.chainId} ${end.channelId} ${denomPath(denom)}: ${escrowed} escrowed, ${minted} vouchers`;
        if (settled) assertEquals(escrowed, minted, what);
        else assert(escrowed >= minted, what);
      }
    }
  }

  /** Packets that a chain still waits for. */
  pending(end: End): bigint[] {
    const request = QueryPacketCommitmentsRequest.fromPartial({ portId: end.portId, channelId: end.channelId });
    const path = "/ibc.core.channel.v1.Query/PacketCommitments";
    const answer = chainOf(end).ask(path, QueryPacketCommitmentsRequest, QueryPacketCommitmentsResponse, request);
    return answer.commitments.map(({ sequence }) => sequence);
  }
}

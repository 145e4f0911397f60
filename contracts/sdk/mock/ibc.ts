/**
 * What one mock chain knows of channels and packets. Nothing is proven here: `channel.ts`, which joins two chains, brings
 * only what is true.
 * @module
 */
import type { MockChain } from "./chain.ts";
import { ContractError } from "./contract_error.ts";
import type { Frame } from "./dispatch.ts";
import type { MockEnd, MockPacket, MockTimeout } from "./ibc_types.ts";

const packetKey = (channelId: string, sequence: number) => `${channelId}/${sequence}`;

export class MockIbc {
  readonly #ends = new Map<string, MockEnd>();
  /** Sent, and neither acknowledged nor timed out; undefined once they are. */
  readonly #waiting = new Map<string, MockPacket | undefined>();
  readonly #received = new Map<string, MockPacket>();
  readonly #acknowledgements = new Map<string, Uint8Array>();

  constructor(private readonly chain: MockChain) {}

  nextChannelId(): string {
    return `channel-${this.#ends.size}`;
  }

  setEnd(end: MockEnd): void {
    this.chain.state.put(this.#ends, end.channelId, end);
  }

  /** An end that is there, whatever its port. */
  end(channelId: string): MockEnd {
    const end = this.#ends.get(channelId);
    if (end === undefined) throw new ContractError(`${channelId}: channel not found`);
    return end;
  }

  /** A port's own end, which must be open. */
  #openEnd(portId: string, channelId: string): MockEnd {
    const end = this.end(channelId);
    if (end.portId !== portId) {
      throw new ContractError(`port ID (${portId}) channel ID (${channelId}): channel not found`);
    }
    if (end.state !== "open") throw new ContractError(`${channelId} is ${end.state}: invalid channel state`);
    return end;
  }

  /** Sends a packet; its sequence. */
  send(portId: string, channelId: string, data: Uint8Array, timeout: MockTimeout): number {
    const end = this.#openEnd(portId, channelId);
    if (timeout.block === undefined && timeout.nanos === 0n) {
      throw new ContractError("timeout height and timeout timestamp cannot both be 0: invalid packet");
    }
    if (data.length === 0) throw new ContractError("packet data bytes cannot be empty: invalid packet");
    const sequence = end.sent + 1;
    this.setEnd({ ...end, sent: sequence });
    const src = { portId, channelId };
    this.chain.state.put(this.#waiting, packetKey(channelId, sequence), {
      data,
      src,
      dest: end.counterparty,
      sequence,
      timeout,
    });
    return sequence;
  }

  /** Packets that wait for an answer, in the order they were sent. */
  waiting(channelId: string): MockPacket[] {
    return [...this.#waiting.values()].filter((packet) => packet !== undefined)
      .filter(({ src }) => src.channelId === channelId)
      .sort((a, b) => a.sequence - b.sequence);
  }

  settle({ src, sequence }: MockPacket): void {
    this.chain.state.put(this.#waiting, packetKey(src.channelId, sequence), undefined);
  }

  markReceived(packet: MockPacket): void {
    this.chain.state.put(this.#received, packetKey(packet.dest.channelId, packet.sequence), packet);
  }

  hasReceived({ dest, sequence }: MockPacket): boolean {
    return this.#received.has(packetKey(dest.channelId, sequence));
  }

  acknowledgement({ dest, sequence }: MockPacket): Uint8Array | undefined {
    return this.#acknowledgements.get(packetKey(dest.channelId, sequence));
  }

  /** Writes the acknowledgement of a packet that was received, once. */
  write(portId: string, channelId: string, sequence: number, acknowledgement: Uint8Array): void {
    this.#openEnd(portId, channelId);
    const key = packetKey(channelId, sequence);
    if (!this.#received.has(key) || this.#acknowledgements.has(key)) throw new ContractError("packet: invalid");
    if (acknowledgement.length === 0) {
      throw new ContractError("acknowledgement cannot be empty: invalid acknowledgement");
    }
    this.chain.state.put(this.#acknowledgements, key, acknowledgement);
  }

  /** Closes an end because somebody on this chain wants that; the application may refuse. */
  closeInit(frame: Frame, portId: string, channelId: string): void {
    const end = this.#openEnd(portId, channelId);
    this.setEnd({ ...end, state: "closed" });
    this.chain.application(portId).close(frame, end, "close_init");
  }

  /** Whether a packet may not arrive here any more. */
  isLate({ timeout: { block, nanos } }: MockPacket): boolean {
    if (nanos !== 0n && this.chain.nanos >= nanos) return true;
    if (block === undefined) return false;
    const revision = Number(/-(\d+)$/.exec(this.chain.chainId)?.[1] ?? 0);
    return revision > block.revision || (revision === block.revision && this.chain.height >= block.height);
  }
}

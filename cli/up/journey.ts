/** The life of a transfer over several chains, read from the packets that it is made of. @module */
import type { PacketKey, PacketStep, PacketView } from "../../relayer/api/ports.ts";

/** Something that happened to one of its packets. */
export interface JourneyStep {
  readonly what: "sent" | "received" | "acknowledged" | "timed out";
  readonly packet: PacketView;
  readonly step: PacketStep;
}

export const keyText = ({ chain, portId, channelId, sequence }: PacketKey): string =>
  `${chain}/${portId}/${channelId}/${sequence}`;

/** How much a view tells. */
const knowledge = ({ sent, received, forwardedAs, settled }: PacketView): number =>
  [sent, received, forwardedAs, settled].filter((one) => one !== undefined).length;

/** A transfer whose packets become known bit by bit, in any order. */
export class Journey {
  readonly #first: PacketKey;
  readonly #packets = new Map<string, PacketView>();
  #told = 0;

  constructor(first: PacketKey) {
    this.#first = first;
  }

  /** Takes what is known of a packet, also of others, and answers the steps that are new, each after what it followed. */
  take(packet: PacketView): JourneyStep[] {
    const key = keyText(packet.source);
    const known = this.#packets.get(key);
    // What was asked for may be older than what was told meanwhile.
    if (known === undefined || knowledge(packet) >= knowledge(known)) this.#packets.set(key, packet);
    const steps = this.#steps();
    const fresh = steps.slice(this.#told);
    this.#told = Math.max(this.#told, steps.length);
    return fresh;
  }

  /** The packet that ended it: acknowledged or timed out where it began. */
  get ended(): PacketView | undefined {
    const first = this.#packets.get(keyText(this.#first));
    return first?.settled !== undefined && this.#isBack ? first : undefined;
  }

  /** The last step that was told is the settling of the first packet. */
  get #isBack(): boolean {
    const last = this.#steps().at(-1);
    return last !== undefined && last.step === last.packet.settled &&
      keyText(last.packet.source) === keyText(this.#first);
  }

  /** The packets so far, each forwarded as the next. */
  #chain(): PacketView[] {
    const chain: PacketView[] = [];
    let key: PacketKey | undefined = this.#first;
    while (key !== undefined) {
      const packet: PacketView | undefined = this.#packets.get(keyText(key));
      if (packet === undefined) break;
      chain.push(packet);
      key = packet.forwardedAs;
    }
    return chain;
  }

  /** All steps up to the first that is not known: onwards packet by packet, then back. */
  #steps(): JourneyStep[] {
    const chain = this.#chain();
    const steps: JourneyStep[] = [];
    for (const packet of chain) {
      if (packet.sent === undefined) return steps;
      steps.push({ what: "sent", packet, step: packet.sent });
      if (packet.state === "timed_out") break;
      if (packet.received === undefined) return steps;
      steps.push({ what: "received", packet, step: packet.received });
    }
    // Somebody beyond has it: the way back begins only after that.
    if (chain.at(-1)?.forwardedAs !== undefined) return steps;
    for (const packet of chain.toReversed()) {
      if (packet.settled === undefined) return steps;
      const what = packet.state === "timed_out" ? "timed out" : "acknowledged";
      steps.push({ what, packet, step: packet.settled });
    }
    return steps;
  }
}

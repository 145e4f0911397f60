/** Merlin transcripts (merlin.cool, version 1.0): a challenge that depends on every message before it. @module */
import { utf8ToBytes } from "../core/bytes.ts";
import { Strobe } from "./_strobe.ts";

function lengthBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length, true);
  return bytes;
}

/** What both sides of a protocol have seen so far. */
export class Transcript {
  readonly #strobe = new Strobe("Merlin v1.0");

  /** @param label Names the protocol. */
  constructor(label: string) {
    this.append("dom-sep", utf8ToBytes(label));
  }

  append(label: string, message: Uint8Array): void {
    this.#frame(label, message.length);
    this.#strobe.ad(message);
  }

  /** `length` bytes of challenge; it becomes part of the transcript that it was asked for. */
  challenge(label: string, length: number): Uint8Array {
    this.#frame(label, length);
    return this.#strobe.prf(length);
  }

  #frame(label: string, length: number): void {
    this.#strobe.metaAd(utf8ToBytes(label));
    this.#strobe.metaAd(lengthBytes(length), true);
  }
}

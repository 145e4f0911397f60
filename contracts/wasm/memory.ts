/**
 * The contract's memory as the host sees it: regions, by the rules of cosmwasm-vm (`packages/vm/src/memory.rs`, v3.0). A region
 * is three little-endian u32 in memory (offset, capacity, length) that say where the bytes are. The contract makes all of
 * them, so nothing in one is believed.
 * @module
 */
import { communicationFault } from "./_faults.ts";
import { NOTHING_WRITTEN } from "./_writes.ts";

/** Bytes of the three numbers. */
export const REGION_BYTES = 12;

const U32_MAX = 0xffff_ffff;

/** Views of a memory that follow it when it grows. */
export class ContractMemory {
  readonly #memory: WebAssembly.Memory;
  #bytes: Uint8Array;
  #view: DataView;
  /** The region that was located last. */
  #offset = 0;
  #capacity = 0;
  #length = 0;
  /** The lowest address that the host has written to since somebody set it. */
  lowest = NOTHING_WRITTEN;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** All of it, as long as nobody grows it. */
  get bytes(): Uint8Array {
    // Growing detaches the buffer, and a detached one is empty.
    if (this.#bytes.length === 0) {
      this.#bytes = new Uint8Array(this.#memory.buffer);
      this.#view = new DataView(this.#memory.buffer);
    }
    return this.#bytes;
  }

  /** Reads the region at `pointer` and checks what can be wrong with its numbers. Returns its length. */
  locate(pointer: number): number {
    const size = this.bytes.length;
    if (pointer + REGION_BYTES > size) {
      throw communicationFault(
        `The Wasm memory address ${pointer} provided by the contract could not be dereferenced: ` +
          "Could not dereference this pointer to a Region",
      );
    }
    const offset = this.#offset = this.#view.getUint32(pointer, true);
    const capacity = this.#capacity = this.#view.getUint32(pointer + 4, true);
    const length = this.#length = this.#view.getUint32(pointer + 8, true);
    if (offset === 0) throw invalidRegion("Got a zero Wasm address in the offset");
    if (length > capacity) {
      throw invalidRegion(`Region length exceeds capacity. Length ${length}, capacity ${capacity}`);
    }
    if (capacity > U32_MAX - offset) {
      throw invalidRegion(`Region exceeds address space. Offset ${offset}, capacity ${capacity}`);
    }
    return length;
  }

  /** A copy of the bytes of the located region, at most `lengthMax`. */
  read(lengthMax: number): Uint8Array {
    const length = this.#length;
    if (length > lengthMax) {
      throw communicationFault(`Region length too big. Got ${length}, limit ${lengthMax}`);
    }
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw this.#outOfMemory();
    return this.#bytes.slice(this.#offset, end);
  }

  /** Puts `data` into the located region, whose numbers are at `pointer`, and sets its length. */
  write(pointer: number, data: Uint8Array): void {
    if (data.length > this.#capacity) {
      throw communicationFault(`Region too small. Got ${this.#capacity}, required ${data.length}`);
    }
    if (this.#offset + data.length > this.#bytes.length) throw this.#outOfMemory();
    this.lowest = Math.min(this.lowest, this.#offset, pointer);
    this.#bytes.set(data, this.#offset);
    // The data may lie over the numbers themselves; then the length still goes in last, with the rest as it was read.
    this.#view.setUint32(pointer, this.#offset, true);
    this.#view.setUint32(pointer + 4, this.#capacity, true);
    this.#view.setUint32(pointer + 8, data.length, true);
  }

  #outOfMemory() {
    const region = `Region { offset: ${this.#offset}, capacity: ${this.#capacity}, length: ${this.#length} }`;
    return communicationFault(
      `Tried to access memory of region ${region} in Wasm memory of size ${this.#bytes.length} bytes. This typically ` +
        "happens when the given Region pointer does not point to a proper Region struct.",
    );
  }
}

const invalidRegion = (text: string) => communicationFault(`Got an invalid region: ${text}`);

/**
 * Packs: the node records that a version writes, many in one stored value. Storage pays per value and per page, so a
 * block's thousands of records cost what their bytes cost. A pack: for each record its place (see keys.ts), u16 length,
 * bytes. Children come before their parents, so that a parent knows where they are.
 */
import { invariant } from "../core/invariant.ts";
import type { StateWrite } from "./commit.ts";
import { locatorOf, packKey, placeBytes, rootLocator, writePlace } from "./keys.ts";

/** Small enough that reading one node is cheap. A record that is larger has a pack of its own. */
const PACK_BYTES = 8 * 1024;
const NOTHING = new Uint8Array();

/** A record in a pack: where it can be found, and its bytes once the pack is closed. */
export interface Placed {
  readonly locator: Uint8Array;
  /** The pack's number here, not in storage. */
  readonly pack: number;
  readonly at: number;
}

export class PackWriter {
  /** Closed packs. */
  readonly packs: Uint8Array[] = [];
  readonly #locators: Uint8Array[] = [];
  #open: Uint8Array;
  #at = 0;
  #taken = 0;

  constructor(readonly store: string, readonly version: bigint) {
    this.#open = new Uint8Array(PACK_BYTES);
    this.#locators.push(locatorOf(version, 0));
  }

  /** Makes room for a record; `write` fills it in. */
  add(depth: number, keyHash: Uint8Array, size: number, write: (out: Uint8Array, at: number) => void): Placed {
    const needed = placeBytes(depth) + 2 + size;
    if (this.#at > 0 && this.#at + needed > PACK_BYTES) this.#next(locatorOf(this.version, this.packs.length + 1));
    return this.#put(depth, keyHash, size, write);
  }

  /** The last record. */
  addRoot(size: number, write: (out: Uint8Array, at: number) => void): Placed {
    const root = rootLocator(this.version);
    if (this.#at > 0) this.#next(root);
    else this.#locators[this.packs.length] = root;
    return this.#put(0, root, size, write);
  }

  #put(depth: number, keyHash: Uint8Array, size: number, write: (out: Uint8Array, at: number) => void): Placed {
    const needed = placeBytes(depth) + 2 + size;
    if (needed > this.#open.length) this.#open = new Uint8Array(needed);
    const sizeAt = writePlace(depth, keyHash, this.#open, this.#at);
    this.#open[sizeAt] = size >> 8;
    this.#open[sizeAt + 1] = size & 0xff;
    write(this.#open, sizeAt + 2);
    this.#at += needed;
    return { locator: this.#locators.at(-1)!, pack: this.packs.length, at: sizeAt + 2 };
  }

  #next(locator: Uint8Array): void {
    this.packs.push(this.#open.slice(0, this.#at));
    this.#at = 0;
    this.#locators.push(locator);
  }

  /** Closes the last pack: everything that is to be written and was not taken before. */
  finish(): StateWrite[] {
    if (this.#at > 0) this.#next(this.#locators.at(-1)!);
    return this.take();
  }

  /** What is to be written of closed packs, once: for trees that are larger than memory. */
  take(): StateWrite[] {
    const writes: StateWrite[] = [];
    for (; this.#taken < this.packs.length; this.#taken++) {
      writes.push([packKey(this.store, this.#locators[this.#taken]!), this.packs[this.#taken]!]);
      this.packs[this.#taken] = NOTHING;
    }
    return writes;
  }
}

/** Calls for each record with where its place begins and where its bytes do, until `visit` returns true. */
function scan(pack: Uint8Array, visit: (placeAt: number, at: number, end: number) => boolean): void {
  for (let placeAt = 0; placeAt < pack.length;) {
    const at = placeAt + placeBytes(pack[placeAt]!) + 2;
    const end = at + (pack[at - 2]! << 8 | pack[at - 1]!);
    invariant(end <= pack.length, "read a pack of tree nodes: it ends inside a record");
    if (visit(placeAt, at, end)) return;
    placeAt = end;
  }
}

/** The record of the node at `depth` above `keyHash`; a view. */
export function findRecord(pack: Uint8Array, depth: number, keyHash: Uint8Array): Uint8Array | undefined {
  const place = new Uint8Array(placeBytes(depth));
  writePlace(depth, keyHash, place, 0);
  let found: Uint8Array | undefined;
  scan(pack, (placeAt, at, end) => {
    for (let i = 0; i < place.length; i++) if (pack[placeAt + i] !== place[i]) return false;
    found = pack.subarray(at, end);
    return true;
  });
  return found;
}

/** The places of all records of a pack, in order. */
export function placesOf(pack: Uint8Array): Uint8Array[] {
  const places: Uint8Array[] = [];
  scan(pack, (placeAt) => {
    places.push(pack.slice(placeAt, placeAt + placeBytes(pack[placeAt]!)));
    return false;
  });
  return places;
}

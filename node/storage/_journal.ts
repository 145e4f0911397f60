import { commitUnits, singly } from "./_commits.ts";
import { afterKey, journalKey, metaKey, spaceBounds, storeDamaged } from "./_kv_layout.ts";
import type { KvKey, KvPort, KvValue, Mutation } from "./_kv_port.ts";
import type { ReadGate } from "./_read_gate.ts";

const MARKER = metaKey("journal");
const LIST_PAGE = 100;
const KIND = { deleted: 0, bytes: 1, text: 2 } as const;

/**
 * Makes a batch atomic that one commit cannot hold. Its mutations are written down first; the marker, in the commit of
 * the last piece, is the moment from which the batch has happened; then it is applied while readers wait. Applying
 * sets and deletes twice does no harm, so an open that finds the marker applies everything again.
 */
export class Journal {
  readonly #port: KvPort;
  readonly #gate: ReadGate;

  constructor(port: KvPort, gate: ReadGate) {
    this.#port = port;
    this.#gate = gate;
  }

  /** Finishes the batch that a crash interrupted, or forgets the one that had not yet happened. */
  async open(): Promise<void> {
    const [marker] = await this.#port.getMany([MARKER]);
    const keys: KvKey[] = [];
    const pieces: Uint8Array[] = [];
    let [start, end] = spaceBounds("journal");
    for (;;) {
      const page = await this.#port.list(start, end, { limit: LIST_PAGE });
      for (const [key, piece] of page) {
        keys.push(key);
        if (marker !== undefined && piece instanceof Uint8Array) pieces.push(piece);
      }
      if (page.length < LIST_PAGE) break;
      start = afterKey(keys.at(-1)!);
    }
    if (marker !== undefined) {
      if (Number(marker) !== pieces.length) {
        throw storeDamaged(`${pieces.length} of ${marker} journal pieces are there`);
      }
      await commitUnits(this.#port, singly([...decode(pieces), [MARKER, undefined]]));
    }
    await commitUnits(this.#port, singly(keys.map((key): Mutation => [key, undefined])));
  }

  /** Applies all `mutations` or none. */
  async apply(mutations: readonly Mutation[]): Promise<void> {
    const pieces = encode(mutations, this.#port.limits.valueBytesMax);
    const sets = pieces.map((piece, index): Mutation => [journalKey(index), piece]);
    await commitUnits(this.#port, singly([...sets, [MARKER, String(pieces.length)]]));
    await this.#gate.exclusive(() => commitUnits(this.#port, singly([...mutations, [MARKER, undefined]])));
    await commitUnits(this.#port, singly(sets.map(([key]): Mutation => [key, undefined])));
  }
}

/** Mutations as bytes: parts of the key, each with its length; the kind; the value with its length. Cut into pieces. */
function encode(mutations: readonly Mutation[], pieceBytesMax: number): Uint8Array[] {
  let size = 0;
  for (const [key, value] of mutations) {
    size += 6 + (value?.length ?? 0);
    for (const part of key) size += 2 + part.length;
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (part: Uint8Array) => {
    bytes.set(part, at);
    at += part.length;
  };
  for (const [key, value] of mutations) {
    view.setUint8(at++, key.length);
    for (const part of key) {
      view.setUint16(at, part.length);
      at += 2;
      put(part);
    }
    view.setUint8(at++, value === undefined ? KIND.deleted : typeof value === "string" ? KIND.text : KIND.bytes);
    view.setUint32(at, value?.length ?? 0);
    at += 4;
    if (value !== undefined) put(typeof value === "string" ? new TextEncoder().encode(value) : value);
  }
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < size; from += pieceBytesMax) pieces.push(bytes.subarray(from, from + pieceBytesMax));
  return pieces;
}

function* decode(pieces: readonly Uint8Array[]): Generator<Mutation> {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  const view = new DataView(bytes.buffer);
  at = 0;
  const take = (length: number) => bytes.slice(at, at += length);
  const part = () => {
    at += 2;
    return take(view.getUint16(at - 2));
  };
  while (at < bytes.length) {
    const parts = bytes[at++];
    const key: KvKey = parts === 1 ? [part()] : [part(), part()];
    const kind = bytes[at++];
    at += 4;
    const raw = take(view.getUint32(at - 4));
    const value: KvValue | undefined = kind === KIND.text ? new TextDecoder().decode(raw) : raw;
    yield [key, kind === KIND.deleted ? undefined : value];
  }
}

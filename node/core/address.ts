/**
 * Account addresses: raw bytes in keys and proofs, bech32 text in messages and events. A codec knows one chain's prefix
 * and remembers the addresses it saw last, because the same few accounts are read over and over in a block.
 * @module
 */
import { bech32 } from "@scure/base";

/** Longest address, in bytes (cosmos-sdk `address.MaxAddrLen`). */
export const ADDRESS_BYTES_MAX = 255;
/** Longest bech32 text of an address: prefix, separator, five bits a character, checksum. */
const ADDRESS_TEXT_MAX = 83 + 1 + Math.ceil((ADDRESS_BYTES_MAX * 8) / 5) + 6;
/** Addresses remembered in each of two generations. */
const REMEMBERED_MAX = 32_768;

/** One account address in both of its forms; `text` is always the canonical lower-case one. */
export interface Address {
  readonly bytes: Uint8Array;
  readonly text: string;
}

class Generations {
  #young = new Map<string, Address>();
  #old = new Map<string, Address>();

  get(key: string): Address | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.put(key, old);
    return old;
  }

  put(key: string, address: Address): void {
    if (this.#young.size >= REMEMBERED_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, address);
  }
}

/** Reads and prints the addresses of one chain. */
export class AddressCodec {
  readonly #byText = new Generations();
  readonly #byBytes = new Generations();

  constructor(
    /** Human-readable part, for example `cat`. */
    readonly prefix: string,
  ) {}

  /** Undefined unless `text` is bech32 with this prefix and holds 1 to 255 bytes. */
  parse(text: string): Address | undefined {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    if (text.length > ADDRESS_TEXT_MAX) return undefined;
    const bytes = decodeText(text, this.prefix);
    if (bytes === undefined) return undefined;
    const address = this.of(bytes);
    this.#byText.put(text, address);
    return address;
  }

  /** The address of `bytes` (1 to 255 of them, which the caller knows). */
  of(bytes: Uint8Array): Address {
    const key = bytes.toHex();
    const known = this.#byBytes.get(key);
    if (known !== undefined) return known;
    const own = bytes.slice();
    const address: Address = { bytes: own, text: bech32.encode(this.prefix, bech32.toWords(own), false) };
    this.#byBytes.put(key, address);
    return address;
  }
}

function decodeText(text: string, prefix: string): Uint8Array | undefined {
  try {
    const decoded = bech32.decode(text as `${string}1${string}`, false);
    if (decoded.prefix !== prefix) return undefined;
    const bytes = bech32.fromWords(decoded.words);
    return bytes.length > 0 && bytes.length <= ADDRESS_BYTES_MAX ? bytes : undefined;
  } catch {
    return undefined;
  }
}

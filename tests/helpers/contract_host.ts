import type { ContractAddresses, ContractHost, ContractStorage, StorageEntry } from "../../contracts/host.ts";
import { bytesToHex, compareBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import type { CodedError } from "../../node/core/errors.ts";
import { err, ok } from "../../node/core/result.ts";

const refuse = (message: string): CodedError => ({ codespace: "test", code: 1, message });

/** Length of all addresses in bytes. */
const ADDRESS_BYTES = 32;

/** Addresses as wasmvm's tests have them: the text, filled up with zeros. */
const ADDRESSES: ContractAddresses = {
  canonicalize(human) {
    const bytes = utf8ToBytes(human);
    if (bytes.length > ADDRESS_BYTES) return err(refuse("human encoding too long"));
    const canonical = new Uint8Array(ADDRESS_BYTES);
    canonical.set(bytes);
    return ok(canonical);
  },
  humanize(canonical) {
    if (canonical.length !== ADDRESS_BYTES) return err(refuse("wrong canonical length"));
    const end = canonical.indexOf(0);
    return ok(new TextDecoder().decode(canonical.subarray(0, end < 0 ? ADDRESS_BYTES : end)));
  },
  validate(human) {
    if (utf8ToBytes(human).length > ADDRESS_BYTES) return err(refuse("human encoding too long"));
    return human === human.toLowerCase() && !human.includes("\0")
      ? ok(human)
      : err(refuse("address validation failed"));
  },
};

/** A chain for one contract: its storage in memory, prices by call, and what it was asked. */
export class TestHost implements ContractHost {
  readonly entries = new Map<string, StorageEntry>();
  readonly asked: string[] = [];
  readonly said: string[] = [];
  addresses: ContractAddresses = ADDRESSES;
  /** Fuel for every call of the storage. */
  price = 0n;
  used = 0n;
  /** Thrown by the next call of the storage. */
  failure: unknown;
  onQuery: (request: string, limits: { fuel: bigint; stack: number }) => Uint8Array | string = () =>
    `{"ok":{"ok":"${btoa("{}")}"}}`;

  readonly storage: ContractStorage = {
    get: (key) => {
      this.#pay(`get ${bytesToHex(key)}`);
      return this.entries.get(bytesToHex(key))?.[1];
    },
    set: (key, value) => {
      this.#pay(`set ${bytesToHex(key)}`);
      this.entries.set(bytesToHex(key), [key, value]);
    },
    delete: (key) => {
      this.#pay(`delete ${bytesToHex(key)}`);
      this.entries.delete(bytesToHex(key));
    },
    first: (start, end, reverse) => {
      this.#pay(`first ${start && bytesToHex(start)} ${end && bytesToHex(end)} ${reverse}`);
      let best: StorageEntry | undefined;
      for (const entry of this.entries.values()) {
        if (start !== undefined && compareBytes(entry[0], start) < 0) continue;
        if (end !== undefined && compareBytes(entry[0], end) >= 0) continue;
        if (best === undefined || (compareBytes(entry[0], best[0]) < 0) !== reverse) best = entry;
      }
      return best;
    },
  };

  query(request: Uint8Array, limits: { fuel: bigint; stack: number }): Uint8Array {
    const text = new TextDecoder().decode(request);
    this.#pay(`query ${text}`);
    const answer = this.onQuery(text, limits);
    return typeof answer === "string" ? utf8ToBytes(answer) : answer;
  }

  externalFuel(): bigint {
    return this.used;
  }

  debug(text: string): void {
    this.said.push(text);
  }

  #pay(what: string): void {
    this.asked.push(what);
    this.used += this.price;
    if (this.failure !== undefined) throw this.failure;
  }
}

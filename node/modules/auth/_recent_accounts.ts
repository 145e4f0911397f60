/** Accounts in their decoded form, by the very bytes they are stored as. */
import type { Account, Address } from "../../app/ports.ts";
import { accountKey } from "./keys.ts";

/** Addresses remembered; the table starts over when it is full. */
const ADDRESSES_MAX = 16_384;
/** Forms of one account: as checked, as executed and as committed, of which each changes on its own. */
const FORMS = 4;

/** One address: the key of its account, and what the account lately was. Stored bytes are never written to. */
class RecentAccount {
  readonly #bytes: (Uint8Array | undefined)[] = new Array(FORMS).fill(undefined);
  readonly #accounts: (Account | undefined)[] = new Array(FORMS).fill(undefined);
  #next = 0;

  constructor(readonly key: Uint8Array) {}

  /** What `bytes` are the stored form of, if that is remembered. */
  find(bytes: Uint8Array): Account | undefined {
    for (let i = 0; i < FORMS; i++) if (this.#bytes[i] === bytes) return this.#accounts[i];
    return undefined;
  }

  add(bytes: Uint8Array, account: Account): void {
    this.#bytes[this.#next] = bytes;
    this.#accounts[this.#next] = account;
    this.#next = (this.#next + 1) % FORMS;
  }
}

/** A pure memo: what it holds changes the time a read takes, never its answer. */
export class RecentAccounts {
  readonly #byText = new Map<string, RecentAccount>();

  of({ bytes, text }: Address): RecentAccount {
    let recent = this.#byText.get(text);
    if (recent === undefined) {
      if (this.#byText.size >= ADDRESSES_MAX) this.#byText.clear();
      this.#byText.set(text, recent = new RecentAccount(accountKey(bytes)));
    }
    return recent;
  }
}

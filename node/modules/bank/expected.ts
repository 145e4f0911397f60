/** What this module needs from others; the composition of the application provides it. @module */
import type { Address } from "../../app/ports.ts";
import type { StateView } from "../../state/view.ts";

export interface ExpectedAccounts {
  /** Makes an account for `address` unless there is one. */
  ensure(view: StateView, address: Address): void;
  /** Names the key of an account, for prefetching. */
  touch(address: Address, key: (store: string, key: Uint8Array) => void): void;
}

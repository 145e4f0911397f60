/** What this module needs from others; the composition of the application provides it. @module */
import type { Address } from "../../../app/ports.ts";
import type { StateReader } from "../../../state/view.ts";

/** Who may do what ibc-go leaves to governance: recover clients, change parameters. */
export interface ExpectedAuthority {
  isAuthority(view: StateReader, address: Address): boolean;
}

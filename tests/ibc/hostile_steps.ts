/**
 * What somebody may submit who means ill or is out of his mind: each step of a path with something wrong in it, and the
 * refusal it gets. The same table is run against our chains and, by the interop tests, against ibc-go's.
 * @module
 */
import type { Hostile } from "./hostile.ts";
import { OPENING } from "./hostile_opening.ts";
import { CLOSING, PACKETS } from "./hostile_packets.ts";

/** By the step that they spoil; each is tried right before the step itself. */
export const HOSTILE: Readonly<Record<string, readonly Hostile[]>> = {
  ...OPENING,
  packets: PACKETS,
  close: CLOSING,
};

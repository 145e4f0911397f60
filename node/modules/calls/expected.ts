/** What this module needs from others; the composition of the application provides it. @module */
import type { Address, Context } from "../../app/ports.ts";
import type { Result } from "../../core/result.ts";

/** Something that calls from other chains may reach. */
export interface CallTarget {
  /**
   * Runs within the gas of the call, for `caller`: an account of this chain that only the sender of the call acts as.
   * Answers bytes for the sender. What a refusal wrote is taken back; its codespace and code go to the sender.
   */
  execute(context: Context, caller: Address, payload: Uint8Array): Result<Uint8Array>;
}

/** Targets by name. */
export type CallTargets = Readonly<Record<string, CallTarget>>;

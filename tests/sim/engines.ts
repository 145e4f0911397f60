/**
 * The engines the simulator knows, and what it must know about each: how to take its messages apart (for Byzantine
 * validators), rules of its own that signatures must obey, and how to break it on purpose. A new engine is one entry here.
 * @module
 */
import type { Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import type { Engine, EngineContext, SignerStorage, WalPort } from "../../node/consensus/mod.ts";
import { TENDERMINT_KIT } from "./tendermint_kit.ts";
import type { RuleFactory } from "./rules.ts";

// The simulator carries states, messages and records of every engine without looking inside.
// deno-lint-ignore no-explicit-any
export type AnyEngine = Engine<any, any, any>;
// deno-lint-ignore no-explicit-any
export type AnyMessage = any;

/** A message as far as all engines have it in common. */
export type Dissected =
  | { readonly type: "proposal"; readonly proposal: Proposal; readonly block: Uint8Array }
  | { readonly type: "vote"; readonly vote: Vote }
  | { readonly type: "other" };

/** The parts of a validator that a plant may replace by broken ones. */
export interface NodeParts {
  readonly engine: AnyEngine;
  readonly verify: EngineContext["verify"];
  readonly wal: WalPort;
  readonly signerStorage: SignerStorage;
}

/** A deliberate bug, put into every honest validator; the checkers must find it. */
export interface Plant {
  readonly about: string;
  apply(parts: NodeParts): NodeParts;
}

export interface EngineKit {
  readonly engine: AnyEngine;
  dissect(message: AnyMessage): Dissected;
  assemble(message: Exclude<Dissected, { type: "other" }>): AnyMessage;
  /** The engine with its memory of locks wiped at every step: for amnesiac Byzantine validators. */
  readonly amnesiac: AnyEngine;
  readonly rules: readonly RuleFactory[];
  readonly plants: Readonly<Record<string, Plant>>;
}

export const ENGINES: Readonly<Record<string, EngineKit>> = {
  tendermint: TENDERMINT_KIT,
};

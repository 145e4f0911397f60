/**
 * The engines the simulator knows, and what it must know about each: how to take its messages apart (for Byzantine
 * validators), rules of its own that signatures must obey, and how to break it on purpose. A new engine is one entry here.
 * @module
 */
import type { Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import type { Engine, EngineContext, SignerStorage, WalPort } from "../../node/consensus/mod.ts";
import type { GossipVerdict } from "../../node/core/peer.ts";
import type { Beginning } from "../../node/held_key.ts";
import type { PeerNetwork } from "../../node/network/ports.ts";
import type { BlockSource, SyncTarget } from "../../node/sync/ports.ts";
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

/** The parts of a node that a plant may replace by broken ones. */
export interface NodeParts {
  readonly engine: AnyEngine;
  readonly verify: EngineContext["verify"];
  readonly wal: WalPort;
  readonly signerStorage: SignerStorage;
  /** What the rule for lost homes is told when consensus begins; undefined: this is none. */
  readonly beginning: (height: bigint, wasWiped: boolean) => Omit<Beginning, "seen"> | undefined;
  /** What gossip and sync say and ask. */
  readonly network: Pick<PeerNetwork, "publish" | "send" | "request" | "report">;
  /** What gossip hears. */
  readonly onTopic: (from: string, bytes: Uint8Array) => GossipVerdict;
  readonly onDirect: (from: string, bytes: Uint8Array) => void;
  /** What gossip is told of a message by the engine. */
  readonly judge: (message: AnyMessage) => GossipVerdict;
  readonly target: SyncTarget;
  readonly source: BlockSource;
  /** What sync is told of peers. */
  readonly peerStatus: (peer: string, base: bigint, height: bigint) => void;
  /** Whether consensus runs now. */
  readonly isRunning: () => boolean;
}

/** A deliberate bug, put into every honest validator; the checkers must find it. */
export interface Plant {
  readonly about: string;
  /** Called for each life of each correct node. */
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

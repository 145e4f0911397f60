/** Messages apart from their blocks. @module */
import type { EngineCodec, GossipFacts } from "../consensus/engine.ts";
import { invariant } from "../core/invariant.ts";
import { nameOf } from "./wire.ts";

/** What gossip uses of an engine's codec. */
export type GossipCodec<M> = Pick<
  EngineCodec<M, unknown>,
  "facts" | "blockOf" | "withBlock" | "encodeMessage" | "decodeMessage"
>;

/** An own message: its head, and its block beside it. */
export interface OwnMessage<M> {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly message: M;
  readonly facts: GossipFacts;
  readonly from: undefined;
  readonly block: Uint8Array | undefined;
}

/** Takes a message of this node's engine apart. */
export function takeApart<M>(codec: GossipCodec<M>, whole: Uint8Array): OwnMessage<M> {
  const decoded = codec.decodeMessage(whole);
  invariant(decoded.ok, "say an own message: it cannot be decoded");
  const message = codec.withBlock(decoded.value, undefined);
  const block = codec.blockOf(decoded.value);
  const bytes = block === undefined ? whole : codec.encodeMessage(message);
  return { name: nameOf(bytes), bytes, message, facts: codec.facts(message), from: undefined, block };
}

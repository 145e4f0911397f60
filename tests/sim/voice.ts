/** How liars put messages of consensus on the wire: frames of gossip, as its real machine would make them. @module */
import { partSet } from "../../node/core/types/mod.ts";
import { encodeCarry } from "../../node/gossip/wire.ts";
import type { AnyEngine } from "./engines.ts";
import type { By } from "./network.ts";

export interface Said {
  readonly by: By;
  readonly frames: readonly Uint8Array[];
}

const made = new WeakMap<Uint8Array, Said>();

/** The frames of an encoded message, which may be none. What is meant for one peer never goes out by the topic. */
export function sayOf({ codec }: AnyEngine, message: Uint8Array, preferred: By): Said {
  const known = made.get(message);
  if (known !== undefined) return known;
  const said = framesOf(codec, message, preferred);
  made.set(message, said);
  return said;
}

function framesOf(codec: AnyEngine["codec"], message: Uint8Array, preferred: By): Said {
  const decoded = codec.decodeMessage(message);
  if (!decoded.ok) return { by: preferred, frames: [encodeCarry(message)] };
  const by = codec.facts(decoded.value).spread === "once" ? "direct" : preferred;
  const block = codec.blockOf(decoded.value);
  if (block === undefined) return { by, frames: [encodeCarry(message)] };
  const head = codec.encodeMessage(codec.withBlock(decoded.value, undefined));
  return { by, frames: partSet(block).parts.map((part) => encodeCarry(head, part)) };
}

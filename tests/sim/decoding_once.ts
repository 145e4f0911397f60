/**
 * Encodes what is said and decodes what is heard once for all who do: both are pure, and most of the work of a simulation.
 * Messages that are equal in their bytes are the same object then, which nobody changes.
 * @module
 */
import type { AnyEngine, AnyMessage, EngineKit } from "./engines.ts";

type Decoded = ReturnType<AnyEngine["codec"]["decodeMessage"]>;

/** Longer ones carry blocks, and are only looked up as the same array. */
const LOOKED_UP_BYTES_MAX = 512;
const KNOWN_MAX = 20_000;

export function decodingOnce(kit: EngineKit): EngineKit {
  const { codec } = kit.engine;
  const byArray = new WeakMap<Uint8Array, Decoded>();
  const byContent = new Map<string, Decoded>();
  const encoded = new WeakMap<object, Uint8Array>();

  const lookUp = (bytes: Uint8Array): Decoded => {
    if (bytes.length > LOOKED_UP_BYTES_MAX) return codec.decodeMessage(bytes);
    const content = String.fromCharCode(...bytes);
    let message = byContent.get(content);
    if (message !== undefined) return message;
    if (byContent.size >= KNOWN_MAX) byContent.clear();
    byContent.set(content, message = codec.decodeMessage(bytes));
    return message;
  };
  const once: AnyEngine["codec"] = {
    ...codec,
    decodeMessage(bytes) {
      let message = byArray.get(bytes);
      if (message === undefined) byArray.set(bytes, message = lookUp(bytes));
      return message;
    },
    encodeMessage(message: AnyMessage) {
      // Votes are said again and again, each time in a message that is made anew.
      const key = message.vote;
      if (key === undefined) return codec.encodeMessage(message);
      let bytes = encoded.get(key);
      if (bytes === undefined) encoded.set(key, bytes = codec.encodeMessage(message));
      return bytes;
    },
  };
  return {
    ...kit,
    engine: { ...kit.engine, codec: once },
    amnesiac: { ...kit.amnesiac, codec: once },
  };
}

/** Decodes what is heard once for all who hear it: decoding is pure, and it is most of the work of a simulation. @module */
import type { AnyEngine, EngineKit } from "./engines.ts";

export function decodingOnce(kit: EngineKit): EngineKit {
  const known = new WeakMap<Uint8Array, ReturnType<AnyEngine["codec"]["decodeMessage"]>>();
  const codec: AnyEngine["codec"] = {
    ...kit.engine.codec,
    decodeMessage(bytes) {
      let message = known.get(bytes);
      if (message === undefined) known.set(bytes, message = kit.engine.codec.decodeMessage(bytes));
      return message;
    },
  };
  return { ...kit, engine: { ...kit.engine, codec }, amnesiac: { ...kit.amnesiac, codec } };
}

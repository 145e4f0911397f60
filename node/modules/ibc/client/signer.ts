import type { Address } from "../../../app/ports.ts";
import { refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { ClientKeeper } from "./keeper.ts";

/** The one who signs a message of this module. */
export function readSigner({ codec }: ClientKeeper, text: string): Result<Address> {
  const address = codec.parse(text);
  if (address !== undefined) return ok(address);
  return refuse("invalidAddress", `string could not be parsed as address: ${text.slice(0, 100)}`);
}

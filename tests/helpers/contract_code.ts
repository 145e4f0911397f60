import { gunzipSync } from "node:zlib";

const FOLDER = new URL("../vectors/cosmwasm/", import.meta.url);

/** The code of one of the contracts in tests/vectors/cosmwasm. */
export function contractCode(name: string): Uint8Array {
  try {
    return Deno.readFileSync(new URL(`${name}.wasm`, FOLDER));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Uint8Array(gunzipSync(Deno.readFileSync(new URL(`${name}.wasm.gz`, FOLDER))));
  }
}

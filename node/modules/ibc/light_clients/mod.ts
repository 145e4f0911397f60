/** The types of clients that a chain has. @module */
import type { LightClient } from "../client/mod.ts";

/** `07-tendermint`, `06-solomachine`, `09-localhost`, `10-attestation`. */
// Each type is given the very messages it decoded.
// deno-lint-ignore no-explicit-any
export const STANDARD_LIGHT_CLIENTS: readonly LightClient<any>[] = [];

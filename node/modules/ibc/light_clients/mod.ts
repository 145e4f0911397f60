/** The types of clients that a chain has. @module */
import type { LightClient } from "../client/mod.ts";
import { localhostClient } from "./localhost/client.ts";
import { tendermintClient } from "./tendermint/client.ts";

export { SENTINEL_PROOF } from "./localhost/client.ts";
export { localhostClient, tendermintClient };

/** `07-tendermint`, `06-solomachine`, `09-localhost`, `10-attestation`. */
// Each type is given the very messages it decoded.
// deno-lint-ignore no-explicit-any
export const STANDARD_LIGHT_CLIENTS: readonly LightClient<any>[] = [tendermintClient, localhostClient];

/** The types of clients that a chain has. @module */
import type { LightClient } from "../client/mod.ts";
import { attestationClient } from "./attestation/client.ts";
import { localhostClient } from "./localhost/client.ts";
import { solomachineClient } from "./solomachine/client.ts";
import { tendermintClient } from "./tendermint/client.ts";

export { SENTINEL_PROOF } from "./localhost/client.ts";
export { attestationClient, localhostClient, solomachineClient, tendermintClient };

// Each type is given the very messages it decoded.
// deno-lint-ignore no-explicit-any
export const STANDARD_LIGHT_CLIENTS: readonly LightClient<any>[] = [
  solomachineClient,
  tendermintClient,
  localhostClient,
  attestationClient,
];

import type { LightClient } from "../client/mod.ts";
import { attestationClient } from "./attestation/client.ts";
import { localhostClient } from "./localhost/client.ts";
import { solomachineClient } from "./solomachine/client.ts";
import { tendermintClient } from "./tendermint/client.ts";

/** `06-solomachine`, `07-tendermint`, `09-localhost` and `10-attestation`. */
// Each type is given the very messages it decoded.
// deno-lint-ignore no-explicit-any
export const STANDARD_LIGHT_CLIENTS: readonly LightClient<any>[] = [
  solomachineClient,
  tendermintClient,
  localhostClient,
  attestationClient,
];

/** The types of clients that a chain has. @module */
export { attestationClient } from "./attestation/client.ts";
export { localhostClient, SENTINEL_PROOF } from "./localhost/client.ts";
export { solomachineClient } from "./solomachine/client.ts";
export { STANDARD_LIGHT_CLIENTS } from "./standard.ts";
export { tendermintClient } from "./tendermint/client.ts";

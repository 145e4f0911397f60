/** What this software calls itself. @module */

/** Version of this software: `application_version.version` in RPC answers and `catenary --version`. */
export const VERSION = "0.1.0";

/** The CometBFT version whose formats and RPC we speak: clients choose their adapter by it. */
export const COMETBFT_VERSION = "0.38.17";

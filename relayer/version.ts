/** What this software calls itself. @module */

/** Version of the relayer. */
export const VERSION = "0.1.0";

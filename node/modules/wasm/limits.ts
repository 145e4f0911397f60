/** Bounds on codes, contracts and their messages; where a comment names none of ours, they are those of wasmd v0.61. @module */

/** Longest code in a message, as sent and uncompressed, in bytes (`MaxWasmSize`). */
export const CODE_BYTES_MAX = 800 * 1024;
/** Longest code in a genesis file, in bytes (`MaxProposalWasmSize`). */
export const GENESIS_CODE_BYTES_MAX = 3 * 1024 * 1024;
/** Ours. The most locals of a function that a genesis file may allow; the contracts we know have up to 175. */
export const FUNCTION_LOCALS_MAX = 1_000;
/** Longest label, in bytes (`MaxLabelSize`). */
export const LABEL_BYTES_MAX = 128;
/** Longest salt, in bytes (`MaxSaltSize`). */
export const SALT_BYTES_MAX = 64;
/** Most addresses in a permission or a message (`MaxAddressCount`). */
export const ADDRESSES_MAX = 50;
/** Most ids in a message that pins or unpins codes. */
export const CODE_IDS_MAX = 50;
/** Contracts that answer each other, one inside the other (`DefaultMaxCallDepth`). */
export const CALL_DEPTH_MAX = 100;
/** Queries inside queries (`DefaultMaxQueryStackSize`). */
export const QUERY_DEPTH_MAX = 10;
/** Longest payload of a submessage, in bytes (wasmvm `ReplyPayloadMaxBytes`). */
export const PAYLOAD_BYTES_MAX = 128 * 1024;

/**
 * Ours. Messages of one response: empty ones take three bytes, which are paid, and five times as long to read as they pay for. One
 * that runs takes some thousand gas, so more than this never run.
 */
export const MESSAGES_MAX = 10_000;

/** Ours. Longest message, in bytes: a transaction is no longer. */
export const MESSAGE_BYTES_MAX = 1_048_576;
/** Ours. Most coins in a message: each is a key of the state, and nobody has more denoms to send. */
export const COINS_MAX = 256;
/**
 * Ours. Chains of contracts that run inside each other on the native stack, as when a contract relays a packet to this very
 * chain. Elsewhere calls of contracts take no stack, however deep they are.
 */
export const NESTED_RUNS_MAX = 4;
/**
 * Ours. Such chains around a packet that is relayed. Fewer, so that what its contract does for it has room below, and nobody can
 * make it fail by relaying it from deep inside.
 */
export const RELAYED_RUNS_MAX = 1;
/**
 * Ours. Most gas that a transaction may want when it runs contracts: some seconds of work. The bound of a block
 * (`block.max_gas`) is a choice of the chain, and may be none.
 */
export const TX_GAS_MAX = 50_000_000;

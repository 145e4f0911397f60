/**
 * What one thread has run ahead of its turn, in a buffer that it shares with the one who asked: record after record, read while
 * more are written, without a message. A buffer holds one block's at a time.
 *
 * Words 0 and 1 are {@linkcode PUBLISHED_AT} and {@linkcode FROM_AT}. A record: its words, the transaction's place, where its body is,
 * where its tables are; values; the body; the tables, which are the keys and texts that no record before had. Body: reads, changes
 * (each a count, then key and where the value is, 0: absent), pages, outcome. Keys, values and texts stand once in a buffer.
 * @module
 */

/** Up to where records may be read, in words. Written by the thread that runs. */
export const PUBLISHED_AT = 0;
/** The first place in the block whose transaction is worth running. Written by the one who asked. */
export const FROM_AT = 1;
/** Where the first record begins. */
export const RECORDS_AT = 2;
/** As {@linkcode FROM_AT}: nothing is worth running. */
export const NOTHING = 0xffff_ffff;

/** Words before the values of a record. */
export const RECORD_HEAD = 4;

/** Bits of an outcome. */
export const FEE_PAID = 1;
export const REFUSED = 2;

/** Bits of a page. */
export const REVERSE = 1;
export const HAS_START = 2;
export const HAS_END = 4;

/** Of a thread's buffer: some thousand token transfers. Memory that is never written to is never taken. */
export const LOG_BYTES = 16 * 1024 * 1024;

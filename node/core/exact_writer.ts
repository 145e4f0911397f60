/**
 * Makes `BinaryWriter.finish()` of `cosmjs-types` allocate what it needs. As published (0.11.0) it takes every result below
 * 4 KiB from a fresh slab of 8 KiB, because its pool is made anew for each call: measured 15 µs for a short message, and a
 * kept value of 40 bytes keeps the whole slab. Imported for its effect, by the codec.
 * @module
 */
import { BinaryWriter } from "cosmjs-types/binary";

BinaryWriter.alloc = (size: number) => new Uint8Array(size);

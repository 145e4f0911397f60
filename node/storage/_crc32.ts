import { crc32 as zlibCrc32 } from "node:zlib";

/** CRC-32 as in zlib and Ethernet: finds damage, proves nothing against an adversary. */
export const crc32 = (bytes: Uint8Array): number => zlibCrc32(bytes) >>> 0;

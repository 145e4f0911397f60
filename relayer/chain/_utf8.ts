const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Throws when it is not UTF-8. */
export const bytesToUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Whether what a client believes is what its chain says. @module */
import { bytesToHex, equalBytes } from "../../node/core/bytes.ts";
import { type LightBlock, readLightBlock } from "../../node/core/light/mod.ts";
import { nanosToRfc3339, timestampToNanos } from "../../node/core/time.ts";
import type { TrustedPoint } from "./client.ts";

/**
 * How `block` contradicts `trusted`, in words; undefined when it does not. Both must be of the same height. A block that
 * does not read contradicts everything.
 */
export function conflictOf(trusted: TrustedPoint, block: LightBlock): string | undefined {
  const read = readLightBlock(block);
  if (!read.ok) return read.error;
  const { header } = read.value;
  const { height, timestampNs, root, nextValidatorsHash } = trusted;
  if (header.height !== height.revisionHeight) return `the block has height ${header.height}`;
  if (!equalBytes(header.appHash, root)) {
    return `the client has root ${bytesToHex(root)}, the chain ${bytesToHex(header.appHash)}`;
  }
  if (timestampToNanos(header.time) !== timestampNs) {
    return `the client has time ${nanosToRfc3339(timestampNs)}, the chain ${
      nanosToRfc3339(timestampToNanos(header.time))
    }`;
  }
  if (nextValidatorsHash === undefined || equalBytes(header.nextValidatorsHash, nextValidatorsHash)) return undefined;
  return "the client has other next validators than the chain";
}

/** Whether a node keeps no more than its limits say, whoever lies to it. @module */
import type { GossipHeld, GossipLimits } from "../../node/gossip/mod.ts";
import type { RequestLimits } from "../../node/network/ports.ts";

/** Prevotes and precommits. */
const KINDS_OF_AUTHOR = 2;
/** Lanes of what has no author: proposals and decisions. */
const LANES_OF_NOBODY = 2;
/** The height that runs and the next, beside those before. */
const HEIGHTS_MORE = 2;

export function overflowOf(held: GossipHeld, limits: GossipLimits, validators: number): string | undefined {
  const { behindHeightsMax, roundsPerAuthorMax, perSlotMax, waitingBytesMax, partsBytesMax, blockBytesMax } = limits;
  const slots = (validators + LANES_OF_NOBODY) * KINDS_OF_AUTHOR * roundsPerAuthorMax;
  const headsMax = (behindHeightsMax + HEIGHTS_MORE) * slots * perSlotMax;
  if (held.heads > headsMax) return `${held.heads} heads of ${headsMax}`;
  if (held.waitingBytes > waitingBytesMax) return `${held.waitingBytes} bytes of ${waitingBytesMax} that wait`;
  // An own block is kept whatever there is.
  const bytesMax = partsBytesMax + blockBytesMax;
  return held.partsBytes > bytesMax ? `${held.partsBytes} bytes of parts of ${bytesMax}` : undefined;
}

/** `REQUESTS_MAX`, `HEAD_REQUESTS_MORE` and the one of watching, of `node/sync/block_limits.ts`. */
const QUESTIONS_MAX = 9;

/** Questions for blocks that are wanted. */
export class OpenQuestions {
  readonly #open = new Set<RequestLimits>();

  async *ask(request: () => AsyncIterable<Uint8Array>, limits: RequestLimits): AsyncGenerator<Uint8Array> {
    this.#open.add(limits);
    try {
      yield* request();
    } finally {
      this.#open.delete(limits);
    }
  }

  overflow(): string | undefined {
    const wanted = [...this.#open].filter(({ signal }) => signal?.aborted !== true);
    return wanted.length > QUESTIONS_MAX ? `${wanted.length} questions under way` : undefined;
  }
}

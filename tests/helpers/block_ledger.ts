/** What nodes said they committed, over all their lives: the same at each height, whoever says it and when. @module */

/** A block as a node tells of it. Hashes in upper-case hexadecimal. */
export interface ToldBlock {
  readonly height: string;
  readonly hash: string;
  /** After the block. */
  readonly appHash: string;
}

export class BlockLedger {
  readonly #blocks = new Map<string, ToldBlock & { readonly by: string }>();
  readonly #heights = new Map<string, bigint>();
  readonly #faults: string[] = [];

  /** `by` committed the block, now or in an earlier life. */
  tell(by: string, block: ToldBlock): void {
    const known = this.#blocks.get(block.height);
    if (known === undefined) this.#blocks.set(block.height, { ...block, by });
    else if (known.hash !== block.hash || known.appHash !== block.appHash) {
      const words = ({ hash, appHash }: ToldBlock) => `block ${hash}, app hash ${appHash}`;
      this.#faults.push(`height ${block.height}: ${by} has ${words(block)}; ${known.by} has ${words(known)}`);
    }
    const height = BigInt(block.height);
    if (height > (this.#heights.get(by) ?? 0n)) this.#heights.set(by, height);
  }

  /** Heights that anybody told of. */
  get size(): number {
    return this.#blocks.size;
  }
  /** What was told twice and not alike. */
  get faults(): readonly string[] {
    return this.#faults;
  }
  /** The highest block that `by` told of. */
  heightOf(by: string): bigint {
    return this.#heights.get(by) ?? 0n;
  }
}

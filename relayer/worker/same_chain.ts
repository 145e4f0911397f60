/**
 * Whether a chain is the one it was. Development chains are often begun anew under the same id: what the store has of the
 * old one, its clients, channels and blocks that were read, is then of another chain. One early block of each chain is
 * remembered, and looked at again at the start, after silence, when the chain is lower than it was, and now and then.
 * @module
 */
import { bytesToHex } from "../../node/core/bytes.ts";
import { IoError } from "../../node/core/errors.ts";
import { readLightBlock } from "../../node/core/light/mod.ts";
import { hashHeader } from "../../node/core/types/mod.ts";
import { chainFault, chainFaultCode, type ChainHead, type Endpoint } from "../chain/mod.ts";
import type { WorkerCore } from "./core.ts";
import { isRenewed, pathOf, type PathRecord, renewedWords } from "./paths.ts";
import type { WorkerChain } from "./ports.ts";

/** The first block may say nothing of its time: it is the same whenever a chain begins with the same genesis. */
const EARLY_HEIGHT = 2n;
/** Longest wait between two looks, in milliseconds; a chain that seems lower than it was is looked at after the other one. */
const LOOK_MS = 60_000;
const LAG_LOOK_MS = 5_000;
/** Characters of a hash in a message. */
const HASH_SHOWN = 16;

/** A block by which a chain is known again. */
interface KnownBlock {
  readonly chainId: string;
  readonly height: bigint;
  /** Upper-case hexadecimal. */
  readonly hash: string;
}

export const chainMark = (chain: string): string => `chain:${chain}`;

const encodeKnown = ({ chainId, height, hash }: KnownBlock): string => JSON.stringify([chainId, `${height}`, hash]);

/** Undefined: nothing is known of a chain of that id. */
function decodeKnown(mark: string | undefined, chainId: string): KnownBlock | undefined {
  if (mark === undefined) return undefined;
  const [id, height, hash] = JSON.parse(mark) as [string, string, string];
  // Another id is another chain by right: an upgrade, or a change of the configuration.
  return id === chainId ? { chainId, height: BigInt(height), hash } : undefined;
}

async function hashAt(endpoint: Endpoint, height: bigint): Promise<string> {
  const read = readLightBlock(await endpoint.lightBlock(height));
  if (!read.ok) throw chainFault("chain_bad_answer", `read block ${height} of ${endpoint.chainId}`, read.error);
  return bytesToHex(hashHeader(read.value.header)).toUpperCase();
}

/** `silent`: nothing can be said now; `pruned`: nor ever by that block. */
type Comparison = "same" | "silent" | "pruned" | { readonly fault: string };

/** Compares what is remembered with what the chain serves, which is at `head` now. */
async function compare(name: string, endpoint: Endpoint, known: KnownBlock, head: ChainHead): Promise<Comparison> {
  if (head.height < known.height) return "silent";
  try {
    const hash = await hashAt(endpoint, known.height);
    if (hash === known.hash) return "same";
    return {
      fault: `${renewedWords(name)}: block ${known.height} was ${known.hash.slice(0, HASH_SHOWN)}…, ` +
        `is now ${hash.slice(0, HASH_SHOWN)}…; start the relayer with another store, or delete its file (relayer.db)`,
    };
  } catch (error) {
    const code = chainFaultCode(error);
    if (code === undefined) throw error;
    return code === "chain_pruned" ? "pruned" : "silent";
  }
}

/** For whoever does not work but is asked: why that chain is not the one of the mark; undefined when nothing speaks against. */
export async function renewedFault(
  { name, endpoint }: Pick<WorkerChain, "name" | "endpoint">,
  mark: string | undefined,
  head: ChainHead,
): Promise<string | undefined> {
  const known = decodeKnown(mark, endpoint.chainId);
  const found = known && await compare(name, endpoint, known, head);
  return typeof found === "object" ? found.fault : undefined;
}

/** Keeps an eye on one chain. */
export class SameChain {
  #lookedMs = -Infinity;

  constructor(readonly core: WorkerCore, readonly chain: WorkerChain) {}

  /** Something happened: the next look is at once. */
  doubt(): void {
    this.#lookedMs = -Infinity;
  }

  /**
   * To be called with each newest block, before anything is made of it. Throws `chain_renewed` when it is of another chain;
   * nothing is known of that one then, and its paths have failed.
   */
  async check(head: ChainHead, isOver: () => boolean): Promise<void> {
    await this.#look(head, isOver);
    // Once it was another one, silence does not clear it.
    const fault = this.core.renewed.get(this.chain.name);
    if (fault !== undefined) throw new IoError("chain_renewed", fault);
  }

  async #look(head: ChainHead, isOver: () => boolean): Promise<void> {
    const { core, chain } = this;
    const seen = core.heads.get(chain.name);
    const waitMs = seen !== undefined && head.height < seen.height ? LAG_LOOK_MS : LOOK_MS;
    if (core.nowMs < this.#lookedMs + waitMs) return;
    const known = decodeKnown(core.state.marks.get(chainMark(chain.name)), chain.endpoint.chainId);
    // Nothing to ask for yet.
    if (head.height < (known?.height ?? EARLY_HEIGHT)) return;
    this.#lookedMs = core.nowMs;
    if (known === undefined) return await this.#remember(head, isOver);
    const found = await compare(chain.name, chain.endpoint, known, head);
    if (isOver()) return;
    if (typeof found === "object") await this.#refuse(found.fault);
    else if (found === "same") await this.#accept();
    // As long as it stands accused, what is known of it stays.
    else if (found === "pruned" && !this.#records.some(isRenewed)) await this.#remember(head, isOver);
  }

  get #records(): readonly PathRecord[] {
    const { name } = this.chain;
    return this.core.paths.records.filter(({ a, b }) => a.chain === name || b.chain === name);
  }

  /** The early block, or where that is not served any more the newest. */
  async #remember(head: ChainHead, isOver: () => boolean): Promise<void> {
    const { endpoint, name } = this.chain;
    for (const height of [EARLY_HEIGHT, head.height]) {
      try {
        const hash = await hashAt(endpoint, height);
        if (isOver()) return;
        this.core.state.setMark(chainMark(name), encodeKnown({ chainId: endpoint.chainId, height, hash }));
        return;
      } catch (error) {
        const code = chainFaultCode(error);
        if (code === undefined) throw error;
        if (code !== "chain_pruned" && code !== "chain_refused") return;
      }
    }
  }

  async #refuse(fault: string): Promise<void> {
    const { core, chain } = this;
    core.heads.delete(chain.name);
    core.renewed.set(chain.name, fault);
    this.doubt();
    for (const record of this.#records) {
      if (record.state === "failed" && (!isRenewed(record) || record.fault === fault)) continue;
      await this.#change(record.id, (now) => ({ ...now, state: "failed", fault }));
    }
  }

  /** It is the old one, perhaps again: an address may have led elsewhere for a while. */
  async #accept(): Promise<void> {
    const { core, chain } = this;
    core.renewed.delete(chain.name);
    for (const record of this.#records) {
      if (!isRenewed(record) || !record.fault?.startsWith(renewedWords(chain.name))) continue;
      const other = core.renewed.get(record.a.chain) ?? core.renewed.get(record.b.chain);
      await this.#change(record.id, (now) => {
        if (!isRenewed(now)) return now;
        if (other !== undefined) return { ...now, fault: other };
        const isWhole = pathOf(now) !== undefined && now.wanted.length === 0;
        return { ...now, state: isWhole ? "open" : "opening", fault: null };
      });
    }
  }

  async #change(id: string, change: (record: PathRecord) => PathRecord): Promise<void> {
    await this.core.paths.update(id, change);
    this.core.world.hooks.pathChanged?.(id);
  }
}
